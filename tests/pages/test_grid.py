"""The grid and the keys in a real Chromium, by keyboard alone."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from brandkit.accounts.models import Brand, Role, User
from generation.models import Output
from review import keys
from review.claiming import claim
from review.deciding import decide
from review.desk import grid
from review.models import Decision, Review
from tests import factories
from tests.pages.conftest import Visit, assert_accessible, assert_fits, shoot
from tests.review.factories import make_review

pytestmark = [pytest.mark.browser, pytest.mark.one_database, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def brand() -> Brand:
    return factories.make_brand(slug="banana-co", name="Banana Co", review_due_hours=24)


@pytest.fixture
def rita(brand: Brand) -> User:
    return factories.make_user(brand, Role.REVIEWER, username="rita", first_name="Rita")


@pytest.fixture
def otto(brand: Brand) -> User:
    return factories.make_user(brand, Role.REVIEWER, username="otto", first_name="Otto")


def waiting(brand: Brand, many: int) -> list[Review]:
    """`many` pictures of one subject, the variations of one wish; they share their files."""
    shared: dict[str, Any] = {}
    found = []
    for number in range(many):
        review = make_review(brand, variation=number, **shared)
        generation = review.output.generation
        shared = {
            name: getattr(generation, name)
            for name in ("subject", "scene_version", "prompt_version", "output_format")
        }
        found.append(review)
    return found


def test_it_judges_many_by_keyboard_alone(visit: Visit, brand: Brand, rita: User, otto: User) -> None:
    reviews = waiting(brand, 8)
    Output.objects.filter(pk=reviews[1].output_id).update(flags=[{"code": "shape", "words": "It bends."}])
    claim(review=reviews[2], by=otto)
    page = visit(f"/b/{brand.slug}/review/grid/", rita)
    cells = page.get_by_role("gridcell")
    expect(cells).to_have_count(8)
    expect(cells.nth(2)).to_contain_text("Otto")
    press(page, "ArrowDown", "Space", "ArrowRight", "Shift+ArrowRight")
    expect(page.get_by_text("3 picked")).to_be_visible()
    shoot(page, "grid-picked")

    press(page, "a")
    expect(page.get_by_text("2 approved. 1 not.")).to_be_visible()
    expect(cells).to_have_count(6)
    expect(cells.first).to_contain_text("Otto is looking at this picture")
    expect(page.get_by_text("None picked")).to_be_visible()
    press(page, "u")
    expect(page.get_by_text("2 undone.")).to_be_attached()
    assert numbers(page) == [review.pk for review in reviews], "each in its place again"
    assert set(Review.objects.values_list("state", flat=True)) == {"waiting", "claimed"}

    press(page, "e", "r", "1", "n")
    expect(page.get_by_role("group", name="Why? It goes with each of them.")).to_be_visible()
    assert_accessible(page)
    press(page, "Enter")
    expect(page.get_by_text("7 rejected. 1 not.")).to_be_visible()
    assert numbers(page) == [reviews[2].pk]
    assert {one.reasons.get().words for one in Decision.objects.filter(verdict="rejected")} == {
        "Shape changed"
    }

    decide(review=reviews[2], by=otto, verdict="approved")
    expect(page.get_by_text("Otto has approved this picture.")).to_be_attached()
    expect(page.get_by_role("heading", name="Nothing waits for you")).to_be_visible()


def test_it_comes_back_to_the_same_place(
    visit: Visit, brand: Brand, rita: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grid, "PAGE", 4)
    reviews = waiting(brand, 6)
    page = visit(f"/b/{brand.slug}/review/grid/", rita, width=390, dark=True)
    expect(page.get_by_role("gridcell")).to_have_count(4)
    page.locator("[data-review]").first.click()
    page.get_by_role("link", name="More", exact=True).click()
    expect(page.get_by_role("gridcell")).to_have_count(6)
    expect(page.get_by_text("1 picked")).to_be_visible()
    assert_fits(page)
    shoot(page, "grid-dark-390")
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/review/{reviews[-1].pk}/")
    page.keyboard.press("Escape")
    page.wait_for_url("**/review/grid/")
    expect(page.get_by_role("gridcell")).to_have_count(6)
    expect(page.get_by_text("1 picked")).to_be_visible()
    expect(page.locator(f"[data-review='{reviews[-1].pk}']")).to_be_focused()


def test_its_keys_can_be_others_or_off(visit: Visit, brand: Brand, rita: User, problems: list[str]) -> None:
    waiting(brand, 1)
    page = visit(f"/b/{brand.slug}/review/grid/", rita)
    expect(page.get_by_role("gridcell")).to_have_count(1)
    press(page, "?")
    expect(page.get_by_role("heading", name="Keys")).to_be_focused()
    assert_accessible(page)
    press(page, "Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    press(page, "?")
    page.get_by_role("link", name="Change keys").click()
    page.wait_for_url("**/review/keys/")  # with its scripts
    field = page.get_by_label("Approve", exact=True)
    field.press("r")
    page.keyboard.press("Enter")
    expect(page.get_by_text("R is the key for “Reject”, too.")).to_be_visible()
    assert all("422" in problem for problem in problems)
    problems.clear()
    assert_accessible(page)
    field.press("ArrowLeft")
    expect(field).to_have_value("←")
    field.press("y")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Your keys are saved.")).to_be_visible()
    page.goto(f"/b/{brand.slug}/review/grid/")
    button = page.get_by_role("button", name="Approve")
    expect(button).to_have_attribute("aria-keyshortcuts", "y")
    keys.set_keys(user=rita, keys={}, on=False)
    page.goto(f"/b/{brand.slug}/review/grid/")
    press(page, "e", "a", "ArrowDown", "Space")
    expect(page.get_by_text("1 picked")).to_be_visible()
    expect(button).not_to_have_attribute("aria-keyshortcuts", "a")
    press(page, "a", "?")
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert not Decision.objects.exists()


def press(page: Page, *each: str) -> None:
    for key in each:
        page.keyboard.press(key)


def numbers(page: Page) -> list[int]:
    return [int(str(cell.get_attribute("data-review"))) for cell in page.get_by_role("gridcell").all()]
