"""The Studio as a designer meets it, in a real browser."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from brandkit.accounts.models import Membership, Role
from generation.models import Generation, Subject
from tests import factories
from tests.conftest import stored_files
from tests.pages.conftest import Visit, assert_accessible, assert_fits, shoot, work
from tests.pages.factories import PHOTO, Shop, make_banana, make_shop

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
State = Generation.State
FAKE = "generation.providers.fake.Fake"


@pytest.fixture
def shop(transactional_db: None) -> Shop:
    return make_shop()


def studio(shop: Shop) -> str:
    return f"/b/{shop.brand.slug}/studio/"


def use_fake(settings: Any, *steps: dict[str, str]) -> None:
    settings.BRANDKIT_PROVIDERS = {"fake": {"BACKEND": FAKE, "OPTIONS": {"script": list(steps)}}}
    settings.BRANDKIT_PROVIDER = "fake"


def choose(page: Page, *names: str) -> None:
    for name in names:
        page.get_by_role("checkbox", name=name).check()


def card(page: Page, generation: Generation) -> Any:
    return page.locator(f"#generation-{generation.pk}")


def test_it_turns_a_photo_into_a_picture_without_a_reload(visit: Visit, shop: Shop) -> None:
    page = visit("/")
    page.get_by_label("Username").fill("dana")
    page.get_by_label("Password").fill("pass-word-1")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Studio", exact=True)).to_be_visible()
    page.evaluate("window.sameDocument = true")

    page.set_input_files("#photo", PHOTO)
    expect(page.get_by_role("img", name="Photo, cut out of its photo")).to_be_visible()
    subject = Subject.objects.get()
    expect(page.get_by_role("checkbox", name="Photo")).to_be_checked()
    page.get_by_label("Name").fill("Banana")
    page.get_by_label("SKU").fill("B-1")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#news")).to_have_text("Saved: Banana.")
    subject.refresh_from_db()
    assert (subject.name, subject.sku) == ("Banana", "B-1")

    choose(page, "Kitchen", "Picnic")
    expect(page.locator("#sum")).to_have_text("1 photo × 2 scenes × 1 format = 2 pictures, free")
    page.get_by_role("button", name="Make 2 pictures").click()
    expect(page.get_by_text("Waiting")).to_have_count(2)
    assert list(Generation.objects.values_list("state", "requested_by")) == 2 * [("queued", shop.designer.pk)]
    work()
    expect(page.get_by_text("Done", exact=True)).to_have_count(2)
    picture = page.get_by_role("img", name="Banana in Kitchen, Square")
    assert picture.evaluate("e => e.decode().then(() => e.currentSrc)").endswith("/thumbnail")
    expect(page.locator("#news")).to_contain_text("Banana in Kitchen: Done.")
    expect(page.locator("#watch[hx-get]")).to_have_count(0)
    assert page.evaluate("window.sameDocument")
    shoot(page, "studio-done")

    picture.click()
    expect(page.get_by_role("heading", name="Banana in Kitchen")).to_be_visible()
    facts = page.locator("dl").first.inner_text()
    assert re.search(r"Pixels\s+1024 × 1024", facts)
    assert re.search(r"Cost\s+free", facts)
    shoot(page, "picture")


def test_it_says_why_a_file_is_refused_and_keeps_nothing(
    visit: Visit, shop: Shop, tmp_path: Path, problems: list[str]
) -> None:
    before = stored_files()
    text = tmp_path / "banana.jpg"
    text.write_text("not a photo at all")
    page = visit(studio(shop), shop.designer)
    page.set_input_files("#photo", [text, PHOTO])
    told = page.get_by_role("alert")
    expect(told).to_contain_text("banana.jpg can't be used")
    expect(told).to_contain_text("Looked at: type")
    expect(page.locator(".subject.fresh")).to_have_count(1)
    expect(page.locator("#subjects > li").first).to_contain_text("banana.jpg")
    shoot(page, "studio-refused")
    assert Subject.objects.count() == 1
    assert len(stored_files()) == len(before) + 4

    told.get_by_role("button").click()
    expect(told).to_have_count(0)
    assert [problem for problem in problems if "status of 422" not in problem] == []
    problems.clear()


def test_it_takes_a_pasted_photo_and_gives_advice_on_it(visit: Visit, shop: Shop) -> None:
    page = visit(studio(shop), shop.designer)
    page.evaluate(
        """(bytes) => {
          const data = new DataTransfer();
          data.items.add(new File([new Uint8Array(bytes)], "pasted.png", { type: "image/png" }));
          document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true }));
        }""",
        list(factories.picture_bytes(300, 200)),
    )
    expect(page.get_by_role("checkbox", name="Pasted")).to_be_checked()
    expect(page.locator(".fresh .advice")).to_contain_text("The photo is 300 x 200 px")
    shoot(page, "studio-advice")


def test_it_knows_a_photo_that_it_has(visit: Visit, shop: Shop) -> None:
    subject = make_banana(shop)
    page = visit(studio(shop), shop.designer)
    page.set_input_files("#photo", PHOTO)
    expect(page.get_by_text("This very photo was here already")).to_be_visible()
    expect(page.locator(f"#subject-{subject.pk}")).to_have_count(1)


def test_it_works_by_keyboard_alone(visit: Visit, shop: Shop) -> None:
    make_banana(shop)
    page = visit(studio(shop), shop.designer)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    reached = []
    for _ in range(30):
        page.keyboard.press("Tab")
        name = page.evaluate("document.activeElement.name || document.activeElement.id")
        reached.append(name)
        if name == "scene":
            page.keyboard.press("Space")
            break
    assert reached[:3] == ["photo", "subject", ""]
    assert page.evaluate("getComputedStyle(document.activeElement.closest('li')).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    expect(page.get_by_text("Waiting")).to_be_visible()
    assert Generation.objects.get().scene_version == shop.kitchen


def test_it_asks_for_what_is_missing(visit: Visit, shop: Shop, problems: list[str]) -> None:
    make_banana(shop)
    page = visit(studio(shop), shop.designer)
    expect(page.locator("#sum")).to_have_text("Choose a scene.")
    page.get_by_role("button", name="Make pictures").click()
    expect(page.locator(".toast")).to_contain_text("Choose at least one scene.")
    page.get_by_role("button", name="Close this message").click()
    expect(page.locator(".toast")).to_have_count(0)
    assert Generation.objects.count() == 0
    assert len(problems) == 1
    assert "status of 422" in problems.pop()


def test_it_says_why_there_is_no_picture_and_offers_what_helps(
    visit: Visit, shop: Shop, settings: Any
) -> None:
    use_fake(settings, {"do": "refuse"}, {"do": "picture"})
    make_banana(shop)
    page = visit(studio(shop), shop.designer)
    choose(page, "Kitchen")
    page.get_by_role("button", name="Make 1 picture").click()
    expect(page.get_by_text("Waiting")).to_be_visible()
    generation = Generation.objects.get()
    work()
    expect(card(page, generation).get_by_text("Refused")).to_be_visible()
    generation.refresh_from_db()
    assert generation.failure_words
    expect(card(page, generation)).to_contain_text(generation.failure_words)
    assert_accessible(page)
    shoot(page, "studio-refusal")

    page.get_by_role("button", name="Try again").click()
    expect(card(page, generation).get_by_text("Waiting")).to_be_visible()
    work()
    expect(card(page, generation).get_by_text("Done")).to_be_visible()


def test_it_shows_one_card_for_a_wish_made_twice_and_cancels_it_with_the_focus_kept(
    visit: Visit, shop: Shop
) -> None:
    make_banana(shop)
    page = visit(studio(shop), shop.designer)
    choose(page, "Kitchen")
    for _ in range(2):
        with page.expect_response("**/pictures/ask"):
            page.get_by_role("button", name="Make 1 picture").click()
    expect(page.locator("article")).to_have_count(1)
    assert Generation.objects.count() == 1
    page.get_by_role("button", name="Cancel").press("Enter")
    expect(page.get_by_text("Cancelled", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Try again")).to_be_focused()
    assert Generation.objects.get().state == State.CANCELLED


def test_it_makes_the_same_again_differently(visit: Visit, shop: Shop, settings: Any) -> None:
    use_fake(settings, {"do": "picture"})
    make_banana(shop)
    page = visit(studio(shop), shop.designer)
    choose(page, "Kitchen")
    expect(page.locator("#sum")).to_have_text("1 photo × 1 scene × 1 format = 1 picture, about $0.01")
    page.get_by_role("button", name="Make 1 picture").click()
    expect(page.get_by_text("Waiting")).to_be_visible()
    work()
    page.get_by_role("button", name="Again, differently").click()
    expect(page.get_by_text("variation 2")).to_be_visible()
    assert list(Generation.objects.order_by("pk").values_list("variation", flat=True)) == [1, 2]


def test_it_finds_photos_by_name_and_keeps_the_chosen(visit: Visit, shop: Shop) -> None:
    for name in ["Lemon", "Pear", *(f"Plum {n}" for n in range(13))]:
        factories.make_subject(shop.brand, name=name)
    page = visit(studio(shop), shop.designer)
    choose(page, "Plum 3")
    page.get_by_label("Find a photo by name or SKU").fill("lem")
    expect(page.get_by_role("checkbox", name="Lemon")).to_be_visible()
    names = page.locator("#subjects .words").all_inner_texts()
    assert names == ["Plum 12", "Plum 3", "Lemon"]
    expect(page.get_by_role("checkbox", name="Plum 3")).to_be_checked()


def test_it_works_without_scripts(visit: Visit, shop: Shop, browser: Any, live_server: Any) -> None:
    page = visit(studio(shop), shop.designer)
    plain = browser.new_context(
        base_url=live_server.url, java_script_enabled=False, storage_state=page.context.storage_state()
    )
    try:
        page = plain.new_page()
        page.goto(studio(shop))
        page.set_input_files("#photo", PHOTO)
        page.get_by_role("button", name="Upload").click()
        expect(page.locator(".toast")).to_contain_text("“Photo” is in.")
        choose(page, "Kitchen")
        page.get_by_role("button", name="Make pictures").click()
        expect(page.get_by_text("Waiting")).to_be_visible()
    finally:
        plain.close()
    assert Generation.objects.get().subject.name == "Photo"


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)])
def test_it_is_accessible_and_fits(
    visit: Visit, shop: Shop, width: int, dark: bool, problems: list[str]
) -> None:
    done = show_everything(shop)
    look = f"{width}-{'dark' if dark else 'light'}"
    page = visit(studio(shop), shop.designer, width=width, dark=dark)
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert colour == ("rgb(21, 21, 19)" if dark else "rgb(248, 247, 244)")
    for path, name in [
        (studio(shop), "studio"),
        (f"{studio(shop)}pictures/{done.pk}/", "picture"),
        ("/b/not-there/studio/", "not-found"),
    ]:
        page.goto(path)
        page.wait_for_load_state("networkidle")
        for details in page.locator("main details").all():
            details.evaluate("e => e.open = true")
        assert_accessible(page)
        assert_fits(page)
        shoot(page, f"{name}-{look}")
    assert len(problems) == 1
    assert "status of 404" in problems.pop()


def test_it_is_accessible_at_the_door(visit: Visit, shop: Shop) -> None:
    page = visit("/sign-in/", width=390)
    assert_accessible(page)
    assert_fits(page)
    shoot(page, "sign-in-390-light")
    Membership.objects.create(brand=factories.make_brand(), user=shop.designer, role=Role.CURATOR)
    page = visit("/", shop.designer)
    assert_accessible(page)
    page.goto(studio(shop))
    page.locator("summary").filter(has_text="Banana Co").click()
    assert_accessible(page)
    page.keyboard.press("Escape")
    expect(page.locator("details.switch[open]")).to_have_count(0)


def show_everything(shop: Shop) -> Generation:
    """A picture of every state, and a photo with advice; gives the done one."""
    subject = make_banana(shop)
    subject.advice = [{"code": "blurred", "words": "The product is blurred."}]
    subject.save(update_fields=["advice"])
    for state in State.values:
        generation = factories.make_generation(
            shop.brand,
            by=shop.designer,
            subject=subject,
            scene_version=shop.kitchen,
            output_format=shop.wide,
            prompt_version=shop.prompt,
            state=state,
            failure_words="The model would not make this." if state == "refused" else "",
        )
        if state == "succeeded":
            done = generation
            factories.make_output(generation)
    return done
