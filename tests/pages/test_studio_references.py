"""Further photos on a photo's card in the Studio, in a real browser."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Locator, Page, expect

from generation.models import Generation, Reference, Subject
from tests import factories
from tests.conftest import stored_files
from tests.pages.conftest import Visit, assert_accessible, assert_fits, shoot, work
from tests.pages.factories import TRUTH, Shop, make_banana, make_shop

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
FAKE = "generation.providers.fake.Fake"
SIDES = [TRUTH / "kitchen" / "scene.png", TRUTH / "picnic" / "scene.png"]


@pytest.fixture
def shop(transactional_db: None, settings: Any) -> Shop:
    settings.BRANDKIT_PROVIDERS = {
        "fake": {"BACKEND": FAKE, "OPTIONS": {"prices": {"1K": "0.10", "input": "0.01"}}}
    }
    settings.BRANDKIT_PROVIDER = "fake"
    return make_shop()


@pytest.fixture
def banana(shop: Shop) -> Subject:
    return make_banana(shop)


def studio(shop: Shop) -> str:
    return f"/b/{shop.brand.slug}/studio/"


def opened(page: Page, subject: Subject) -> Locator:
    """The part of the photo's card with its further photos."""
    page.locator(f"#subject-{subject.pk} summary").click()
    return page.locator(f"#further-{subject.pk}")


def attached(subject: Subject) -> list[str]:
    return list(subject.references.filter(removed_at=None).order_by("pk").values_list("shows", flat=True))


def test_it_adds_several_removes_one_and_brings_it_back(visit: Visit, shop: Shop, banana: Subject) -> None:
    page = visit(studio(shop), shop.designer)
    further = opened(page, banana)
    expect(further).to_contain_text("sent beside the photo to Fake")
    further.get_by_label("Add to Banana: Another side").set_input_files(SIDES)
    expect(page.locator("#news")).to_have_text("Added 2 further photos of Banana.")
    further.get_by_label("Add to Banana: A detail close up").set_input_files(SIDES[0].parent / "mask.png")
    expect(page.locator("#news")).to_have_text("Added 1 further photo of Banana.")
    expect(further.get_by_role("img")).to_have_count(3)
    assert attached(banana) == ["angle", "angle", "detail"]

    last = further.get_by_role("button", name="Remove photo 3 of Banana: A detail close up")
    last.focus()
    page.keyboard.press("Enter")
    undo = further.get_by_role("button", name="Undo photo 3 of Banana: A detail close up")
    expect(undo).to_be_focused()
    expect(page.locator(".htmx-added")).to_have_count(0)  # until then, keys do what they do without scripts
    assert attached(banana) == ["angle", "angle"]
    page.keyboard.press("Enter")
    expect(last).to_be_focused()
    assert attached(banana) == ["angle", "angle", "detail"]
    assert_accessible(page)


def test_it_shows_all_that_a_picture_was_made_from(visit: Visit, shop: Shop, banana: Subject) -> None:
    page = visit(studio(shop), shop.designer)
    further = opened(page, banana)
    expect(page.get_by_role("checkbox", name="Banana")).to_be_checked()
    further.get_by_label("Add to Banana: Another side").set_input_files(SIDES)
    expect(further.get_by_role("img")).to_have_count(2)
    page.get_by_role("checkbox", name="Kitchen").check()
    page.get_by_role("button", name="Make 1 picture").click()
    expect(page.get_by_text("Waiting")).to_have_count(1)
    work()
    generation = Generation.objects.get()
    [attempt] = generation.attempts.all()
    assert [each["role"] for each in attempt.sent] == ["subject", "scene", "reference", "reference"]
    page.goto(f"{studio(shop)}pictures/{generation.pk}/")
    expect(page.locator(".sources figure")).to_have_count(4)
    expect(page.locator(".sources")).to_contain_text("Another side")
    shoot(page, "picture-references")


def test_it_counts_the_price_of_further_photos(visit: Visit, shop: Shop, banana: Subject) -> None:
    for _ in range(2):
        factories.make_reference(banana)
    page = visit(studio(shop), shop.designer)
    page.get_by_role("checkbox", name="Kitchen").check()
    expect(page.locator("#sum")).to_contain_text("= 1 picture, about $0.14")
    opened(page, banana).get_by_role("button", name="photo 1").click()
    expect(page.locator("#sum")).to_contain_text("= 1 picture, about $0.13")


def test_it_says_which_file_is_refused_and_keeps_the_others(
    visit: Visit, shop: Shop, banana: Subject, tmp_path: Path
) -> None:
    text = tmp_path / "label.jpg"
    text.write_text("not a photo at all")
    page = visit(studio(shop), shop.designer)
    further = opened(page, banana)
    before = stored_files()
    further.get_by_label("Add to Banana: A person").set_input_files([text, SIDES[0]])
    told = further.get_by_role("alert")
    expect(told).to_have_text("label.jpg This file is text. Upload a photo as JPEG, PNG, WebP or HEIC.")
    expect(page.locator("#news")).to_have_text("Added 1 further photo of Banana.")
    shoot(page, "studio-reference-refused")
    assert attached(banana) == ["person"]
    assert len(stored_files()) == len(before) + 2


def test_it_says_when_there_are_enough(visit: Visit, shop: Shop, banana: Subject) -> None:
    for _ in range(5):
        factories.make_reference(banana)
    page = visit(studio(shop), shop.designer)
    further = opened(page, banana)
    further.get_by_label("Add to Banana: Another side").set_input_files(SIDES[0])
    expect(further.get_by_role("alert")).to_contain_text("“Banana” has 5 further photos of the thing itself")
    assert len(attached(banana)) == 5


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)])
def test_it_fits(visit: Visit, shop: Shop, banana: Subject, width: int, dark: bool) -> None:
    for number, shows in enumerate(("angle", "detail", "person", "angle")):
        data = SIDES[number % 2].read_bytes()
        factories.make_reference(banana, shows=shows, data=data)
    page = visit(studio(shop), shop.designer, width=width, dark=dark)
    further = opened(page, banana)
    further.get_by_role("button", name="photo 2").click()
    expect(further.get_by_role("button", name="Undo")).to_be_visible()
    assert_fits(page)
    assert_accessible(page)
    shoot(page, f"studio-references-{width}{'-dark' if dark else ''}")


def test_it_leaves_the_card_as_it_was_where_nobody_takes_them(
    visit: Visit, shop: Shop, banana: Subject, settings: Any
) -> None:
    settings.BRANDKIT_PROVIDERS = {"compositor": {"BACKEND": "generation.providers.compositor.Compositor"}}
    settings.BRANDKIT_PROVIDER = "compositor"
    page = visit(studio(shop), shop.designer)
    expect(opened(page, banana)).to_be_hidden()
    factories.make_reference(banana)
    page.reload()
    further = opened(page, banana)
    expect(further).to_contain_text("No provider that is set up here is sent these.")
    expect(further.locator("input[type=file]")).to_have_count(0)


# Without scripts


def client_of(shop: Shop) -> Client:
    client = Client()
    client.force_login(shop.designer)
    return client


def test_it_works_without_scripts(shop: Shop, banana: Subject) -> None:
    client = client_of(shop)
    home = reverse("studio:home", args=[shop.brand.slug])
    address = reverse("studio:subject-attach", args=[shop.brand.slug, banana.pk])
    with SIDES[0].open("rb") as one, SIDES[1].open("rb") as other:
        response = client.post(address, {"photo": [one, other], "shows": "detail"})
    assert (response.status_code, response["Location"]) == (302, f"{home}?subject={banana.pk}")
    assert attached(banana) == ["detail", "detail"]
    page = client.get(response["Location"])
    assert "Added 2 further photos of Banana." in page.content.decode()
    reference = Reference.objects.first()
    assert reference is not None
    for verb, left in (("remove", 1), ("restore", 2)):
        client.post(reverse(f"studio:reference-{verb}", args=[shop.brand.slug, reference.pk]))
        assert len(attached(banana)) == left


def test_it_asks_for_a_photo(shop: Shop, banana: Subject) -> None:
    address = reverse("studio:subject-attach", args=[shop.brand.slug, banana.pk])
    response = client_of(shop).post(address, {"shows": "angle"})
    assert response.status_code == 422
    assert not Reference.objects.exists()


def test_it_shows_the_photo_to_people_of_the_brand_only(shop: Shop, banana: Subject) -> None:
    mine = factories.make_reference(banana)
    foreign = factories.make_reference(factories.make_subject(factories.make_brand()))
    client = client_of(shop)
    for reference, status in ((mine, 200), (foreign, 404)):
        for kind in ("picture", "thumbnail"):
            address = reverse("studio:reference-file", args=[shop.brand.slug, reference.pk, kind])
            response = client.get(address)
            assert response.status_code == status
            if response.streaming:
                assert b"".join(response)
    for verb in ("remove", "restore"):
        address = reverse(f"studio:reference-{verb}", args=[shop.brand.slug, foreign.pk])
        assert client.post(address).status_code == 404
    foreign.refresh_from_db()
    assert foreign.removed_at is None
