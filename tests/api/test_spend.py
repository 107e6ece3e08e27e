"""Money over HTTP: what was spent, and the limit."""

from decimal import Decimal
from typing import Any

import pytest
import time_machine
from rest_framework.test import APIClient

from brandkit.accounts.models import Brand, Role
from generation.models import Budget, Generation, SpendOfDay
from tests.api.conftest import client_of, refused
from tests.factories import make_generation, make_prompt, make_scene, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def noon() -> Any:
    with time_machine.travel("2026-11-22T12:00:00Z", tick=False):
        yield


@pytest.fixture
def owner(brand: Brand) -> APIClient:
    return client_of(make_user(brand, Role.OWNER))


def test_it_tells_what_was_spent(api: APIClient, brand: Brand) -> None:
    scene, prompt = make_scene(brand, slug="oak").scene, make_prompt(brand)
    SpendOfDay.objects.create(
        brand=brand,
        day="2026-10-31",
        provider="gemini",
        model="g-3",
        scene=scene,
        prompt_version=prompt,
        calls=3,
        dollars="0.4086",
    )
    found = api.get("/api/v1/spend", {"month": "2026-10"}).json()
    some = {"calls": 3, "dollars": "0.40860"}
    assert (found["month"], found["calls"], found["dollars"]) == ("2026-10", 3, "0.40860")
    assert (len(found["days"]), found["days"][-1]) == (31, {"day": "2026-10-31", **some})
    assert found["by_provider"] == [{"id": None, "name": "gemini", **some}]
    assert found["by_model"] == [{"id": None, "name": "g-3", **some}]
    assert found["by_scene"] == [{"id": scene.pk, "name": "Oak", **some}]
    assert found["by_prompt"] == [{"id": prompt.pk, "name": f"{prompt.template.name} v1", **some}]
    assert found["by_batch"] == [{"id": None, "name": "Single pictures", **some}]
    now = api.get("/api/v1/spend").json()
    assert (now["month"], now["dollars"], now["by_provider"]) == ("2026-11", "0.00000", [])


@pytest.mark.parametrize("month", ["2026-13", "11-2026", "2026-11-01"])
def test_it_knows_no_other_month(api: APIClient, month: str) -> None:
    body = refused(api.get("/api/v1/spend", {"month": month}), 422, "invalid")
    assert [(error["field"], error["detail"]) for error in body["errors"]] == [
        ("month", "Write a month like 2026-11.")
    ]


def test_it_tells_how_the_budget_stands(api: APIClient, brand: Brand) -> None:
    unlimited = {"limit": None, "spent": "0.00000", "reserved": "0.00000", "left": None, "waiting": 0}
    never = {"warned_at": None, "stopped_at": None}
    assert api.get("/api/v1/budget").json() == {"month": "2026-11", **unlimited, **never}
    Budget.objects.create(brand=brand, month="2026-11-01", limit="5", spent="1.5", reserved="0.25")
    make_generation(brand, reserved=None)
    found = api.get("/api/v1/budget").json()
    assert (found["limit"], found["left"], found["waiting"]) == ("5.00000", "3.25000", 1)


def test_an_owner_sets_the_limit_and_what_waits_goes_on(owner: APIClient, brand: Brand) -> None:
    Budget.objects.create(brand=brand, month="2026-11-01", limit="0")
    waiting = make_generation(brand, price=Decimal("0.25"), reserved=None)
    found = owner.post("/api/v1/budget", {"limit": "5.00"}, format="json").json()
    assert (found["limit"], found["reserved"], found["left"], found["waiting"]) == (
        "5.00000",
        "0.25000",
        "4.75000",
        0,
    )
    assert Generation.objects.get(pk=waiting.pk).reserved == Decimal("0.25")
    assert owner.post("/api/v1/budget", {"limit": None}, format="json").json()["limit"] is None


@pytest.mark.parametrize("body", [{}, {"limit": "-1"}, {"limit": "1.001"}, {"limit": "x"}, {"limit": 1e12}])
def test_it_takes_no_other_limit(owner: APIClient, body: dict[str, Any]) -> None:
    answer = refused(owner.post("/api/v1/budget", body, format="json"), 422, "invalid")
    assert [error["field"] for error in answer["errors"]] == ["limit"]
    assert Budget.objects.count() == 0


def test_a_designer_sets_none(api: APIClient) -> None:
    refused(api.post("/api/v1/budget", {"limit": "5"}, format="json"), 403, "not_allowed")
    assert Budget.objects.count() == 0
