"""Pictures asked for, followed, cancelled and asked for again over HTTP."""

from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from brandkit.accounts.models import Brand, User
from brandkit.common.models import history
from generation.models import Attempt, Generation
from templates_app.models import OutputFormat, PromptVersion, SceneVersion
from tests.api.conftest import refused
from tests.factories import (
    make_brand,
    make_format,
    make_generation,
    make_output,
    make_prompt,
    make_scene,
    make_subject,
    set_state,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene(brand: Brand) -> SceneVersion:
    return make_scene(brand, slug="kitchen")


@pytest.fixture
def prompt(brand: Brand) -> PromptVersion:
    return make_prompt(brand, text="Tag: {{ vars.tag }}", variables={"tag": "New"})


@pytest.fixture
def output_format(brand: Brand) -> OutputFormat:
    return make_format(brand, slug="square")


@pytest.fixture
def ask(
    brand: Brand, scene: SceneVersion, prompt: PromptVersion, output_format: OutputFormat
) -> dict[str, Any]:
    return {
        "subject": make_subject(brand).pk,
        "scene": "kitchen",
        "prompt": prompt.template.slug,
        "format": "square",
    }


def test_it_asks_for_a_picture(api: APIClient, ask: dict[str, Any], designer: User, brand: Brand) -> None:
    response = api.post("/api/v1/generations", {**ask, "variables": {"tag": "Sale"}, "variation": 2})
    assert response.status_code == 201, response.content
    body = response.json()
    generation = Generation.objects.get()
    assert response["Location"] == body["url"] == f"http://testserver/api/v1/generations/{generation.pk}"
    expected = {
        "id": generation.pk,
        "brand": brand.slug,
        "state": "queued",
        "subject": ask["subject"],
        "scene": "kitchen",
        "scene_version": 1,
        "prompt": ask["prompt"],
        "prompt_version": 1,
        "prompt_text": "Tag: Sale",
        "variables": {"tag": "Sale"},
        "format": "square",
        "variation": 2,
        "provider": "compositor",
        "requested_by": designer.username,
        "failure": None,
        "attempts": [],
        "output": None,
    }
    assert expected.items() <= body.items()


def test_the_same_wish_is_the_same_generation(api: APIClient, ask: dict[str, Any]) -> None:
    first, again = api.post("/api/v1/generations", ask), api.post("/api/v1/generations", ask)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert Generation.objects.count() == 1
    another = api.post("/api/v1/generations", {**ask, "variation": 2})
    assert another.status_code == 201


def test_it_uses_the_usual_prompt_where_none_is_named(
    api: APIClient, ask: dict[str, Any], prompt: PromptVersion
) -> None:
    del ask["prompt"]
    refused(api.post("/api/v1/generations", ask), 422, "invalid")
    prompt.template.is_default = True
    prompt.template.save(update_fields=["is_default"])
    assert api.post("/api/v1/generations", ask).json()["prompt"] == prompt.template.slug


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"scene": "cellar"}, 404, "There are: kitchen"),
        ({"format": "round"}, 404, "There are: square"),
        ({"prompt": "poem"}, 404, "no prompt"),
        ({"subject": 10**12}, 404, "no subject"),
        ({"provider": "nobody"}, 422, "compositor"),
        ({"variation": 0}, 422, "variation"),
        ({"variables": []}, 422, "variables"),
        ({"variables": {"nonsense": 1}}, 422, "tag"),
        ({"brand": "no-such"}, 404, "no brand"),
        ({"scene": "a\x00b"}, 422, "scene"),
    ],
)
def test_it_says_what_is_wrong_and_queues_nothing(
    api: APIClient, ask: dict[str, Any], change: dict[str, Any], status: int, words: str
) -> None:
    code = "not_found" if status == 404 else "invalid"
    assert words in refused(api.post("/api/v1/generations", {**ask, **change}), status, code)["detail"]
    assert not Generation.objects.exists()


@pytest.mark.parametrize(("state", "words"), [("retired", "retired"), ("draft", "draft")])
def test_it_makes_nothing_from_what_is_not_approved(
    api: APIClient, ask: dict[str, Any], scene: SceneVersion, state: str, words: str
) -> None:
    set_state(scene, state)
    assert words in refused(api.post("/api/v1/generations", ask), 422, "invalid")["detail"]
    assert not Generation.objects.exists()


def test_it_takes_no_subject_of_others(api: APIClient, ask: dict[str, Any]) -> None:
    foreign = make_subject(make_brand())
    refused(api.post("/api/v1/generations", {**ask, "subject": foreign.pk}), 404, "not_found")
    assert not Generation.objects.exists()


def test_it_follows_one_to_its_picture(api: APIClient, brand: Brand) -> None:
    generation = make_generation(brand)
    output = make_output(generation)
    body = api.get(f"/api/v1/generations/{generation.pk}").json()
    assert body["state"] == "succeeded"
    assert body["output"] == f"http://testserver/api/v1/outputs/{output.pk}"
    [attempt] = body["attempts"]
    assert (attempt["number"], attempt["outcome"], attempt["cost"]) == (1, "picture", "0.00000")
    assert attempt["started_at"].endswith("Z")


SENT = {
    "role": "scene",
    "sha256": "ab" * 32,
    "media_type": "image/webp",
    "width": 1200,
    "height": 900,
    "bytes": 3_100_000,
}


def test_it_tells_all_of_an_attempt_that_failed(api: APIClient, brand: Brand) -> None:
    generation = make_generation(brand, state="failed")
    facts = {
        "number": 1,
        "provider": "gemini",
        "model": "gemini-3-pro-image",
        "model_version": "",
        "sent": [SENT],
        "parameters": {"imageSize": "1K"},
        "job": "",
        "outcome": "failed",
        "step": "call",
        "http_status": 400,
        "code": "bad_input",
        "words": "It refused the scene picture.",
        "vendor_code": "INVALID_ARGUMENT",
        "vendor_words": "Unsupported MIME type",
        "response_id": "r-1",
        "usage": {"totalTokenCount": 1},
        "seconds": 1.5,
        "bytes_received": 210,
    }
    Attempt.objects.create(
        brand=generation.brand, generation=generation, started_at=timezone.now(), cost="0.1362", **facts
    )
    [told] = api.get(f"/api/v1/generations/{generation.pk}").json()["attempts"]
    assert told.pop("started_at").endswith("Z")
    assert told == {**facts, "cost": "0.13620"}


def test_it_says_why_there_is_no_picture(api: APIClient, brand: Brand) -> None:
    generation = make_generation(brand, state="refused", failure_code="safety", failure_words="No knives.")
    body = api.get(f"/api/v1/generations/{generation.pk}").json()
    assert body["failure"] == {"code": "safety", "words": "No knives."}


def test_it_lists_by_state_and_by_subject(api: APIClient, brand: Brand) -> None:
    first, second = make_generation(brand), make_generation(brand, state="failed")
    make_generation(make_brand())
    assert listed(api) == [second.pk, first.pk]
    assert listed(api, state="failed") == [second.pk]
    assert listed(api, subject=str(first.subject_id)) == [first.pk]
    assert listed(api, subject=str(first.subject_id), state="failed") == []
    refused(api.get("/api/v1/generations", {"state": "happy"}), 422, "invalid")


def listed(api: APIClient, **asked: str) -> list[int]:
    return [row["id"] for row in api.get("/api/v1/generations", asked).json()["results"]]


def test_it_asks_the_database_no_more_for_more_rows(
    api: APIClient, brand: Brand, django_assert_max_num_queries: Any
) -> None:
    for _ in range(12):
        make_output(make_generation(brand))
    with django_assert_max_num_queries(10):
        assert len(listed(api)) == 12


def test_it_cancels_what_waits(api: APIClient, brand: Brand, designer: User) -> None:
    generation = make_generation(brand)
    response = api.post(f"/api/v1/generations/{generation.pk}/cancel")
    assert (response.status_code, response.json()["state"]) == (200, "cancelled")
    assert history(generation).get().actor == designer


@pytest.mark.parametrize("state", ["running", "succeeded", "failed", "refused", "cancelled"])
def test_it_cancels_nothing_else(api: APIClient, brand: Brand, state: str) -> None:
    generation = make_generation(brand, state=state)
    refused(api.post(f"/api/v1/generations/{generation.pk}/cancel"), 409, "conflict")
    generation.refresh_from_db()
    assert generation.state == state


def test_it_makes_again_what_ended_without_a_picture(api: APIClient, brand: Brand) -> None:
    generation = make_generation(brand, state="failed", failure_code="timeout", failure_words="Too slow.")
    body = api.post(f"/api/v1/generations/{generation.pk}/retry").json()
    assert (body["state"], body["failure"]) == ("queued", None)


def test_it_does_not_make_again_what_is_there(api: APIClient, brand: Brand) -> None:
    generation = make_output(make_generation(brand)).generation
    refused(api.post(f"/api/v1/generations/{generation.pk}/retry"), 409, "conflict")


@pytest.mark.parametrize("verb", ["cancel", "retry"])
def test_it_touches_nothing_of_others(api: APIClient, verb: str) -> None:
    generation = make_generation(make_brand())
    refused(api.get(f"/api/v1/generations/{generation.pk}"), 404, "not_found")
    refused(api.post(f"/api/v1/generations/{generation.pk}/{verb}"), 404, "not_found")
    generation.refresh_from_db()
    assert generation.state == "queued"


@pytest.mark.parametrize("number", [2**63, 10**30])
def test_it_refuses_numbers_that_no_row_can_have(
    api: APIClient, ask: dict[str, Any], brand: Brand, number: int
) -> None:
    refused(api.get(f"/api/v1/generations?brand={brand.slug}&subject={number}"), 422, "invalid")
    refused(api.post("/api/v1/generations", {**ask, "subject": number}), 422, "invalid")
    assert not Generation.objects.exists()
