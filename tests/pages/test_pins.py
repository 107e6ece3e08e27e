"""Pins in a real browser, by keyboard."""

import pytest
from playwright.sync_api import expect

from brandkit.accounts.models import Brand, Role, User
from review.models import Pin, Review
from review.pins import add
from tests import factories
from tests.pages.conftest import Visit, assert_accessible, assert_fits, shoot
from tests.review.factories import make_review

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NASTY = "<img src=x onerror=alert(1)>"


@pytest.fixture
def brand(transactional_db: None) -> Brand:
    return factories.make_brand(slug="banana-co", name="Banana Co")


@pytest.fixture
def reviewer(brand: Brand) -> User:
    return factories.make_user(brand, Role.REVIEWER, username="rita", first_name="Rita")


def test_pins_are_put_found_and_settled_by_keyboard(visit: Visit, brand: Brand, reviewer: User) -> None:
    review = make_review(brand, by=factories.make_user(brand))
    add(review=review, by=factories.make_user(brand, Role.OWNER), x=0.2, y=0.3, words=NASTY)
    page = visit(f"/b/{brand.slug}/review/{review.pk}/", reviewer)
    marker = page.get_by_role("button", name=f"Pin 1: {NASTY}")
    expect(marker).to_be_visible()
    page.keyboard.press("o")
    expect(marker).to_be_focused()
    expect(page.locator(".pin-tip")).to_have_text(NASTY)
    expect(page.locator(".pin-tip")).to_be_visible()

    page.keyboard.press("i")
    expect(page.get_by_role("application")).to_be_focused()
    for key in ("ArrowRight", "ArrowRight", "Shift+ArrowDown", "Enter"):
        page.keyboard.press(key)
    expect(page.get_by_label("Remark")).to_be_focused()
    page.keyboard.type("The label is gone.")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Pin 2: The label is gone.")).to_be_visible()
    pin = Pin.objects.get(by=reviewer)
    assert 0.5 < pin.x < 0.6
    assert pin.x < pin.y < 0.75
    assert Review.objects.get().state == Review.State.CLAIMED, "its letters were no keys of the desk"
    shoot(page, "pins")
    assert_accessible(page)

    page.get_by_role("button", name="Resolve pin 2").press("Enter")
    expect(page.locator(".pin-mark.settled")).to_have_count(1)
    page.keyboard.press("i")
    page.keyboard.press("Escape")
    expect(page.get_by_role("application")).to_have_count(0)
    assert Pin.objects.count() == 2

    phone = visit(f"/b/{brand.slug}/review/{review.pk}/", reviewer, width=390, height=800, dark=True)
    phone.get_by_role("button", name="Pin a remark").click()
    phone.locator(".pins-layer").click(position={"x": 60, "y": 60})
    phone.get_by_label("Remark").fill("By touch.")
    shoot(phone, "pins-phone-dark")
    assert_fits(phone)
    phone.get_by_role("button", name="Put the pin").click()
    expect(phone.get_by_role("button", name="Pin 3: By touch.")).to_be_visible()
