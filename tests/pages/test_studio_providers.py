"""Choosing who makes the pictures, what that costs, and what is told of a provider that is shut."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from generation.models import Attempt, Generation, ProviderAccount
from generation.providers.compositor import Compositor
from tests import factories
from tests.pages.conftest import Visit, assert_accessible, assert_fits, shoot
from tests.pages.factories import Shop, make_banana, make_shop

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

COMPOSITOR = "generation.providers.compositor.Compositor"
FAKE = "generation.providers.fake.Fake"
PRICES = {"1K": "0.134", "2K": "0.134", "4K": "0.24", "input": "0.01"}
REFUSED = "Fake refused the key (HTTP 401). Have the operator check it."


@pytest.fixture
def shop(transactional_db: None, settings: Any) -> Shop:
    settings.BRANDKIT_PROVIDERS = {
        "compositor": {"BACKEND": COMPOSITOR},
        "paid": {"BACKEND": FAKE, "OPTIONS": {"prices": PRICES, "model": "paid-1"}},
        "half": {"BACKEND": FAKE, "OPTIONS": {"prices": {"1K": "0.1"}, "model": "half-1"}},
    }
    return make_shop()


def studio(shop: Shop) -> str:
    return f"/b/{shop.brand.slug}/studio/"


def choose(page: Page, *names: str) -> None:
    for name in names:
        page.get_by_role("checkbox", name=name).check()


def made_by(page: Page, model: str) -> None:
    with page.expect_response("**/studio/provider"):
        page.get_by_role("radio", name=model).check()


def pause(words: str = REFUSED) -> None:
    ProviderAccount.objects.create(
        name="paid", paused_at=timezone.now(), pause_code="key_refused", pause_words=words
    )


def test_it_counts_the_price_by_provider_and_everything_that_is_chosen(visit: Visit, shop: Shop) -> None:
    banana = make_banana(shop)
    for shows in ("angle", "detail"):
        factories.make_reference(banana, shows=shows)
    factories.make_format(shop.brand, name="Poster", width=4000, height=4000, size="4K")
    page = visit(studio(shop), shop.designer)
    choose(page, "Kitchen", "Picnic", "Wide")
    total = page.locator("#sum")
    expect(total).to_have_text("1 photo × 2 scenes × 2 formats = 4 pictures, free")
    made_by(page, "paid-1")
    expect(page.locator(".format").filter(has_text="Poster")).to_contain_text("about $0.26")
    # 4 x ($0.134 + 4 pictures sent at $0.01)
    expect(total).to_have_text("1 photo × 2 scenes × 2 formats = 4 pictures, about $0.70")
    choose(page, "Poster")
    expect(total).to_have_text("1 photo × 2 scenes × 3 formats = 6 pictures, about $1.26")
    made_by(page, "half-1")
    expect(total).to_have_text(
        "1 photo × 2 scenes × 3 formats = 6 pictures, about $0.40, and what has no price set"
    )
    page.get_by_role("checkbox", name="Square").uncheck()
    page.get_by_role("checkbox", name="Wide").uncheck()
    expect(total).to_have_text("1 photo × 2 scenes × 1 format = 2 pictures, no price set")


def test_it_keeps_the_choice_where_another_provider_can_not_make_it(
    visit: Visit, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Compositor, "sizes", frozenset({"1K"}))
    make_banana(shop)
    factories.make_format(shop.brand, name="Poster", width=4000, height=4000, size="4K")
    page = visit(studio(shop), shop.designer)
    choose(page, "Kitchen")
    poster = page.get_by_role("checkbox", name="Poster")
    expect(poster).to_be_disabled()
    expect(page.get_by_text("Compositor does not make 4K pictures; it makes 1K.")).to_be_visible()
    expect(page.locator("#reading")).to_be_attached()

    made_by(page, "paid-1")
    expect(poster).to_be_enabled()
    expect(page.get_by_role("radio", name="paid-1")).to_be_focused()
    expect(page.locator("#reading")).to_be_hidden()
    choose(page, "Poster")
    total = page.locator("#sum")
    expect(total).to_contain_text("1 scene × 2 formats = 2 pictures, about $0.41")
    made_by(page, "compositor-1")
    expect(poster).to_be_disabled()
    expect(total).to_have_text("1 photo × 1 scene × 1 format = 1 picture, free")
    made_by(page, "paid-1")
    expect(poster).to_be_checked()
    expect(total).to_contain_text("1 scene × 2 formats = 2 pictures, about $0.41")

    page.get_by_role("button", name="Make 2 pictures").click()
    expect(page.get_by_text("Waiting")).to_have_count(2)
    assert set(Generation.objects.values_list("provider", "size")) == {("paid", "1K"), ("paid", "4K")}
    page.reload()
    expect(page.get_by_role("radio", name="paid-1")).to_be_checked()


def test_it_is_chosen_by_keyboard(visit: Visit, shop: Shop) -> None:
    make_banana(shop)
    page = visit(studio(shop), shop.designer)
    choose(page, "Kitchen")
    page.get_by_role("radio", name="compositor-1").focus()
    with page.expect_response("**/studio/provider"):
        page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio", name="paid-1")).to_be_focused()
    expect(page.locator("#sum")).to_contain_text("about $0.15")
    with page.expect_response("**/pictures/ask"):
        page.keyboard.press("Enter")
    assert Generation.objects.get().provider == "paid"


def test_it_is_chosen_without_scripts(visit: Visit, shop: Shop, browser: Any, live_server: Any) -> None:
    make_banana(shop)
    page = visit(studio(shop), shop.designer)
    plain = browser.new_context(
        base_url=live_server.url, java_script_enabled=False, storage_state=page.context.storage_state()
    )
    try:
        page = plain.new_page()
        page.goto(studio(shop))
        choose(page, "Kitchen", "Wide")
        page.get_by_role("radio", name="paid-1").check()
        page.get_by_role("button", name="Show its formats").click()
        expect(page.locator(".format").filter(has_text="Wide")).to_contain_text("about $0.15")
        for name in ("Banana", "Kitchen", "Square", "Wide"):
            expect(page.get_by_role("checkbox", name=name)).to_be_checked()
        page.get_by_role("button", name="Make pictures").click()
        expect(page.get_by_text("Waiting")).to_have_count(2)
    finally:
        plain.close()
    assert set(Generation.objects.values_list("provider", flat=True)) == {"paid"}


def test_it_tells_of_a_pause_while_one_looks_on(visit: Visit, shop: Shop) -> None:
    make_banana(shop)
    page = visit(studio(shop), shop.designer)
    made_by(page, "paid-1")
    choose(page, "Kitchen")
    page.get_by_role("button", name="Make 1 picture").click()
    expect(page.get_by_text("Waiting", exact=True)).to_be_visible()
    pause()
    expect(page.locator("article")).to_contain_text("Fake refused the key (HTTP 401).")
    made_by(page, "half-1")
    expect(page.locator("#offer .notice")).to_have_count(0)
    made_by(page, "paid-1")
    expect(page.locator("#offer .notice")).to_contain_text("You can go on asking")
    expect(page.locator("#sum")).to_have_text(
        "1 photo × 1 scene × 1 format = 1 picture, about $0.15. Fake is paused, so they wait."
    )


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)])
def test_it_is_accessible_and_fits(visit: Visit, shop: Shop, width: int, dark: bool) -> None:
    failed = show_everything(shop)
    look = f"{width}-{'dark' if dark else 'light'}"
    page = visit(studio(shop), shop.designer, width=width, dark=dark)
    made_by(page, "paid-1")
    for path, name in [(studio(shop), "providers"), (f"{studio(shop)}pictures/{failed.pk}/", "attempts")]:
        page.goto(path)
        page.wait_for_load_state("networkidle")
        for details in page.locator(".results details, .attempts details").all():
            details.evaluate("e => e.open = true")
        assert_accessible(page)
        assert_fits(page)
        shoot(page, f"{name}-{look}")


def show_everything(shop: Shop) -> Generation:
    """A pause, a picture that waits for it, one to be tried later, a flagged one, and one that failed."""
    given: dict[str, Any] = {
        "by": shop.designer,
        "subject": make_banana(shop),
        "scene_version": shop.kitchen,
        "output_format": shop.wide,
        "prompt_version": shop.prompt,
        "provider": "paid",
    }
    pause()
    factories.make_generation(shop.brand, **given)
    later = factories.make_generation(
        shop.brand, **{**given, "provider": "half"}, retry_at=timezone.now() + timedelta(hours=1)
    )
    attempt(later, 1, outcome="later", words="Fake is overloaded (HTTP 503).")
    words = "It was asked for in 16:9 and came as 1024 × 1024: a channel's crop takes more away."
    factories.make_output(
        factories.make_generation(shop.brand, **given), flags=[{"code": "wrong_ratio", "words": words}]
    )
    told = "Fake refused the scene picture (image/webp, 3.1 MB): “Unsupported MIME type”."
    failed = factories.make_generation(shop.brand, **given, state="failed", failure_words=told)
    attempt(failed, 1)
    attempt(failed, 2, outcome="failed", words=told, **EVERYTHING)
    return failed


EVERYTHING = {
    "step": "call",
    "http_status": 400,
    "code": "bad_input",
    "vendor_code": "INVALID_ARGUMENT",
    "vendor_words": "Unsupported MIME type",
    "sent": [
        {
            "role": role,
            "sha256": "ab" * 32,
            "media_type": "image/webp",
            "width": 3072,
            "height": 2048,
            "bytes": 3_250_000,
        }
        for role in ("subject", "scene", "reference")
    ],
    "parameters": {"imageConfig": {"aspectRatio": "16:9", "imageSize": "4K"}, "seed": 1234567890},
    "usage": {"promptTokenCount": 1680, "candidatesTokenCount": 2000, "totalTokenCount": 3680},
    "response_id": "a-very-long-response-id-without-any-space-in-it-0123456789",
    "model_version": "gemini-3-pro-image",
    "bytes_received": 210,
    "seconds": 125.3,
}


def attempt(generation: Generation, number: int, **fields: Any) -> None:
    given = {"provider": "paid", "model": "paid-1", "started_at": timezone.now(), "cost": "0.16"}
    Attempt.objects.create(
        brand=generation.brand, generation=generation, number=number, **{**given, **fields}
    )
