"""Long lists, page by page."""

from base64 import b64encode

import pytest
from rest_framework.test import APIClient

from brandkit.accounts.models import Brand, User
from tests.api.conftest import client_of, refused
from tests.factories import make_format
from tests.review.factories import make_review

pytestmark = pytest.mark.django_db


def test_it_walks_to_the_end_and_back_while_rows_arrive(api: APIClient, brand: Brand) -> None:
    numbers = [make_format(brand).pk for _ in range(7)][::-1]
    first = api.get("/api/v1/formats", {"limit": 3}).json()
    assert [row["id"] for row in first["results"]] == numbers[:3]
    assert first["previous"] is None
    make_format(brand)
    second = api.get(first["next"]).json()
    assert [row["id"] for row in second["results"]] == numbers[3:6]
    third = api.get(second["next"]).json()
    assert [row["id"] for row in third["results"]] == numbers[6:]
    assert third["next"] is None
    assert api.get(third["previous"]).json()["results"] == second["results"]


def test_it_walks_queues_from_the_oldest_on(brand: Brand, reviewer: User) -> None:
    numbers = [make_review(brand).pk for _ in range(3)]
    desk = client_of(reviewer)
    first = desk.get("/api/v1/reviews", {"limit": 2}).json()
    second = desk.get(first["next"]).json()
    assert [row["id"] for row in first["results"] + second["results"]] == numbers


def test_it_gives_at_most_200_at_once(api: APIClient, brand: Brand) -> None:
    for _ in range(201):
        make_format(brand)
    assert len(api.get("/api/v1/formats", {"limit": 1000}).json()["results"]) == 200
    assert len(api.get("/api/v1/formats").json()["results"]) == 50


@pytest.mark.parametrize("cursor", ["p=abc", "p=%00", f"p={'9' * 5000}", "o=-1", "p=-1", "r=x"])
def test_it_refuses_a_cursor_that_it_has_not_made(api: APIClient, brand: Brand, cursor: str) -> None:
    made_up = b64encode(cursor.encode()).decode()
    refused(api.get("/api/v1/formats", {"cursor": made_up}), 404, "not_found")
