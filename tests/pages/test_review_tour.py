"""A sitting at the desk, by keyboard alone: what is done in it, what is kept of it, how it looks."""

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from brandkit.accounts.models import Brand, Role, User
from review.deciding import decide
from review.models import Decision, Pin, Review
from review.pins import add
from tests import factories
from tests.pages.conftest import Visit, assert_accessible, assert_fits, shoot
from tests.pages.test_review_page import ready
from tests.pages.test_review_page import waiting as real_pictures
from tests.review.factories import kinds, make_review

pytestmark = [pytest.mark.browser, pytest.mark.one_database, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def brand() -> Brand:
    return factories.make_brand(slug="banana-co", name="Banana Co")


@pytest.fixture
def rita(brand: Brand) -> User:
    return factories.make_user(brand, Role.REVIEWER, username="rita", first_name="Rita")


@pytest.fixture
def otto(brand: Brand) -> User:
    return factories.make_user(brand, Role.OWNER, username="otto", first_name="Otto")


@pytest.fixture
def reviews(brand: Brand) -> list[Review]:
    """Twenty-one that wait, variations of one picture."""
    shared: dict[str, Any] = {"by": factories.make_user(brand, username="dana", first_name="Dana")}
    found = []
    for number in range(1, 22):
        review = make_review(brand, variation=number, **shared)
        generation = review.output.generation
        for name in ("subject", "scene_version", "prompt_version", "output_format"):
            shared[name] = getattr(generation, name)
        found.append(review)
    return found


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def tab_to(page: Page, target: Locator) -> None:
    """By Tab, as somebody goes who has no mouse."""
    expect(target).to_be_visible()
    for _ in range(60):
        if target.evaluate("one => one === document.activeElement"):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"Tab does not lead to {target}")


def arrive(page: Page, review: Review) -> None:
    expect(page).to_have_url(re.compile(rf"/review/{review.pk}/$"))
    ready(page)
    page.evaluate("document.getElementById('desk').holding")  # it is claimed: nobody is as fast as a test


def test_twenty_pictures_are_judged_by_keyboard_alone(
    visit: Visit, brand: Brand, rita: User, otto: User, reviews: list[Review]
) -> None:
    page = visit(f"/b/{brand.slug}/review/")
    sign_in(page)
    arrive(page, reviews[0])
    assert_accessible(page)
    press(page, "a")
    arrive(page, reviews[1])
    press(page, "r", "5", "1", "n")
    page.keyboard.type("The shadow falls the other way.")
    press(page, "Enter")
    arrive(page, reviews[2])
    pin_and_ask_for_changes(page)
    arrive(page, reviews[3])
    page.evaluate("window.sameDocument = true")
    press(page, "r", "2", "Enter")
    arrive(page, reviews[4])
    press(page, "u")
    arrive(page, reviews[3])
    press(page, "a")
    arrive(page, reviews[4])
    a_colleague_takes_it(visit, page, reviews[4], otto)
    for number, keys in enumerate(["a", "a", "a", "a", "r9\n", "r3\n"], 5):
        arrive(page, reviews[number])
        press(page, *keys)
    arrive(page, reviews[11])
    assert page.evaluate("window.sameDocument"), "without a reload"
    press(page, "g")
    judge_the_rest_in_the_grid(page)
    assert_it_is_kept(reviews, rita, otto)


def sign_in(page: Page) -> None:
    tab_to(page, page.get_by_label("Username"))
    page.keyboard.type("rita")
    tab_to(page, page.get_by_label("Password"))
    page.keyboard.type("pass-word-1")
    press(page, "Enter")


def pin_and_ask_for_changes(page: Page) -> None:
    press(page, "i")
    expect(page.get_by_role("application")).to_be_focused()
    press(page, "ArrowRight", "Shift+ArrowDown", "Enter")
    expect(page.get_by_label("Remark")).to_be_focused()
    page.keyboard.type("The label is gone.")
    press(page, "Enter")
    expect(page.get_by_role("button", name="Pin 1: The label is gone.")).to_be_visible()
    press(page, "c")
    lines = page.get_by_label("What the model is told")
    expect(lines).to_have_value(re.compile("The label is gone"))
    assert_accessible(page)
    tab_to(page, page.get_by_label("Label wrong or missing"))
    press(page, "Space")
    expect(lines).to_have_value(re.compile("Label wrong or missing"))
    tab_to(page, page.get_by_role("button", name="Ask for changes"))
    press(page, "Enter")


def a_colleague_takes_it(visit: Visit, page: Page, review: Review, otto: User) -> None:
    """And whoever looks at it is told by whom. Otto wants nothing else: no other picture is flagged."""
    colleague = visit(f"/b/{review.brand.slug}/review/{review.pk}/?flagged=yes", otto)
    tab_to(colleague, colleague.get_by_role("button", name="Take it over"))
    press(colleague, "Enter")
    ready(colleague)
    expect(page.locator(".standing")).to_contain_text("Otto is looking at this picture")
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)
    with colleague.expect_response("**/decide?*"):
        press(colleague, "a")
    press(page, "a", "s")


def judge_the_rest_in_the_grid(page: Page) -> None:
    cells = page.get_by_role("gridcell")
    expect(cells).to_have_count(10)
    press(page, "ArrowDown", "Space", "Shift+ArrowRight", "Shift+ArrowRight", "r", "7", "Enter")
    expect(page.get_by_text("3 rejected.")).to_be_visible()
    press(page, "u")
    expect(page.get_by_text("3 undone.")).to_be_attached()
    expect(cells).to_have_count(10)
    press(page, "Home", "Space", *["Shift+ArrowRight"] * 6)
    expect(page.get_by_text("7 picked")).to_be_visible()
    assert_accessible(page)
    press(page, "a")
    expect(page.get_by_text("7 approved.")).to_be_visible()
    press(page, "e", "r", "6", "Enter")
    expect(page.get_by_text("3 rejected.")).to_be_visible()
    expect(page.get_by_role("heading", name="Nothing waits for you")).to_be_visible()


def assert_it_is_kept(reviews: list[Review], rita: User, otto: User) -> None:
    """All of it, and nothing else."""
    place = {review.pk: number for number, review in enumerate(reviews)}
    kept = [
        (place[one.review_id], one.verdict, [each.reason.code for each in one.reasons.all()])
        for one in Decision.objects.filter(decided_by=rita).order_by("review_id", "pk")
    ]
    assert kept == [
        (0, "approved", []),
        (1, "rejected", ["shape", "light"]),
        (2, "changes_requested", ["label"]),
        (3, "rejected", ["colour"]),
        (3, "undone", []),
        (3, "approved", []),
        *((number, "approved", []) for number in range(5, 9)),
        (9, "rejected", ["other"]),
        (10, "rejected", ["label"]),
        *(
            (number, *said)
            for number in range(11, 14)
            for said in (("rejected", ["scene"]), ("undone", []), ("approved", []))
        ),
        *((number, "approved", []) for number in range(14, 18)),
        *((number, "rejected", ["artefact"]) for number in range(18, 21)),
    ]
    theirs = Decision.objects.exclude(decided_by=rita).values_list("review", "verdict", "decided_by")
    assert list(theirs) == [(reviews[4].pk, "approved", otto.pk)]
    notes = Decision.objects.exclude(note="").values_list("review", "note")
    assert list(notes) == [(reviews[1].pk, "The shadow falls the other way.")]
    pins = Pin.objects.values_list("review", "words", "by", "resolved_at")
    assert list(pins) == [(reviews[2].pk, "The label is gone.", rita.pk, None)]
    asked = Decision.objects.get(verdict="changes_requested").asked
    assert asked is not None
    assert (asked.parent, str(asked.requested_by)) == (reviews[2].output.generation, "Dana")
    assert "Label wrong or missing" in asked.changes
    assert [kinds(reviews[number]) for number in (0, 1, 2, 3, 4)] == [
        ["waiting", "claimed", "approved"],
        ["waiting", "claimed", "rejected"],
        ["waiting", "claimed", "pin.added", "changes_requested"],
        ["waiting", "claimed", "rejected", "waiting", "claimed", "approved"],
        ["waiting", "claimed", "claimed", "approved"],
    ]


@pytest.mark.parametrize("width", [1280, 390])
def test_every_view_fits_by_day_and_by_night(visit: Visit, brand: Brand, rita: User, width: int) -> None:
    first, second, third = real_pictures(brand)
    add(review=first, by=rita, x=0.3, y=0.4, words="The tip is cut off.")
    add(review=third, by=rita, x=0.6, y=0.4, words="The peel is greenish.")
    decide(review=third, by=rita, verdict="rejected", reasons=["colour", "light"], note="Too cold.")
    page = visit(f"/b/{brand.slug}/review/{first.pk}/", rita, width=width)
    ready(page)
    keep(page, f"desk-one-{width}")
    for key, name in (("2", "side"), ("3", "slider"), ("4", "blink")):
        press(page, key)
        keep(page, f"desk-{name}-{width}")
    press(page, "r")
    expect(page.get_by_text("Why is it rejected?")).to_be_visible()
    keep(page, f"desk-reasons-{width}")
    press(page, "Escape", "?")
    expect(page.get_by_role("dialog")).to_be_visible()
    keep(page, f"desk-help-{width}")
    for name, path in {
        "changes": f"review/{second.pk}/changes",
        "grid": "review/grid/",
        "judged": f"review/{third.pk}/",
        "keys": "review/keys/",
    }.items():
        page.goto(f"/b/{brand.slug}/{path}")
        keep(page, f"{name}-{width}")
    dana = visit(f"/b/{brand.slug}/verdicts/", User.objects.get(username="dana"), width=width)
    expect(dana.get_by_text("The peel is greenish.")).to_be_visible()
    keep(dana, f"verdicts-{width}")


def keep(page: Page, name: str) -> None:
    """By day and by night; it fits in both."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        shoot(page, f"tour-{name}-{scheme}")
    page.emulate_media(color_scheme="light")
    assert_fits(page)
