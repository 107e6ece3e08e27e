"""Private pictures: who sees them, and how a browser is told to take them."""

from collections.abc import Iterable

import pytest
from django.test import Client
from django.urls import reverse

from brandkit.common.storage import DurableFileSystemStorage, private_store
from generation.models import Output
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def output(db: None) -> Output:
    return factories.make_output(factories.make_generation(factories.make_brand()))


@pytest.fixture
def member(output: Output) -> Client:
    client = Client()
    client.force_login(factories.make_user(output.brand))
    return client


def address(output: Output, what: str, kind: str) -> str:
    pks = {
        "subject": output.generation.subject_id,
        "scene": output.generation.scene_version_id,
        "output": output.pk,
    }
    return reverse(f"studio:{what}-file", args=[output.brand.slug, pks[what], kind])


def body(response: Iterable[bytes]) -> bytes:
    return b"".join(response)  # read to its end it closes itself; closing it here would close the database


KINDS = [
    *(("subject", kind) for kind in ("original", "normal", "cutout", "thumbnail")),
    *(("output", kind) for kind in ("picture", "preview", "thumbnail")),
    *(("scene", kind) for kind in ("picture", "thumbnail")),
]


@pytest.mark.parametrize(("what", "kind"), KINDS)
def test_it_gives_the_stored_bytes_and_nothing_that_runs(
    member: Client, output: Output, what: str, kind: str
) -> None:
    row = {"subject": output.generation.subject, "scene": output.generation.scene_version, "output": output}[
        what
    ]
    answer = member.get(address(output, what, kind))
    assert answer.status_code == 200
    assert answer["Content-Type"] == "image/png"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"] == "private, max-age=600"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    shown = "attachment" if kind == "original" else "inline"
    assert answer["Content-Disposition"] == f'{shown}; filename="{kind}.png"'
    with getattr(row, kind).open() as stored:
        assert body(answer) == stored.read()


@pytest.mark.parametrize(("what", "kind"), KINDS)
def test_it_sends_nothing_again_that_the_browser_has(
    member: Client, output: Output, what: str, kind: str
) -> None:
    first = member.get(address(output, what, kind))
    body(first)
    again = member.get(address(output, what, kind), headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    assert again["Cache-Control"] == "private, max-age=600"


def test_it_names_a_picture_by_its_hash(member: Client, output: Output) -> None:
    answer = member.get(address(output, "output", "picture"))
    body(answer)
    assert answer["ETag"] == f'"{output.sha256}"'


def test_it_does_not_tell_a_stranger_even_that_a_hash_is_right(output: Output) -> None:
    stranger = Client()
    stranger.force_login(factories.make_user(factories.make_brand()))
    answer = stranger.get(
        address(output, "output", "picture"), headers={"If-None-Match": f'"{output.sha256}"'}
    )
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("what", "kind"), [("subject", "picture"), ("output", "original"), ("scene", "cutout"), ("output", "pk")]
)
def test_it_knows_no_other_kinds(member: Client, output: Output, what: str, kind: str) -> None:
    assert member.get(address(output, what, kind)).status_code == 404


def test_it_says_so_where_the_store_has_lost_a_picture(member: Client, output: Output) -> None:
    private_store().delete(str(output.preview.name))
    answer = member.get(address(output, "output", "preview"))
    assert answer.status_code == 404
    assert "The store has lost this picture." in answer.content.decode()


def test_it_says_that_the_store_can_not_be_read(
    member: Client, output: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object) -> None:
        raise OSError("the bucket refused")

    monkeypatch.setattr(DurableFileSystemStorage, "_open", broken)
    response = member.get(address(output, "output", "picture"))
    assert response.status_code == 507
    assert "the bucket refused" in response.content.decode()
