"""The review desk and the library as people meet them, in a real browser."""

import re

import pytest
from playwright.sync_api import Page, expect

from brandkit.accounts.models import Brand, Role, User
from brandkit.common.storage import digest
from generation.models import Attempt, Output
from review.claiming import claim
from review.deciding import decide
from review.models import Decision, Review
from tests import factories
from tests.pages.conftest import Visit, assert_accessible, assert_fits, shoot
from tests.pages.factories import PHOTO, TRUTH, make_real_scene
from tests.review.factories import approve, make_review

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def brand(transactional_db: None) -> Brand:
    return factories.make_brand(slug="banana-co", name="Banana Co")


@pytest.fixture
def reviewer(brand: Brand) -> User:
    return factories.make_user(brand, Role.REVIEWER, username="rita", first_name="Rita")


def waiting(brand: Brand) -> list[Review]:
    """The banana in the kitchen, at the picnic and in the studio, each with a picture that waits."""
    photo = PHOTO.read_bytes()
    files = {name: factories.stored(f"{name}.png", photo) for name in ("original", "normal", "thumbnail")}
    subject = factories.make_subject(brand, name="Banana", slug="banana", width=768, height=768, **files)
    designer = factories.make_user(brand, username="dana", first_name="Dana")
    given = {
        "subject": subject,
        "output_format": factories.make_format(brand, slug="square", name="Square", width=640, height=640),
        "prompt_version": factories.make_prompt(brand),
    }
    return [make_real_review(brand, designer, scene, **given) for scene in ("kitchen", "picnic", "studio")]


def make_real_review(brand: Brand, designer: User, scene: str, **given: object) -> Review:
    data = (TRUTH / scene / "truth.png").read_bytes()
    shown = {name: factories.stored(f"{name}.png", data) for name in ("picture", "preview", "thumbnail")}
    output = {**shown, "width": 768, "height": 768, "bytes": len(data), "sha256": digest(data)}
    return make_review(
        brand, by=designer, output=output, scene_version=make_real_scene(brand, scene), **given
    )


def ready(page: Page) -> None:
    """All its scripts are there, and have told the buttons their keys."""
    page.wait_for_load_state()
    expect(page.locator("[data-act=approve][aria-keyshortcuts=a]")).to_be_visible()


def test_it_takes_a_reviewer_through_the_queue_by_keyboard_alone(
    visit: Visit, brand: Brand, reviewer: User
) -> None:
    first, second, _ = waiting(brand)
    page = visit(f"/b/{brand.slug}/review/")
    page.get_by_label("Username").fill("rita")
    page.get_by_label("Password").fill("pass-word-1")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Kitchen · Square (640 × 640)")).to_be_visible()
    expect(page.get_by_text("3 waiting")).to_be_visible()
    ready(page)
    page.evaluate("window.sameDocument = true")

    page.keyboard.press("a")
    expect(page.get_by_text("Picnic · Square")).to_be_visible()
    expect(page.locator("#desk-title")).to_be_focused()
    expect(page.locator("#undo")).to_contain_text("Banana: approved.")
    page.keyboard.press("u")
    expect(page.get_by_text("Kitchen · Square")).to_be_visible()
    expect(page).to_have_url(re.compile(f"/review/{first.pk}/$"))
    expect(page.locator("#undo")).to_be_hidden()
    page.keyboard.press("a")
    expect(page.get_by_text("Picnic · Square")).to_be_visible()

    page.keyboard.press("r")
    for key in ("5", "4", "4"):
        page.keyboard.press(key)
    expect(page.get_by_label("Light or perspective wrong")).to_be_checked()
    expect(page.get_by_label("Extra object")).not_to_be_checked()
    page.keyboard.press("Escape")
    expect(page.get_by_label("Extra object")).to_be_hidden()
    page.keyboard.press("r")
    page.get_by_label("Note").focus()
    page.keyboard.type("The shadow falls the other way.")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Studio · Square")).to_be_visible()
    assert page.evaluate("window.sameDocument"), "without a reload"

    page.keyboard.press("n")
    page.keyboard.type("all right")
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    expect(page.get_by_role("heading", name="Nothing waits for you")).to_be_visible()
    expect(page.locator("#undo")).to_contain_text("Banana: approved.")
    said = Decision.objects.exclude(verdict="undone").order_by("pk").values_list("review", "verdict", "note")
    assert list(said)[1:] == [
        (first.pk, "approved", ""),
        (second.pk, "rejected", "The shadow falls the other way."),
        (second.pk + 1, "approved", "all right"),
    ]
    assert [each.reason.code for each in Decision.objects.get(verdict="rejected").reasons.all()] == ["light"]


def test_it_asks_for_a_reason_and_keeps_the_way_back_true(visit: Visit, brand: Brand, reviewer: User) -> None:
    first = waiting(brand)[0]
    page = visit(f"/b/{brand.slug}/review/", reviewer)
    ready(page)
    page.get_by_text("Reject…").click()
    page.get_by_role("button", name="Reject", exact=True).click()
    expect(page.locator("#desk-told")).to_have_text("Choose at least one reason.")
    expect(page.get_by_text("Kitchen · Square")).to_be_visible()
    assert not Decision.objects.exists()

    page.keyboard.press("Escape")
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("Picnic · Square")).to_be_visible()
    page.go_back()
    expect(page).to_have_url(re.compile(f"/review/{first.pk}/$"))
    expect(page.get_by_text("Kitchen · Square")).to_be_visible()
    expect(page.locator(".standing").get_by_text("Approved by Rita")).to_be_visible()
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)


def test_it_loses_nothing_when_the_line_is_down(
    visit: Visit, brand: Brand, reviewer: User, problems: list[str]
) -> None:
    first = waiting(brand)[0]
    page = visit(f"/b/{brand.slug}/review/", reviewer)
    ready(page)
    page.route("**/decide", lambda route: route.abort())
    page.keyboard.press("a")
    expect(page.get_by_text("Banana: The server can't be reached.")).to_be_visible()
    expect(page.locator("#undo")).to_be_hidden()
    assert not Decision.objects.exists()
    page.unroute("**/decide")
    page.get_by_role("link", name="Look at it").click()
    expect(page).to_have_url(re.compile(f"/review/{first.pk}/$"))
    ready(page)
    page.keyboard.press("a")
    expect(page.get_by_text("Picnic · Square")).to_be_visible()
    assert all("ERR_FAILED" in each for each in problems), problems
    problems.clear()


def test_it_takes_no_verdict_that_was_meant_for_the_picture_before(
    visit: Visit, brand: Brand, reviewer: User
) -> None:
    waiting(brand)
    page = visit(f"/b/{brand.slug}/review/", reviewer)
    ready(page)
    page.evaluate(
        """() => ["a", "a", "a"].map((key) => new KeyboardEvent("keydown", { key, bubbles: true }))
        .forEach((waited) => document.body.dispatchEvent(waited))"""
    )
    expect(page.get_by_text("Picnic · Square")).to_be_visible()
    page.get_by_role("button", name="Approve").dblclick()
    expect(page.get_by_text("Studio · Square")).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert list(Decision.objects.values_list("verdict", flat=True)) == ["approved", "approved"]


def test_it_tells_at_once_who_has_what(visit: Visit, brand: Brand, reviewer: User) -> None:
    _, second, third = waiting(brand)
    otto = factories.make_user(brand, Role.OWNER, username="otto", first_name="Otto")
    claim(review=second, by=otto)
    page = visit(f"/b/{brand.slug}/review/", reviewer)
    ready(page)
    expect(page.locator(f".strip [data-review='{second.pk}'] .who-has")).to_have_text("Otto")
    page.get_by_role("link", name="Banana, Picnic").click()
    expect(page.get_by_text("Otto is looking at this picture")).to_be_visible()
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)
    expect(page.get_by_text("Take it over")).to_have_count(0)
    page.keyboard.press("s")
    expect(page.get_by_text("Studio · Square")).to_be_visible()

    colleague = visit(f"/b/{brand.slug}/review/{third.pk}/", otto)
    colleague.get_by_role("button", name="Take it over").click()
    ready(colleague)
    expect(page.locator(".standing")).to_contain_text("Otto is looking at this picture")
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)
    page.keyboard.press("a")
    with colleague.expect_response("**/decide"):
        colleague.keyboard.press("a")
    page.keyboard.press("s")
    expect(page.get_by_text("Kitchen · Square")).to_be_visible()
    expect(page.locator(f".strip [data-review='{second.pk}'] .who-has")).to_have_text("Otto")
    decided = list(Decision.objects.values_list("review", "decided_by__first_name"))
    assert decided == [(third.pk, "Otto")]


def test_it_publishes_what_is_seen_in_the_library(
    visit: Visit, brand: Brand, reviewer: User, problems: list[str]
) -> None:
    approve(waiting(brand)[0], reviewer)
    page = visit(f"/b/{brand.slug}/library/", reviewer)
    expect(page.get_by_text("1 picture", exact=True)).to_be_visible()
    page.get_by_role("link", name="Banana, Kitchen, Square").click()
    stable = page.get_by_label("Address always shows what is published today").input_value()
    assert stable.endswith("/assets/banana-co/banana-kitchen-square.jpg")
    stranger = visit(stable)
    size = stranger.locator("img").evaluate("image => [image.naturalWidth, image.naturalHeight]")
    assert size == [640, 640]
    assert stranger.context.cookies() == []
    assert all("inline style" in problem for problem in problems), "the browser's own, of a bare picture"
    problems.clear()


def test_it_narrows_as_one_types_compares_two_and_takes_one_back(
    visit: Visit, brand: Brand, reviewer: User
) -> None:
    for review in waiting(brand)[:2]:
        approve(review, reviewer)
    page = visit(f"/b/{brand.slug}/library/", reviewer)
    page.get_by_label("Scene").select_option("picnic")
    expect(page.get_by_text("1 picture", exact=True)).to_be_visible()
    assert "scene=picnic" in page.url
    page.get_by_label("Subject or SKU").fill("zebra")
    expect(page.get_by_role("heading", name="Nothing here fits")).to_be_visible()

    page.goto(f"/b/{brand.slug}/library/")
    page.get_by_label("Compare banana-kitchen-square").check()
    page.get_by_label("Compare banana-picnic-square").check()
    page.get_by_role("button", name="Compare", exact=True).click()
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("Kitchen v1")
    expect(page.get_by_text("Everything else is the same: subject,")).to_be_visible()

    page.goto(f"/b/{brand.slug}/library/banana-picnic-square/")
    page.get_by_text("Unpublish…").click()
    page.get_by_role("button", name="Unpublish version 1").click()
    expect(page.get_by_text("banana-picnic-square version 1 is taken back.")).to_be_visible()
    gone = page.request.get("/assets/banana-co/banana-picnic-square.jpg")
    assert gone.status == 410


def test_it_shows_designers_the_library_and_no_verdicts(visit: Visit, brand: Brand, reviewer: User) -> None:
    first, second, _ = waiting(brand)
    approve(first, reviewer)
    decide(review=second, by=reviewer, verdict="rejected", reasons=["shape"], note="It bends.")
    designer = User.objects.get(username="dana")
    page = visit(f"/b/{brand.slug}/library/banana-kitchen-square/", designer)
    expect(page.get_by_role("heading", name="Banana")).to_be_visible()
    expect(page.get_by_text("Unpublish")).to_have_count(0)
    expect(page.get_by_role("link", name="Review")).to_have_count(0)
    page.goto(f"/b/{brand.slug}/review/{second.pk}/")
    expect(page.get_by_text("It bends.", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)])
def test_it_is_accessible_and_fits(
    visit: Visit, brand: Brand, reviewer: User, width: int, dark: bool
) -> None:
    first, second, third = waiting(brand)
    approve(first, reviewer)
    decide(review=second, by=reviewer, verdict="rejected", reasons=["shape"])
    words = "It was asked for at 1K, which is 1024 × 1024, and came as 512 × 512."
    output = Output.objects.filter(pk=third.output_id)
    output.update(width=512, height=512, flags=[{"code": "too_small", "words": words}])
    Attempt.objects.update(http_status=200, usage={"totalTokenCount": 3680}, response_id="r" * 60)
    name = f"{'dark' if dark else 'light'}-{width}"
    page = visit(f"/b/{brand.slug}/review/", reviewer, width=width, dark=dark)
    ready(page)
    expect(page.get_by_text(words)).to_be_visible()
    expect(page.get_by_text("So it can't be approved.")).to_be_visible()
    expect(page.get_by_role("button", name="Approve")).to_be_disabled()
    page.get_by_text("Where it comes from").click()
    page.get_by_text("Details").click()
    expect(page.get_by_text("r" * 60)).to_be_visible()
    page.keyboard.press("r")
    expect(page.get_by_text("Why is it rejected?")).to_be_visible()
    assert_fits(page)
    assert_accessible(page)
    shoot(page, f"review-{name}")
    addresses = {
        "rejected": f"review/{second.pk}/",
        "library": "library/",
        "asset": "library/banana-kitchen-square/",
        "compare": f"library/compare/?pick={first.pk}&pick={second.pk}",
    }
    for title, path in addresses.items():
        page.goto(f"/b/{brand.slug}/{path}")
        assert_fits(page)
        assert_accessible(page)
        shoot(page, f"{title}-{name}")
