"""Batches over HTTP: asked for, estimated, followed, paused, cancelled, asked again."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from brandkit.accounts.models import Brand, User
from brandkit.accounts.tokens import make_token
from generation import tasks
from generation.models import Batch, Generation
from tests.factories import make_format, make_prompt, make_scene, make_subject
from tests.generation.batches.plans import asked, lines_of, pictures, set_state

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "dispatch", lambda times=1: None)


@pytest.fixture
def client(designer: User) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {make_token(user=designer)[1]}")
    return client


@pytest.fixture
def body(brand: Brand) -> dict[str, Any]:
    """Two subjects in a scene and a format, in two variations."""
    return {
        "name": "Spring",
        "subjects": [make_subject(brand).pk, make_subject(brand).pk],
        "scenes": [make_scene(brand).scene.slug],
        "formats": [make_format(brand).slug],
        "prompt": make_prompt(brand).template.slug,
        "variations": 2,
    }


def test_it_asks_for_a_batch(client: APIClient, body: dict[str, Any], designer: User) -> None:
    response = client.post("/api/v1/batches", body)
    told = response.json()
    assert (response.status_code, response["Location"]) == (201, told["url"])
    assert (told["state"], told["requested_by"], told["priority"]) == ("running", designer.username, 2)
    assert (told["progress"]["wanted"], told["progress"]["queued"], told["progress"]["left"]) == (4, 4, 4)
    assert (Generation.objects.count(), told["failures"]) == (4, [])
    assert client.get(told["url"]).json() == told
    [listed] = client.get("/api/v1/batches").json()["results"]
    assert listed == {name: told[name] for name in listed}


def test_it_estimates_and_writes_nothing(client: APIClient, body: dict[str, Any]) -> None:
    answer = client.post("/api/v1/batches/estimate", body)
    expected = {"pictures": 4, "there": 0, "new": 4, "price": "0.00000", "left": None, "exact": True}
    assert (answer.status_code, {name: answer.json()[name] for name in expected}) == (200, expected)
    assert (Batch.objects.count(), Generation.objects.count()) == (0, 0)
    client.post("/api/v1/batches", {**body, "variations": 1})
    answer = client.post("/api/v1/batches/estimate", body).json()
    assert (answer["pictures"], answer["there"], answer["new"]) == (4, 2, 2)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"subjects": []}, 422),
        ({"subjects": [999999]}, 404),
        ({"scenes": ["nowhere"]}, 404),
        ({"formats": ["none"]}, 404),
        ({"variations": 0}, 422),
        ({"priority": 7}, 422),
        ({"name": ""}, 422),
        ({"provider": "nobody"}, 422),
        ({"variables": {"nobody": "x"}}, 422),
    ],
)
def test_it_refuses_what_cannot_be(
    client: APIClient, body: dict[str, Any], change: dict[str, Any], status: int
) -> None:
    assert client.post("/api/v1/batches", {**body, **change}).status_code == status
    assert (Batch.objects.count(), Generation.objects.count()) == (0, 0)


def test_it_is_paused_resumed_cancelled_and_asked_again(client: APIClient, body: dict[str, Any]) -> None:
    address = client.post("/api/v1/batches", body).json()["url"]
    paused = client.post(f"{address}/pause").json()
    assert (paused["paused_at"] is not None, paused["waits"].startswith("Paused since")) == (True, True)
    assert client.post(f"{address}/pause").status_code == 409
    assert client.post(f"{address}/resume").json()["paused_at"] is None
    assert client.post(f"{address}/priority", {"priority": 1}).json()["priority"] == 1
    cancelled = client.post(f"{address}/cancel").json()
    assert (cancelled["state"], cancelled["progress"]["cancelled"]) == ("cancelled", 4)
    assert client.post(f"{address}/retry", {}).status_code == 409
    again = client.post(f"{address}/retry", {"cancelled": True}).json()
    assert (again["state"], again["progress"]["queued"]) == ("running", 4)


def test_it_tells_what_failed_and_asks_again_by_reason(client: APIClient, brand: Brand) -> None:
    batch = asked(brand, 3)
    one, two, three = pictures(batch)
    set_state("failed", one, two, failure_code="full", failure_words="The disk is full.")
    set_state("refused", three, failure_code="policy", failure_words="No.")
    told = client.get(f"/api/v1/batches/{batch.pk}").json()
    assert told["failures"] == [
        {"code": "full", "words": "The disk is full.", "count": 2},
        {"code": "policy", "words": "No.", "count": 1},
    ]
    again = client.post(f"/api/v1/batches/{batch.pk}/retry", {"reason": "policy"}).json()
    assert (again["progress"]["queued"], again["progress"]["failed"]) == (1, 2)


def test_it_lists_pictures_in_order_and_pages(client: APIClient, brand: Brand) -> None:
    batch = asked(brand, lines_of(brand, 3, scenes=2))
    first = client.get(f"/api/v1/batches/{batch.pk}/pictures?limit=4").json()
    rest = client.get(first["next"]).json()
    listed = first["results"] + rest["results"]
    assert [each["line"] for each in listed] == [1, 1, 2, 2, 3, 3]
    assert [each["id"] for each in listed] == [item.pk for item in batch.items.order_by("pk")]
    assert (listed[0]["state"], listed[0]["new"], listed[0]["output"], rest["next"]) == (
        "queued",
        True,
        None,
        None,
    )


def test_it_asks_as_much_for_many_pictures_as_for_two(client: APIClient, brand: Brand) -> None:
    counts = []
    for things in (2, 9):
        batch = asked(brand, things)
        with CaptureQueriesContext(connection) as queries:
            assert len(client.get(f"/api/v1/batches/{batch.pk}/pictures").json()["results"]) == things
            client.get(f"/api/v1/batches/{batch.pk}")
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_it_tells_the_lines_with_problems(client: APIClient, brand: Brand) -> None:
    prompt = make_prompt(brand, text="{{ vars.tag }}", variables={"tag": None})
    batch = asked(brand, 2, prompt_version=prompt)
    lines = client.get(f"/api/v1/batches/{batch.pk}/problems").json()["results"]
    assert [line["number"] for line in lines] == [1, 2]
    assert "there is no value for it" in lines[0]["problem"]
