"""A curator has a model make scenes, in a real browser."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from brandkit.accounts.models import Role, User
from generation import runner
from generation.models import SceneDraft
from templates_app.models import SceneVersion
from tests import factories
from tests.pages.conftest import Visit, assert_accessible, shoot
from tests.pages.factories import make_real_scene

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def curator(transactional_db: None) -> User:
    brand = factories.make_brand(slug="banana-co", name="Banana Co")
    return factories.make_user(brand, Role.CURATOR, username="carl")


@pytest.fixture
def kitchen(curator: User) -> SceneVersion:
    return make_real_scene(curator.memberships.get().brand, "kitchen")


def use_fake(settings: Any, *steps: dict[str, Any]) -> None:
    fake = {"BACKEND": "generation.providers.fake.Fake", "OPTIONS": {"script": list(steps)}}
    settings.BRANDKIT_PROVIDERS = {"fake": fake}
    settings.BRANDKIT_PROVIDER = "fake"


def work() -> SceneDraft:
    """Do what a worker does, once."""
    draft = SceneDraft.objects.get(state=SceneDraft.State.QUEUED)
    runner.run(draft.NOUN, draft.pk)
    draft.refresh_from_db()
    return draft


def ask(page: Page, words: str) -> None:
    page.get_by_label("In words").fill(words)
    page.get_by_label("Size").select_option("1K")
    page.get_by_role("button", name="Ask for it").click()


def test_it_leads_from_words_to_a_draft_version(
    visit: Visit, kitchen: SceneVersion, curator: User, settings: Any
) -> None:
    use_fake(settings, {"do": "picture"})
    page = visit(f"/admin/templates_app/scenetemplate/{kitchen.scene_id}/change/", curator)
    page.get_by_role("link", name="Draft with a model").click()
    expect(page.get_by_text("Fake, fake-1: about $0.01 a picture")).to_be_visible()
    shoot(page, "draft-ask")
    assert_accessible(page)
    ask(page, "A sunny kitchen, with free room on the table.")

    expect(page.get_by_text("It waits for its turn.")).to_be_visible()
    shoot(page, "draft-waiting")
    assert_accessible(page)
    draft = work()
    expect(page.get_by_text("Here it is")).to_be_visible()
    picture = page.get_by_role("img", name="Kitchen v2")
    expect(picture).to_be_visible()
    page.wait_for_function("[...document.images].every((each) => each.complete && each.naturalWidth)")
    shoot(page, "draft-done")
    assert_accessible(page)
    page.get_by_role("link", name="Open Kitchen v2").click()
    expect(page.get_by_text("Designers can't use it yet.")).to_be_visible()
    shoot(page, "draft-version")
    assert draft.version is not None
    assert page.url.endswith(f"/sceneversion/{draft.version.pk}/change/")


def test_it_restyles_on_a_phone_in_the_dark(
    visit: Visit, kitchen: SceneVersion, curator: User, settings: Any
) -> None:
    refusal = {"do": "refuse", "words": "Fake would not show a kitchen at night. Use other words."}
    use_fake(settings, refusal, {"do": "picture"})
    page = visit(f"/admin/generation/scenedraft/add/?restyled={kitchen.pk}", curator, width=390, dark=True)
    expect(page.get_by_role("img", name="Kitchen v1, as it is")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    shoot(page, "restyle-phone")
    assert_accessible(page)
    ask(page, "At night.")

    expect(page.get_by_text("It waits for its turn.")).to_be_visible()
    work()
    expect(page.get_by_text("Fake would not show a kitchen at night. Use other words.").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    shoot(page, "restyle-phone-refused")
    assert_accessible(page)
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("It waits for its turn.")).to_be_visible()
    work()
    expect(page.get_by_role("button", name="Make another one, about $0.01")).to_be_visible()
    shoot(page, "restyle-phone-done")
    page.goto("/admin/generation/scenedraft/")
    expect(page.get_by_text("Kitchen").first).to_be_visible()
    shoot(page, "drafts-phone")
    assert_accessible(page)


def test_it_says_what_to_configure(visit: Visit, kitchen: SceneVersion, curator: User, settings: Any) -> None:
    compositor = {"BACKEND": "generation.providers.compositor.Compositor", "OPTIONS": {}}
    settings.BRANDKIT_PROVIDERS = {"compositor": compositor}
    page = visit(f"/admin/generation/scenedraft/add/?scene={kitchen.scene_id}", curator)
    expect(page.get_by_text("No model makes scenes here yet")).to_be_visible()
    shoot(page, "draft-nobody")
    assert_accessible(page)
