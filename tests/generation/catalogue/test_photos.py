"""A line's photo becomes a subject: out of the batch's zip, or from the web."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from pytest_django import Settings

from brandkit.accounts.models import Brand, User
from brandkit.common.errors import Invalid, StorageFailed
from brandkit.common.storage import digest, private_store
from generation.batches import asking
from generation.batches.plans import Line, Plan
from generation.catalogue import archive, photos
from generation.catalogue.photos import take_in_line
from generation.models import BatchLine, Subject
from generation.provider import get_provider
from tests.conftest import stored_files
from tests.factories import make_format, make_prompt, make_scene, make_subject
from tests.generation.catalogue.files import disc, zipped
from tests.standins.loopback import Handler, Server

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
MUG = disc(1)


@pytest.fixture(autouse=True)
def no_zip_stays_open() -> Iterator[None]:
    yield
    photos._zips.close_unused(0)


def line(
    brand: Brand, photo: str, *, by: User | None = None, zipped: bytes = b"", **fields: Any
) -> BatchLine:
    """A line of a draft, with nothing taken in yet."""
    plan = Plan(
        brand=brand,
        by=by,
        name="Spring",
        prompt_version=make_prompt(brand),
        provider=get_provider("compositor"),
        lines=[
            Line(number=2, photo=photo, scenes=[make_scene(brand)], formats=[make_format(brand)], **fields)
        ],
    )
    return asking.draft(plan, photos=io.BytesIO(zipped) if zipped else None).lines.get()


def test_it_takes_a_photo_out_of_the_zip(brand: Brand, designer: User) -> None:
    wanted = line(
        brand, "Mug.png", by=designer, zipped=zipped({"spring/mug.png": MUG}), name="A mug", sku="M-1"
    )
    subject = take_in_line(wanted)
    assert (subject.name, subject.sku, subject.created_by) == ("A mug", "M-1", designer)
    assert subject.original_sha256 == digest(MUG)
    assert [name for name in stored_files() if name.startswith("tmp/")] == []


def test_a_nameless_row_takes_its_files_name(brand: Brand) -> None:
    assert take_in_line(line(brand, "c\\red-mug.png", zipped=zipped({"red-mug.png": MUG}))).name == "Red mug"


def test_it_opens_the_zip_once_for_all_lines(brand: Brand, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = line(brand, "a.png", zipped=zipped({"a.png": MUG, "b.png": disc(2)}))
    opened: list[str] = []
    store = type(private_store())
    usual = store.open

    def counting(self: Any, name: str, mode: str = "rb") -> Any:
        opened.append(name)
        return usual(self, name, mode)

    monkeypatch.setattr(store, "open", counting)
    first = take_in_line(wanted)
    wanted.photo = "b.png"
    assert take_in_line(wanted).pk != first.pk
    assert opened.count(str(wanted.batch.photos)) == 1


def test_it_closes_a_zip_that_nobody_asks_for_any_more(brand: Brand, monkeypatch: pytest.MonkeyPatch) -> None:
    take_in_line(line(brand, "a.png", zipped=zipped({"a.png": MUG})))
    [opened] = photos._zips._opened.values()
    photos.forget()
    assert not opened.file.closed
    monkeypatch.setattr(photos, "FORGET_AFTER", 0)
    with photos._zips.reading(next(iter(photos._zips._opened))):
        photos.forget()
        assert not opened.file.closed
    photos.forget()
    assert (opened.file.closed, photos._zips._opened) == (True, {})


def test_a_photo_that_is_there_gets_the_rows_sku_where_it_has_none(brand: Brand, designer: User) -> None:
    there = make_subject(brand, original_sha256=digest(MUG), name="Old name")
    packed = zipped({"a.png": MUG})
    assert take_in_line(line(brand, "a.png", by=designer, zipped=packed, sku="M-1", name="New")) == there
    there.refresh_from_db()
    assert (there.sku, there.name) == ("M-1", "Old name")
    with pytest.raises(Invalid, match="This photo is here already, as SKU M-1"):
        take_in_line(line(brand, "a.png", zipped=packed, sku="M-2"))


@pytest.mark.parametrize(
    ("photo", "packed", "words"),
    [
        ("b.png", zipped({"a.png": MUG}), "There is no photo “b.png”"),
        ("a.png", zipped({"a.png": MUG[:200]}), "This PNG is damaged"),
        ("a.png", zipped({"a.png": b"words"}), "This file is text"),
        ("a.png", b"no zip", "This is no zip"),
        ("a.png", b"", "No photos came with the table"),
    ],
)
def test_it_says_what_is_wrong_and_leaves_nothing(
    brand: Brand, photo: str, packed: bytes, words: str
) -> None:
    wanted = line(brand, photo, zipped=packed)
    before = stored_files()
    with pytest.raises(Invalid, match=words):
        take_in_line(wanted)
    assert not Subject.objects.exists()
    assert stored_files() == before


def test_a_zip_that_is_gone_is_told(brand: Brand) -> None:
    wanted = line(brand, "a.png", zipped=zipped({"a.png": MUG}))
    private_store().delete(str(wanted.batch.photos))
    with pytest.raises(Invalid, match="is no longer there"):
        take_in_line(wanted)


def test_who_has_left_the_brand_adds_nothing_more(brand: Brand, designer: User) -> None:
    wanted = line(brand, "a.png", by=designer, zipped=zipped({"a.png": MUG}))
    designer.memberships.all().delete()
    with pytest.raises(Invalid, match="may no longer add photos"):
        take_in_line(wanted)


def test_a_full_disk_is_no_fault_of_the_photo(brand: Brand, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    wanted = line(brand, "a.png", zipped=zipped({"a.png": MUG}))
    monkeypatch.setattr(archive, "copy", full)
    with pytest.raises(StorageFailed, match="no room on the disk"):
        take_in_line(wanted)


# By address


class Pictures(Server):
    """Answers as it was told, in that order; one question more is an error."""

    def __init__(self, *answers: tuple[int, bytes]) -> None:
        super().__init__()
        self.answers = list(answers)

    def answer(self, handler: Handler) -> None:
        self.see(handler)
        handler.say(*self.answers.pop(0))


@contextmanager
def host(settings: Settings, *answers: tuple[int, bytes]) -> Iterator[str]:
    """Gives its address, which the operator allows."""
    with Pictures(*answers) as server:
        settings.BRANDKIT_PHOTO_HOSTS = [f"127.0.0.1:{server.server_port}"]
        yield server.root
        assert server.answers == []


def test_it_fetches_a_photo_by_its_address(brand: Brand, settings: Settings) -> None:
    with host(settings, (200, MUG)) as address:
        subject = take_in_line(line(brand, f"{address}/pictures/blue%20mug.png?size=large", sku="M-1"))
    assert (subject.name, subject.sku, subject.original_sha256) == ("Blue mug", "M-1", digest(MUG))


def test_it_asks_once_more_where_the_host_has_trouble(brand: Brand, settings: Settings) -> None:
    with host(settings, (503, b"later"), (200, MUG)) as address:
        assert take_in_line(line(brand, f"{address}/mug.png")).original_sha256 == digest(MUG)


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ([(404, b"no")], "Its address answers with HTTP 404"),
        ([(503, b"no"), (503, b"no")], "Its address answers with HTTP 503"),
        ([(200, b"<!doctype html>")], "This file is a web page"),
        ([(200, b"")], "This file is empty"),
        ([(200, bytes(50 * 2**20 + 1))], "more than 50 MB"),
    ],
)
def test_it_says_why_an_address_gave_no_photo(
    brand: Brand, settings: Settings, answers: list[tuple[int, bytes]], words: str
) -> None:
    with host(settings, *answers) as address:
        wanted = line(brand, f"{address}/mug.png")
        with pytest.raises(Invalid, match=words):
            take_in_line(wanted)
    assert not Subject.objects.exists()


@pytest.mark.parametrize("address", ["https://127.0.0.1:9/a.png", "https://169.254.169.254/a.png"])
def test_it_fetches_from_no_private_place(brand: Brand, address: str) -> None:
    with pytest.raises(Invalid, match="not one that photos are fetched from"):
        take_in_line(line(brand, address))
