"""The demo brand in `fixtures/demo`, and loading it."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from PIL import Image

from brandkit.accounts.models import Brand, Membership, User
from brandkit.accounts.policy import Act, may
from brandkit.common.models import Event
from templates_app.demo import BRAND, FOLDER
from templates_app.models import OutputFormat, PromptTemplate, PromptVersion, SceneTemplate, SceneVersion
from templates_app.rendering import check, render, samples
from templates_app.services import approved_prompts, approved_scenes, find_prompt
from tests.conftest import stored_files

pytestmark = pytest.mark.django_db
DEMO = json.loads((FOLDER / "brand.json").read_text())


def load() -> str:
    out = StringIO()
    call_command("load_demo", stdout=out)
    return out.getvalue()


def rows() -> list[object]:
    """Every row that loading makes, with all its values."""
    models = (
        Brand,
        User,
        Membership,
        OutputFormat,
        SceneTemplate,
        SceneVersion,
        PromptTemplate,
        PromptVersion,
        Event,
    )
    return [list(model._base_manager.order_by("pk").values()) for model in models]


def test_it_loads_all_that_a_first_picture_needs() -> None:
    load()
    brand = Brand.objects.get(slug=BRAND)
    formats = OutputFormat.objects.filter(brand=brand).values_list("slug", "width", "height")
    assert list(formats) == [
        ("square", 1080, 1080),
        ("portrait", 1080, 1350),
        ("story", 1080, 1920),
        ("wide", 1200, 628),
    ]
    assert {version.scene.slug for version in approved_scenes(brand)} == {"kitchen", "studio", "picnic"}
    assert {version.template.slug for version in approved_prompts(brand)} == {
        "place",
        "mock-up",
        "illustration",
    }
    assert find_prompt(brand=brand).template.slug == "place"
    for version in approved_scenes(brand):
        assert (version.width, version.height) == (2048, 2048)
        assert version.approved_by == User.objects.get(username="carl")


def test_it_makes_people_who_can_each_do_their_job() -> None:
    told = load()
    brand = Brand.objects.get(slug=BRAND)
    people = {user.username: user for user in User.objects.order_by("pk")}
    assert set(people) == {"dana", "rita", "carl", "olga"}
    assert [may(user, Act.REVIEW, brand) for user in people.values()] == [False, True, False, True]
    assert [may(user, Act.CURATE, brand) for user in people.values()] == [False, False, True, True]
    assert [may(user, Act.MANAGE, brand) for user in people.values()] == [False, False, False, True]
    assert [user.is_staff for user in people.values()] == [False, False, True, True]
    passwords = {line.split()[0]: line.split()[1] for line in told.splitlines() if line.startswith("  ")}
    assert [user.check_password(passwords[name]) for name, user in people.items()] == [True] * 4


def test_it_changes_nothing_the_second_time() -> None:
    load()
    person = User.objects.get(username="dana")
    person.set_password("chosen by herself")
    person.save(update_fields=["password"])
    OutputFormat.objects.filter(slug="wide").update(name="Banner")
    before, kept = rows(), stored_files()
    assert load().splitlines() == [
        "The demo brand “Banana Co” is there.",
        "Its people have their passwords; `manage.py changepassword dana` sets a new one.",
    ]
    assert rows() == before
    assert stored_files() == kept


def test_it_brings_a_subject_photo() -> None:
    with Image.open(FOLDER / "subjects/banana.jpg") as photo:
        assert (photo.format, photo.size) == ("JPEG", (2048, 2048))


@pytest.mark.parametrize("prompt", DEMO["prompts"], ids=lambda prompt: prompt["slug"])
def test_its_prompts_speak_of_the_product_the_scene_and_the_style(prompt: dict[str, Any]) -> None:
    text = (FOLDER / f"prompts/{prompt['slug']}.jinja").read_text()
    check(text, prompt["variables"])
    rendered = render(text, values=samples(prompt["variables"]))
    style = "flat" if prompt["slug"] == "illustration" else "photorealistic"
    for words in ("Image 1", "Image 2", "Banana", "Kitchen", style):
        assert words in rendered
    assert ('"New"' in rendered) == (prompt["slug"] == "mock-up")
