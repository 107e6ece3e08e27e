"""The page of what is spent, in a real browser."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from brandkit.accounts.models import Brand, Role, User
from generation.budgets import month_of
from generation.models import Budget, SpendOfDay
from tests.factories import make_brand, make_prompt, make_scene, make_user
from tests.pages.conftest import Visit, assert_accessible, assert_fits

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def owner(transactional_db: None) -> User:
    return make_user(spender(), Role.OWNER)


def spender() -> Brand:
    """A brand that has spent something in this month and in the one before."""
    brand, month = make_brand(slug="spender"), month_of(timezone.now())
    usual = {"provider": "gemini", "model": "g-3", "prompt_version": make_prompt(brand)}
    for day, dollars in [(month, "7.5"), (month - timedelta(days=1), "41")]:
        scene = make_scene(brand).scene
        SpendOfDay.objects.create(brand=brand, day=day, scene=scene, **usual, calls=2, dollars=dollars)
    Budget.objects.create(brand=brand, month=month, limit="10", spent="7.5", reserved="1")
    return brand


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)])
def test_an_owner_looks_back_and_raises_the_limit(visit: Visit, owner: User, width: int, dark: bool) -> None:
    page = visit("/b/spender/spend/", owner, width=width, dark=dark)
    expect(page.get_by_text("Over 80 %")).to_be_visible()
    expect(
        page.get_by_role("img", name=re.compile(r"\$7\.50 are spent and \$1\.00 are promised"))
    ).to_be_visible()
    assert_accessible(page)
    assert_fits(page)
    page.get_by_label("Limit a month").fill("250")
    page.get_by_label("Limit a month").press("Enter")
    expect(page.get_by_text("The limit is $250.00 a month now.")).to_be_visible()
    expect(page.get_by_text("Within the budget")).to_be_visible()
    page.get_by_label("Month", exact=True).select_option(index=1)
    expect(page.get_by_text("$41.00").first).to_be_visible()
    expect(page.get_by_label("Limit a month")).to_have_count(0)
    expect(page).to_have_url(re.compile(r"\?month=\d{4}-\d\d$"))
