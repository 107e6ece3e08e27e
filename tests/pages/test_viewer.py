"""The pictures of the desk in a real browser: four views, one zoom and one place for all."""

import io
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from brandkit.accounts.models import Brand, Role, User
from brandkit.common.storage import digest
from generation.imaging.composite.place import place
from generation.imaging.slot import Box, Light, Slot
from review.models import Review
from tests import factories
from tests.pages.conftest import Visit, assert_accessible, assert_fits, shoot
from tests.pages.factories import PHOTO, TRUTH, make_real_scene
from tests.review.factories import make_review

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SIDE = 768
PREVIEW = 640
WIDE = (768, 432)
SLOT = Slot(
    box=Box(x0=0.22, y0=0.4, x1=0.7, y1=0.665), ground=0.665, light=Light(azimuth=0, height=45, softness=0.5)
)

# Where each pane that is shown has its window, its sheet and its image, in CSS pixels of the page.
PANES = """() => Object.fromEntries([...document.querySelectorAll(".pane:not([hidden])")].map((pane) => {
  const box = (selector) => {
    const { x, y, width, height } = pane.querySelector(selector).getBoundingClientRect();
    return { x, y, width, height };
  };
  return [pane.dataset.pane, { frame: box(".frame"), sheet: box(".sheet"), image: box("img") }];
}))"""
FLASHES = """() => {
  window.flashes = 0;
  new MutationObserver(() => (window.flashes += 1)).observe(document.querySelector('[data-pane="output"]'), {
    attributeFilter: ["class"],
  });
}"""


@pytest.fixture
def brand(transactional_db: None) -> Brand:
    return factories.make_brand(slug="banana-co", name="Banana Co")


@pytest.fixture
def reviewer(brand: Brand) -> User:
    return factories.make_user(brand, Role.REVIEWER, username="rita", first_name="Rita")


@pytest.fixture
def reviews(brand: Brand) -> list[Review]:
    """A square picture, and a wide one that came back after changes to it."""
    photo = PHOTO.read_bytes()
    files = {name: factories.stored(f"{name}.png", photo) for name in ("original", "normal", "thumbnail")}
    subject = factories.make_subject(brand, name="Banana", width=SIDE, height=SIDE, **files)
    scene = make_real_scene(brand, "kitchen")
    view = place(scene=(SIDE, SIDE), subject=(400, 200), slot=SLOT, width=WIDE[0], height=WIDE[1]).view
    with Image.open(TRUTH / "kitchen" / "truth.png") as truth:
        made = [truth.convert("RGB"), truth.convert("RGB").crop(view)]
    given: dict[str, Any] = {"subject": subject, "scene_version": scene}
    square = make_review(brand, output=output_of(made[0]), **given)
    return [square, make_review(brand, output=output_of(made[1]), parent=square.output.generation, **given)]


def output_of(picture: Image.Image) -> dict[str, Any]:
    data, small = png(picture), png(picture.resize((PREVIEW, PREVIEW * picture.height // picture.width)))
    return {
        "picture": factories.stored("picture.png", data),
        "preview": factories.stored("preview.png", small),
        "thumbnail": factories.stored("thumbnail.png", small),
        "width": picture.width,
        "height": picture.height,
        "bytes": len(data),
        "sha256": digest(data),
    }


def png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def open_review(visit: Visit, review: Review, user: User, **how: Any) -> Page:
    page = visit(f"/b/{review.brand.slug}/review/{review.pk}/", user, **how)
    expect(page.locator(".viewer.live")).to_be_visible()
    return page


def panes(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate(PANES)
    return found


def places(page: Page) -> list[tuple[float, float]]:
    """What stands in the middle of each pane, in shares of its picture; rounded to a pixel of the screen."""
    found = []
    for pane in panes(page).values():
        frame, sheet = pane["frame"], pane["sheet"]
        x = (frame["x"] + frame["width"] / 2 - sheet["x"]) / sheet["width"]
        y = (frame["y"] + frame["height"] / 2 - sheet["y"]) / sheet["height"]
        found.append((round(x, 2), round(y, 2)))
    return found


def pressed(page: Page) -> list[str]:
    chosen = page.locator('.viewer [aria-pressed="true"]')
    return [str(each.get_attribute("data-act")) for each in chosen.all()]


def chosen(page: Page) -> list[str]:
    return [each.input_value() for each in page.locator("[data-pick]").all()]


def test_it_keeps_one_zoom_and_one_place_in_all_views(
    visit: Visit, reviews: list[Review], reviewer: User
) -> None:
    page = open_review(visit, reviews[0], reviewer)
    fetched: list[str] = []
    full = f"/output/{reviews[0].output_id}/picture"
    page.on("request", lambda request: fetched.append(request.url) if request.url.endswith(full) else None)
    expect(page.get_by_role("button", name="To the left")).to_be_disabled()

    page.keyboard.press("2")
    assert pressed(page) == ["view-side", "zoom-fit"]
    shown = panes(page)
    assert list(shown) == ["subject", "scene", "output"]
    frame = shown["output"]["frame"]
    assert all(
        (pane["frame"]["height"], pane["frame"]["y"]) == (frame["height"], frame["y"])
        for pane in shown.values()
    )
    assert shown["output"]["sheet"] == pytest.approx(frame, abs=1)
    assert fetched == [], "a preview is enough for that"

    page.keyboard.press("z")
    expect(page.locator(".viewer-zoom")).to_have_text("100 %")
    assert panes(page)["output"]["sheet"]["width"] == SIDE
    expect(page.locator('[data-pane="output"]')).to_have_attribute("data-full", "shown")
    assert len(fetched) == 1
    assert page.locator('[data-pane="output"] img').evaluate("image => image.naturalWidth") == SIDE
    assert places(page) == [(0.5, 0.5)] * 3
    page.keyboard.press("ArrowRight")
    page.get_by_role("button", name="Down").click()
    moved = places(page)
    assert len(set(moved)) == 1
    assert moved[0] > (0.55, 0.55)

    page.keyboard.press("x")
    assert panes(page)["output"]["sheet"]["width"] == 4 * SIDE
    assert places(page) == moved
    assert (
        page.locator('[data-pane="output"] img').evaluate("image => getComputedStyle(image).imageRendering")
        == "pixelated"
    )
    page.keyboard.press("1")
    assert places(page) == moved[:1]
    page.keyboard.press("0")
    assert places(page) == [(0.5, 0.5)]
    page.keyboard.press("-")
    assert pressed(page) == ["view-one", "zoom-fit"], "no smaller than all of it"
    page.keyboard.press("+")
    assert pressed(page) == ["view-one", "zoom-1"], "no step goes past 1:1"


def test_it_compares_two_by_slider_and_by_blinking(
    visit: Visit, reviews: list[Review], reviewer: User
) -> None:
    page = open_review(visit, reviews[1], reviewer)
    page.clock.install()
    page.reload()
    page.keyboard.press("3")
    assert chosen(page) == ["before", "output"]
    page.get_by_label("The first of the two").select_option("scene")
    shown = panes(page)
    left, top, right, _ = place(
        scene=(SIDE, SIDE), subject=(400, 200), slot=SLOT, width=WIDE[0], height=WIDE[1]
    ).view
    one_pixel = shown["output"]["sheet"]["width"] / (right - left)
    sheet, image = shown["scene"]["sheet"], shown["scene"]["image"]
    assert sheet == shown["output"]["sheet"]
    assert ((sheet["x"] - image["x"]) / one_pixel, (sheet["y"] - image["y"]) / one_pixel) == pytest.approx(
        (left, top), abs=1
    )
    assert image["height"] / one_pixel == pytest.approx(SIDE, abs=1)

    slide = page.get_by_role("slider")
    slide.focus()
    page.keyboard.press("ArrowRight")
    assert slide.input_value() == "51"
    line = page.locator(".viewer-line").bounding_box()
    assert line is not None
    assert line["x"] + 1 == pytest.approx(sheet["x"] + 0.51 * sheet["width"], abs=1)
    page.mouse.move(sheet["x"] + 9, sheet["y"] + 40)
    page.mouse.down()
    page.mouse.move(sheet["x"] + sheet["width"] / 4, sheet["y"] + 40, steps=3)
    page.mouse.up()
    assert slide.input_value() == "25"
    page.keyboard.press("v")
    assert chosen(page) == ["before", "output"]
    page.get_by_label("The first of the two").select_option("output")
    assert chosen(page) == ["output", "before"], "never one beside itself"

    page.locator("#desk-title").focus()
    page.keyboard.press("4")
    page.evaluate(FLASHES)
    page.clock.run_for(3000)
    assert page.evaluate("flashes") == 0, "whoever wants little motion starts it by hand"
    page.keyboard.press("p")
    page.clock.run_for(3000)
    assert page.evaluate("flashes") == 6, "two a second"
    page.keyboard.press("p")
    page.clock.run_for(3000)
    assert page.evaluate("flashes") == 6
    page.get_by_role("button", name="Show the other").click()
    assert page.evaluate("flashes") == 7
    page.keyboard.press("p")
    page.evaluate("document.dispatchEvent(new CustomEvent('desk:leaving'))")
    page.clock.run_for(3000)
    assert page.evaluate("flashes") == 7, "what goes leaves no clock behind"

    page.goto(f"/b/{reviews[0].brand.slug}/review/{reviews[0].pk}/")
    assert pressed(page) == ["view-blink", "zoom-fit"], "and the next one is looked at alike"
    assert chosen(page) == ["scene", "output"]


def test_it_is_used_by_hand(visit: Visit, reviews: list[Review], reviewer: User, problems: list[str]) -> None:
    page = open_review(visit, reviews[0], reviewer, width=390, height=844, dark=True)
    touch = page.context.new_cdp_session(page)
    touch.send(
        "Emulation.setDeviceMetricsOverride",
        {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": False},
    )
    touch.send("Emulation.setTouchEmulationEnabled", {"enabled": True, "maxTouchPoints": 2})
    page.route("**/picture", lambda route: route.abort())
    page.reload()
    expect(page.get_by_text("The full size can't be loaded: picture.")).to_be_visible()
    page.unroute("**/picture")
    page.evaluate("document.addEventListener('viewer:place', (event) => (window.placed = event.detail))")
    sheet = panes(page)["output"]["sheet"]
    middle = (sheet["x"] + sheet["width"] / 2, sheet["y"] + sheet["height"] / 2)
    page.mouse.click(sheet["x"] + sheet["width"] / 4, middle[1])
    assert page.evaluate("[placed.x, placed.y]") == pytest.approx([0.25, 0.5], abs=0.01)

    for name in ("view-side", "view-slider", "view-blink", "view-one"):
        page.locator(f'[data-act="{name}"]').click()
        assert_fits(page)
        shoot(page, f"viewer-{name}-390")
    assert_accessible(page)
    page.get_by_role("button", name="1:1").click()
    assert panes(page)["output"]["sheet"]["width"] == SIDE / 2, "pixels of the screen, two to one of CSS"
    expect(page.locator('[data-pane="output"]')).to_have_attribute("data-full", "shown")
    expect(page.locator(".viewer-note")).to_be_empty()
    page.evaluate("window.placed = null")
    page.mouse.move(*middle)
    page.mouse.down()
    page.mouse.move(middle[0] - 20, middle[1], steps=3)
    page.mouse.up()
    assert panes(page)["output"]["sheet"]["x"] < (390 - SIDE / 2) / 2 - 5
    assert page.evaluate("placed") is None, "a drag puts no pin"

    page.get_by_role("button", name="Fit").click()
    for kind, apart in (("touchStart", 40), ("touchMove", 60), ("touchMove", 80), ("touchEnd", None)):
        ends = [] if apart is None else [middle[0] - apart, middle[0] + apart]
        touch.send(
            "Input.dispatchTouchEvent",
            {"type": kind, "touchPoints": [{"x": x, "y": middle[1], "id": at} for at, x in enumerate(ends)]},
        )
    assert panes(page)["output"]["sheet"]["width"] == pytest.approx(2 * sheet["width"], rel=0.05)
    problems[:] = [each for each in problems if "ERR_FAILED" not in each]
