"""Many at once as a designer meets it, in a real browser."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from generation.batches.chores import work_off
from generation.models import Batch, Generation
from tests import factories
from tests.pages.conftest import Visit, assert_accessible, assert_fits, shoot, work
from tests.pages.factories import Shop, make_banana, make_shop

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def shop(transactional_db: None) -> Shop:
    return make_shop()


def batches(shop: Shop, path: str = "") -> str:
    return f"/b/{shop.brand.slug}/batches/{path}"


def sum_of(page: Page) -> Any:
    return page.locator("#sum")


def make_run(shop: Shop, *states: str) -> Batch:
    """A batch with a picture in each of these states, all of one banana in the kitchen."""
    batch = factories.make_batch(shop.brand, by=shop.designer, name="Spring", prompt_version=shop.prompt)
    banana = make_banana(shop)
    pictures = [
        factories.make_generation(
            shop.brand,
            by=shop.designer,
            subject=banana,
            scene_version=shop.kitchen,
            output_format=shop.wide,
            prompt_version=shop.prompt,
            variation=number,
            state=state,
            failure_code="blocked" if state in ("refused", "failed") else "",
            failure_words="The model would not make this." if state in ("refused", "failed") else "",
        )
        for number, state in enumerate(states, start=1)
    ]
    for picture in pictures:
        if picture.state == "succeeded":
            factories.make_output(picture)
    factories.add_line(batch, pictures, variations=len(pictures))
    return batch


def test_it_makes_all_that_a_search_finds_and_fills_in(visit: Visit, shop: Shop) -> None:
    make_banana(shop)
    factories.make_subject(shop.brand, name="Banana, green", sku="BAN-2")
    factories.make_subject(shop.brand, name="Lemon")
    page = visit(batches(shop), shop.designer)
    page.get_by_role("link", name="Ask for many at once").click()
    expect(sum_of(page)).to_contain_text("Choose photos and a scene, and see here what it comes to.")

    page.get_by_label("Find photos by name or SKU").fill("ban-")
    page.get_by_role("button", name="Choose all 2").click()
    expect(page.get_by_text("All that are found by “ban-”", exact=True)).to_be_visible()
    page.get_by_role("checkbox", name="Kitchen").check()
    page.get_by_role("checkbox", name="Wide").check()
    expect(sum_of(page)).to_contain_text("2 photos × 1 scene × 2 formats")
    expect(sum_of(page)).to_contain_text(re.compile(r"New\s+4"))
    page.get_by_label("Name", exact=True).fill("Spring catalogue")
    shoot(page, "many")
    page.get_by_role("button", name="Start").click()

    expect(page.get_by_role("heading", name="Spring catalogue")).to_be_visible()
    expect(page.get_by_role("link", name="Banana in Kitchen, Square: waiting")).to_be_visible()
    page.evaluate("window.sameDocument = true")
    [batch] = Batch.objects.all()
    work()
    work_off()
    expect(page.get_by_text("Ended", exact=True).first).to_be_visible()
    picture = page.get_by_role("img", name="Banana in Kitchen, Square")
    assert picture.evaluate("e => e.decode().then(() => e.naturalWidth)") > 0
    expect(page.locator("#progress")).to_contain_text("4 of 4 pictures done.")
    expect(page.locator("#news")).to_contain_text("Ended. 4 of 4 pictures done.")
    expect(page.locator("#watch[hx-get]")).to_have_count(0)
    assert page.evaluate("window.sameDocument")
    assert Batch.objects.get(pk=batch.pk).state == "ended"
    picture.click()
    expect(page.get_by_role("heading", name="Banana in Kitchen")).to_be_visible()


def test_it_is_held_cancelled_and_asked_again_by_keyboard(visit: Visit, shop: Shop) -> None:
    batch = make_run(shop, "queued", "refused", "succeeded")
    page = visit(batches(shop, f"{batch.pk}/"), shop.designer)
    page.get_by_role("button", name="Pause").press("Enter")
    expect(page.get_by_text(re.compile("Paused since"))).to_be_visible()
    expect(page.get_by_role("button", name="Go on")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Pause")).to_be_focused()

    page.get_by_text("Priority: Normal").press("Enter")
    page.get_by_label("High").check()
    page.keyboard.press("Escape")
    expect(page.get_by_label("High")).to_be_hidden()
    page.get_by_text("Try again what failed…").click()
    reason = page.locator(".reasons").get_by_text("The model would not make this. 1 picture")
    expect(reason).to_be_visible()

    page.get_by_text("Cancel…").click()
    expect(reason).to_be_hidden()
    page.get_by_role("button", name="Cancel what has not begun").click()
    expect(page.locator("#state")).to_have_text("Cancelled")
    expect(page.locator("#controls")).to_be_focused()
    expect(page.get_by_role("link", name="Banana in Kitchen, Wide: cancelled")).to_be_visible()
    states = Generation.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == ["cancelled", "refused", "succeeded"]

    page.get_by_role("button", name="Ask again for what was cancelled").click()
    expect(page.locator("#state")).to_have_text("Under way")
    work_off()
    assert list(states.all()) == ["queued", "queued", "succeeded"]


def test_arrow_keys_move_in_the_grid(visit: Visit, shop: Shop) -> None:
    batch = make_run(shop, "succeeded", "failed")
    other = factories.make_generation(
        shop.brand, scene_version=shop.kitchen, output_format=shop.square, prompt_version=shop.prompt
    )
    factories.add_line(batch, [other])
    page = visit(batches(shop, f"{batch.pk}/"), shop.designer)
    tiles = page.locator("a.tile")
    tiles.first.focus()
    for key, place in [("ArrowRight", 1), ("ArrowDown", 2), ("ArrowUp", 0), ("ArrowLeft", 0)]:
        page.keyboard.press(key)
        expect(tiles.nth(place)).to_be_focused()


def test_what_is_open_stays_open_while_pictures_come(visit: Visit, shop: Shop) -> None:
    batch = make_run(shop, "queued", "refused")
    page = visit(batches(shop, f"{batch.pk}/"), shop.designer)
    page.get_by_text("Try again what failed…").click()
    expect(page.get_by_text("1 picture", exact=True)).to_be_visible()
    waiting = Generation.objects.get(state="queued")
    waiting.move("running")
    waiting.move("failed", failure_code="blocked", failure_words="The model would not make this.")
    expect(page.get_by_text("2 pictures", exact=True)).to_be_visible()


def test_the_studio_hands_on_what_is_chosen(visit: Visit, shop: Shop) -> None:
    make_banana(shop)
    page = visit(f"/b/{shop.brand.slug}/studio/", shop.designer)
    page.get_by_role("checkbox", name="Picnic").check()
    page.get_by_role("link", name="Many at once").click()
    expect(sum_of(page)).to_contain_text("1 photo × 1 scene × 1 format")
    expect(page.get_by_role("checkbox", name="Banana")).to_be_checked()
    expect(page.get_by_role("checkbox", name="Picnic")).to_be_checked()


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)])
def test_it_is_accessible_and_fits(visit: Visit, shop: Shop, width: int, dark: bool) -> None:
    batch = make_run(shop, *Generation.State.values)
    factories.add_line(batch, number=9, sku="P-9", problem="The photo is too small.")
    Batch.objects.filter(pk=batch.pk).update(source_name="spring.csv")
    look = f"{width}-{'dark' if dark else 'light'}"
    page = visit(batches(shop), shop.designer, width=width, dark=dark)
    for path, name in [
        ("", "batches"),
        (f"many?of={batch.pk}&scene={shop.kitchen.pk}", "many"),
        (f"{batch.pk}/", "batch"),
    ]:
        page.goto(batches(shop, path))
        page.wait_for_load_state("load")
        assert_accessible(page)
        assert_fits(page)
        shoot(page, f"{name}-{look}")
    for summary in page.locator("#controls summary").all():
        summary.click()
        assert_accessible(page)
        assert_fits(page)
