"""What can be asked for, over HTTP: approved scenes and prompts, and formats."""

import pytest
from rest_framework.test import APIClient

from brandkit.accounts.models import Brand
from tests.api.conftest import refused
from tests.factories import make_brand, make_format, make_prompt, make_scene

pytestmark = pytest.mark.django_db


def slugs(api: APIClient, kind: str) -> list[str]:
    return [row["slug"] for row in api.get(f"/api/v1/{kind}").json()["results"]]


def test_it_lists_approved_scenes_only(api: APIClient, brand: Brand) -> None:
    scene = make_scene(brand, slug="kitchen")
    make_scene(brand, slug="cellar", state="draft")
    make_scene(brand, slug="attic", state="retired")
    make_scene(make_brand(), slug="foreign")
    assert slugs(api, "scenes") == ["kitchen"]
    [row] = api.get("/api/v1/scenes").json()["results"]
    assert (row["id"], row["version"], row["width"], row["height"]) == (scene.pk, 1, 256, 256)
    assert api.get(f"/api/v1/scenes/{scene.pk}").json() == row


def test_it_lists_approved_prompts_with_their_variables(api: APIClient, brand: Brand) -> None:
    prompt = make_prompt(brand, text="{{ vars.tag }}", variables={"tag": "New"})
    make_prompt(brand, state="draft")
    [row] = api.get("/api/v1/prompts").json()["results"]
    assert (row["slug"], row["text"], row["variables"]) == (prompt.template.slug, prompt.text, {"tag": "New"})


def test_it_lists_formats_that_are_offered(api: APIClient, brand: Brand) -> None:
    make_format(brand, slug="square")
    make_format(brand, slug="round", active=False)
    assert slugs(api, "formats") == ["square"]


def test_it_finds_a_retired_scene_but_no_draft_and_no_foreign_one(api: APIClient, brand: Brand) -> None:
    assert api.get(f"/api/v1/scenes/{make_scene(brand, state='retired').pk}").status_code == 200
    refused(api.get(f"/api/v1/scenes/{make_scene(brand, state='draft').pk}"), 404, "not_found")
    refused(api.get(f"/api/v1/scenes/{make_scene(make_brand()).pk}"), 404, "not_found")
    refused(api.get(f"/api/v1/prompts/{make_prompt(make_brand()).pk}"), 404, "not_found")
    refused(api.get(f"/api/v1/formats/{make_format(make_brand()).pk}"), 404, "not_found")


@pytest.mark.parametrize("kind", ["scenes", "prompts", "formats"])
def test_nobody_changes_them_here(api: APIClient, kind: str) -> None:
    refused(api.post(f"/api/v1/{kind}", {}), 405, "method_not_allowed")
