"""Who gets in where: each of the Studio's addresses, for each kind of person."""

from typing import Any

import pytest
from django.http import HttpResponseBase
from django.test import Client
from django.urls import reverse

from brandkit.accounts.models import Brand, Membership, Role, User
from generation import urls
from generation.models import Generation, Subject
from tests import factories

pytestmark = pytest.mark.django_db

POSTS = {"upload", "rename", "ask", "again", "cancel", "retry"}
NAMES = [str(pattern.name) for pattern in urls.urlpatterns]  # type: ignore[union-attr] # all are single routes
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
    rows = {"subject-file": generation.subject, "rename": generation.subject}
    rows |= {"output-file": generation.output, "scene-file": generation.scene_version}
    return int(rows.get(name, generation).pk)


def send(client: Client, name: str, path: str) -> HttpResponseBase:
    answer = client.post(path) if name in POSTS else client.get(path)
    if answer.streaming:
        b"".join(answer)  # closes the file
    return answer


def answers(user: User, generation: Generation, *, brand: str = "") -> dict[str, int]:
    """Each address' status for `user`."""
    client = Client()
    client.force_login(user)
    return {name: send(client, name, address(name, generation, brand)).status_code for name in NAMES}


def test_it_sends_the_signed_out_to_the_sign_in(generation: Generation) -> None:
    for name in NAMES:
        path = address(name, generation)
        answer = send(Client(), name, path)
        assert (answer.status_code, answer["Location"]) == (302, f"/sign-in/?next={path}")


@pytest.mark.parametrize("brand", ["", "no-such-brand"], ids=["foreign", "unknown"])
def test_it_hides_a_brand_from_strangers(generation: Generation, brand: str) -> None:
    stranger = factories.make_user(factories.make_brand(), role=Role.OWNER)
    assert answers(stranger, generation, brand=brand) == dict.fromkeys(NAMES, 404)


def test_it_hides_things_of_other_brands_behind_the_own_one(generation: Generation) -> None:
    other = factories.make_brand()
    found = answers(factories.make_user(other, role=Role.OWNER), generation, brand=other.slug)
    assert {name: status for name, status in found.items() if name in OF_A_THING} == dict.fromkeys(
        OF_A_THING, 404
    )


@pytest.mark.parametrize("role", list(Role))
def test_it_lets_every_member_work(generation: Generation, role: Role) -> None:
    found = answers(factories.make_user(generation.brand, role=role), generation)
    refused = {"upload": 422, "rename": 422, "ask": 422, "cancel": 409, "retry": 409}
    assert found == dict.fromkeys(NAMES, 200) | {"again": 302} | refused


def test_it_changes_nothing_on_a_get(generation: Generation) -> None:
    client = Client()
    client.force_login(factories.make_user(generation.brand))
    assert {name: client.get(address(name, generation)).status_code for name in POSTS} == dict.fromkeys(
        POSTS, 405
    )


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
