"""The ways in, and what the pages say where they can't do it. Roles: see tests/test_permissions.py."""

import errno
import io
from typing import Any

import pytest
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from brandkit.accounts.models import Brand, Membership, Role, User
from generation.models import Generation, Subject
from tests import factories
from tests.conftest import stored_files

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

POSTS = {"rename", "again", "cancel", "retry"}
KINDS = {"subject-file": "thumbnail", "output-file": "preview", "scene-file": "picture"}
OF_A_THING = {*KINDS, "rename", "picture", "again", "cancel", "retry"}


@pytest.fixture
def generation(db: None) -> Generation:
    generation = factories.make_generation(factories.make_brand())
    factories.make_output(generation)
    return generation


def address(name: str, generation: Generation, brand: str = "") -> str:
    given: dict[str, Any] = {"brand": brand or generation.brand.slug}
    if name in KINDS:
        given |= {"pk": number(name, generation), "kind": KINDS[name]}
    elif name in OF_A_THING:
        given["pk"] = number(name, generation)
    return reverse(f"studio:{name}", kwargs=given)


def number(name: str, generation: Generation) -> int:
    rows: dict[str, Model] = {"subject-file": generation.subject, "rename": generation.subject}
    rows |= {"output-file": generation.output, "scene-file": generation.scene_version}
    return int(rows.get(name, generation).pk)


def test_it_hides_things_of_other_brands_behind_the_own_one(generation: Generation, client: Client) -> None:
    other = factories.make_brand()
    client.force_login(factories.make_user(other, role=Role.OWNER))
    for name in OF_A_THING:
        ask = client.post if name in POSTS else client.get
        assert (name, ask(address(name, generation, other.slug)).status_code) == (name, 404)


def test_it_shuts_out_who_is_no_longer_active(generation: Generation) -> None:
    member = factories.make_user(generation.brand)
    client = Client()
    client.force_login(member)
    User.objects.filter(pk=member.pk).update(is_active=False)
    assert client.get(address("home", generation)).status_code == 302


def test_it_sends_a_part_of_a_page_to_the_sign_in_as_a_whole(generation: Generation) -> None:
    here = f"http://testserver{address('home', generation)}"
    answer = Client().get(address("news", generation), headers={"HX-Request": "true", "HX-Current-URL": here})
    assert answer["HX-Redirect"] == f"/sign-in/?next={address('home', generation)}"


def test_it_tells_an_error_to_htmx_as_a_toast(generation: Generation) -> None:
    client = Client()
    client.force_login(factories.make_user(generation.brand))
    answer = client.post(address("upload", generation), headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Retarget"], answer["HX-Reswap"]) == (422, "#toasts", "beforeend")
    assert b"No photo came with this." in answer.content
    assert b"<html" not in answer.content


def test_it_tells_an_error_as_a_page_in_its_own_words(generation: Generation) -> None:
    client = Client()
    client.force_login(factories.make_user(generation.brand))
    answer = client.post(address("upload", generation))
    assert answer.status_code == 422
    assert "<h1>No photo came with this. Choose one, and upload it again.</h1>" in answer.content.decode()


def test_it_leads_home_to_the_only_brand(client: Client) -> None:
    brand = factories.make_brand()
    client.force_login(factories.make_user(brand))
    assert client.get("/")["Location"] == f"/b/{brand.slug}/studio/"


def test_it_lets_people_with_several_brands_choose(client: Client) -> None:
    one, two, foreign = (factories.make_brand(name=name) for name in ("One", "Two", "Foreign"))
    user = factories.make_user(one)
    Membership.objects.create(brand=two, user=user, role=Role.CURATOR)
    client.force_login(user)
    page = client.get("/").content.decode()
    assert all(f"/b/{brand.slug}/studio/" in page for brand in (one, two))
    assert foreign.name not in page


def test_it_tells_people_without_a_brand_what_to_do(client: Client) -> None:
    client.force_login(factories.make_user())
    assert "Ask an owner of your brand to add you" in client.get("/").content.decode()


def test_it_signs_out(client: Client) -> None:
    client.force_login(factories.make_user())
    assert client.post("/sign-out/")["Location"] == "/sign-in/"
    assert client.get("/")["Location"] == "/sign-in/?next=/"


def test_it_renames_a_photo_and_keeps_its_address(generation: Generation) -> None:
    client = Client()
    client.force_login(factories.make_user(generation.brand))
    subject = generation.subject
    client.post(address("rename", generation), {"name": "Pear", "sku": "P-1"})
    now = Subject.objects.get(pk=subject.pk)
    assert (now.name, now.sku, now.slug) == ("Pear", "P-1", subject.slug)


@pytest.mark.parametrize(
    ("staff", "words"), [(False, "Ask a curator of"), (True, "/admin/templates_app/scenetemplate/")]
)
def test_it_says_who_can_add_the_first_scene(client: Client, staff: bool, words: str) -> None:
    brand = factories.make_brand()
    factories.make_scene(brand, state="draft")
    client.force_login(factories.make_user(brand, role=Role.CURATOR, is_staff=staff))
    page = client.get(f"/b/{brand.slug}/studio/").content.decode()
    assert "No scene is approved yet." in page
    assert words in page


@pytest.mark.parametrize("number", ["-1", "x", "9" * 18, "9" * 40])
def test_it_overlooks_numbers_that_are_none(generation: Generation, client: Client, number: str) -> None:
    client.force_login(factories.make_user(generation.brand))
    for query in (
        f"?subject={number}",
        f"pictures/older?before={number}",
        f"pictures/news?open={number}-queued",
    ):
        assert client.get(address("home", generation) + query).status_code == 200
    assert client.get(f"{address('home', generation)}files/subject/{'9' * 40}/cutout").status_code == 404


def test_it_refuses_a_photo_without_a_name(generation: Generation) -> None:
    client = Client()
    client.force_login(factories.make_user(generation.brand))
    assert client.post(address("rename", generation), {"name": " "}).status_code == 422
    assert Subject.objects.get(pk=generation.subject_id).name == generation.subject.name


def test_it_asks_for_no_more_than_a_hundred_at_once(client: Client) -> None:
    brand = factories.make_brand()
    client.force_login(factories.make_user(brand))
    answer = client.post(f"/b/{brand.slug}/studio/pictures/ask", wish_for_many(brand))
    assert answer.status_code == 422
    assert "That would be 102 pictures. Ask for at most 100 at a time." in answer.content.decode()
    assert Generation.objects.count() == 0


def wish_for_many(brand: Brand) -> dict[str, object]:
    return {
        "subject": [factories.make_subject(brand).pk for _ in range(17)],
        "scene": [factories.make_scene(brand).pk for _ in range(3)],
        "format": [factories.make_format(brand).pk for _ in range(2)],
        "prompt": factories.make_prompt(brand).pk,
    }


@pytest.mark.parametrize("number", ["9" * 5000, "9" * 30, "-1", "x", "\0"])
def test_it_asks_for_nothing_by_a_number_that_is_none(client: Client, number: str) -> None:
    brand = factories.make_brand()
    client.force_login(factories.make_user(brand))
    asked = {"subject": number, "scene": number, "format": number, "prompt": number, "variation": number}
    answer = client.post(f"/b/{brand.slug}/studio/pictures/ask", asked)
    assert answer.status_code == 422
    assert "A photo that you chose is no longer offered." in answer.content.decode()
    assert not Generation.objects.exists()


def test_it_tells_in_words_that_a_form_holds_too_much(client: Client) -> None:
    brand = factories.make_brand()
    client.force_login(factories.make_user(brand))
    answer = client.post(f"/b/{brand.slug}/studio/pictures/ask", {"var-1-x": "x" * 3_000_000})
    assert answer.status_code == 400
    assert "more than a form may hold" in answer.content.decode()


@pytest.mark.parametrize(
    "path", ["/b/{}/library/?scene=%00", "/b/{}/studio/photos/?q=a%00b", "/admin/?q=%00"]
)
def test_it_takes_no_nul(client: Client, path: str) -> None:
    brand = factories.make_brand()
    client.force_login(factories.make_user(brand, Role.OWNER))
    assert client.get(path.format(brand.slug)).status_code == 400


def test_it_reads_no_large_form_of_who_is_not_signed_in(client: Client) -> None:
    brand = factories.make_brand()
    path = f"/b/{brand.slug}/studio/photos/upload"
    given = {"photo": io.BytesIO(b"x" * 3_000_000)}
    page = f"/b/{brand.slug}/studio/"
    answer = client.post(path, given, headers={"Referer": f"http://testserver{page}"})
    assert answer["Location"] == f"/sign-in/?next={page}"
    client.force_login(factories.make_user(brand))
    assert client.post(path, given | {"photo": io.BytesIO(b"x" * 3_000_000)}).status_code == 302
    answer = client.post(path, {}, CONTENT_LENGTH=str(600 * 2**20))
    assert answer.status_code == 413
    assert "more than 512 MB at once" in answer.content.decode()


def test_it_tells_a_full_disk_as_what_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(TemporaryFileUploadHandler, "receive_data_chunk", full)
    brand = factories.make_brand()
    client = Client(raise_request_exception=False)
    client.force_login(factories.make_user(brand))
    answer = client.post(f"/b/{brand.slug}/studio/photos/upload", {"photo": io.BytesIO(b"x")})
    assert answer.status_code == 507
    assert "The disk is full" in answer.content.decode()
    assert stored_files() == []
