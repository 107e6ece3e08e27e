"""The review desk and the library as people meet them, in a real browser."""

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
from tests.review.factories import make_review

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


def test_it_takes_a_reviewer_through_the_queue_to_the_library(
    visit: Visit, brand: Brand, reviewer: User, problems: list[str]
) -> None:
    waiting(brand)
    page = visit(f"/b/{brand.slug}/review/")
    page.get_by_label("Username").fill("rita")
    page.get_by_label("Password").fill("pass-word-1")
    page.get_by_role("button", name="Sign in").click()

    expect(page.get_by_text("Kitchen · Square (640 × 640) · asked for by Dana")).to_be_visible()
    expect(page.get_by_text("3 wait", exact=True)).to_be_visible()
    assert_same_height(page)
    page.evaluate("window.sameDocument = true")
    page.get_by_role("button", name="Approve and publish").click()

    expect(page.get_by_text("Picnic · Square")).to_be_visible()
    expect(page.get_by_text("Banana: approved and published as banana-kitchen-square.")).to_be_visible()
    expect(page.get_by_text("2 wait", exact=True)).to_be_visible()
    page.get_by_label("Light or perspective wrong").check()
    page.get_by_label("Note").fill("The shadow falls the other way.")
    page.get_by_role("button", name="Reject").click()

    expect(page.get_by_text("Studio · Square")).to_be_visible()
    assert page.evaluate("window.sameDocument"), "without a reload"
    verdicts = list(Decision.objects.values_list("verdict", "reason", "note"))
    assert verdicts == [("approved", "", ""), ("rejected", "light", "The shadow falls the other way.")]

    page.get_by_role("link", name="Library").click()
    expect(page.get_by_text("1 picture", exact=True)).to_be_visible()
    page.get_by_role("link", name="Banana, Kitchen, Square").click()
    stable = page.get_by_label("Address always shows what is published today").input_value()
    assert stable.endswith("/assets/banana-co/banana-kitchen-square.jpg")
    stranger = visit(stable)
    assert stranger.locator("img").evaluate("image => [image.naturalWidth, image.naturalHeight]") == [
        640,
        640,
    ]
    assert stranger.context.cookies() == []
    assert all("inline style" in problem for problem in problems), "the browser's own, of a bare picture"
    problems.clear()


def test_it_keeps_the_way_back_true(visit: Visit, brand: Brand, reviewer: User) -> None:
    first = waiting(brand)[0]
    page = visit(f"/b/{brand.slug}/review/", reviewer)
    page.get_by_role("button", name="Approve and publish").click()
    expect(page.get_by_text("Picnic · Square")).to_be_visible()
    page.go_back()
    expect(page).to_have_url(f"{page.url.rsplit('/b/')[0]}/b/{brand.slug}/review/{first.pk}/")
    expect(page.get_by_text("Kitchen · Square")).to_be_visible()
    expect(page.locator(".standing").get_by_text("Approved by Rita")).to_be_visible()
    expect(page.get_by_role("button", name="Approve and publish")).to_have_count(0)


def test_it_asks_for_a_reason_before_it_rejects(visit: Visit, brand: Brand, reviewer: User) -> None:
    waiting(brand)
    page = visit(f"/b/{brand.slug}/review/", reviewer)
    page.get_by_role("button", name="Reject").click()
    assert page.locator("input[name=reason]:invalid").count() > 0
    expect(page.get_by_text("Kitchen · Square")).to_be_visible()
    assert not Decision.objects.exists()


def test_it_decides_by_keyboard_alone(visit: Visit, brand: Brand, reviewer: User) -> None:
    waiting(brand)
    page = visit(f"/b/{brand.slug}/review/", reviewer)
    page.get_by_label("Shape changed").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Tab")
    page.keyboard.type("Too blue.")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Picnic · Square")).to_be_visible()
    assert list(Decision.objects.values_list("verdict", "reason", "note")) == [
        ("rejected", "colour", "Too blue.")
    ]


def test_it_tells_who_has_a_picture(visit: Visit, brand: Brand, reviewer: User) -> None:
    first = waiting(brand)[0]
    claim(review=first, by=factories.make_user(brand, Role.REVIEWER, first_name="Otto"))
    page = visit(f"/b/{brand.slug}/review/", reviewer)
    expect(page.get_by_text("Picnic · Square")).to_be_visible()
    page.get_by_role("link", name="Otto").click()
    expect(page.get_by_text("Otto is looking at this picture")).to_be_visible()
    expect(page.get_by_role("button", name="Approve and publish")).to_have_count(0)


def test_it_compares_two_and_takes_one_back(visit: Visit, brand: Brand, reviewer: User) -> None:
    for review in waiting(brand)[:2]:
        decide(review=review, by=reviewer, verdict="approved")
    page = visit(f"/b/{brand.slug}/library/", reviewer)
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


def test_it_narrows_the_library_as_one_types(visit: Visit, brand: Brand, reviewer: User) -> None:
    for review in waiting(brand)[:2]:
        decide(review=review, by=reviewer, verdict="approved")
    page = visit(f"/b/{brand.slug}/library/", reviewer)
    page.get_by_label("Scene").select_option("picnic")
    expect(page.get_by_text("1 picture", exact=True)).to_be_visible()
    assert "scene=picnic" in page.url
    page.get_by_label("Subject or SKU").fill("zebra")
    expect(page.get_by_role("heading", name="Nothing here fits")).to_be_visible()


def test_it_shows_designers_the_library_and_no_verdicts(visit: Visit, brand: Brand, reviewer: User) -> None:
    first, second, _ = waiting(brand)
    decide(review=first, by=reviewer, verdict="approved")
    decide(review=second, by=reviewer, verdict="rejected", reason="shape", note="It bends.")
    designer = User.objects.get(username="dana")
    page = visit(f"/b/{brand.slug}/library/banana-kitchen-square/", designer)
    expect(page.get_by_role("heading", name="Banana")).to_be_visible()
    expect(page.get_by_text("Unpublish")).to_have_count(0)
    expect(page.get_by_role("link", name="Review")).to_have_count(0)
    page.goto(f"/b/{brand.slug}/review/{second.pk}/")
    expect(page.get_by_text("It bends.")).to_be_visible()
    expect(page.get_by_role("button", name="Approve and publish")).to_have_count(0)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [1280, 390])
def test_it_is_accessible_and_fits(
    visit: Visit, brand: Brand, reviewer: User, width: int, dark: bool
) -> None:
    first, second, third = waiting(brand)
    decide(review=first, by=reviewer, verdict="approved", note="Lovely light.")
    decide(review=second, by=reviewer, verdict="rejected", reason="shape")
    name = f"{'dark' if dark else 'light'}-{width}"
    page = visit(f"/b/{brand.slug}/review/", reviewer, width=width, dark=dark)
    expect(page.get_by_role("button", name="Approve and publish")).to_be_visible()
    addresses = {
        "review": f"review/{third.pk}/",
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


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)])
def test_it_is_accessible_with_warnings_and_attempts(
    visit: Visit, brand: Brand, reviewer: User, width: int, dark: bool
) -> None:
    review = waiting(brand)[0]
    words = "It was asked for at 1K, which is 1024 × 1024, and came as 512 × 512."
    output = Output.objects.filter(pk=review.output_id)
    output.update(width=512, height=512, flags=[{"code": "too_small", "words": words}])
    Attempt.objects.update(http_status=200, usage={"totalTokenCount": 3680}, response_id="r" * 60)
    page = visit(f"/b/{brand.slug}/review/{review.pk}/", reviewer, width=width, dark=dark)
    expect(page.get_by_text(words)).to_be_visible()
    expect(page.get_by_text("So it can only be rejected.")).to_be_visible()
    expect(page.get_by_role("button", name="Approve and publish")).to_be_disabled()
    page.get_by_text("Where it comes from").click()
    page.get_by_text("Details").click()
    expect(page.get_by_text("r" * 60)).to_be_visible()
    assert_fits(page)
    assert_accessible(page)
    shoot(page, f"flagged-{width}")


def assert_same_height(page: Page) -> None:
    """Subject, scene and picture stand equally high, side by side."""
    boxes = [image.bounding_box() for image in page.locator(".trio img").all()]
    assert len(boxes) == 3
    tops = [box["y"] for box in boxes if box]
    heights = [box["height"] for box in boxes if box]
    assert max(tops) - min(tops) <= 1
    assert max(heights) - min(heights) <= 1
