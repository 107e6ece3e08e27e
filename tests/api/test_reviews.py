"""Judging over HTTP, and what is published by it."""

from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from brandkit.accounts.models import Brand, User
from review.models import Decision, Review
from review.publishing.actions import publish_due
from tests.api.conftest import client_of, refused
from tests.factories import make_brand
from tests.review.factories import make_published, make_review, too_late

pytestmark = pytest.mark.django_db


def world_sees(address: str) -> int:
    """What somebody without sign-in is answered."""
    response = Client().get(address)
    if response.streaming:
        assert b"".join(response)
    return response.status_code


@pytest.fixture
def desk(reviewer: User) -> APIClient:
    """The reviewer's client."""
    return client_of(reviewer)


def test_it_lists_what_waits_oldest_first(desk: APIClient, brand: Brand, reviewer: User) -> None:
    first, second = make_review(brand), make_review(brand)
    make_review(brand, by=reviewer)
    make_published(brand)
    make_review(make_brand())
    rows = desk.get("/api/v1/reviews").json()["results"]
    assert [row["id"] for row in rows] == [first.pk, second.pk]
    assert rows[0]["state"] == "waiting"
    assert rows[0]["output"] == f"http://testserver/api/v1/outputs/{first.output_id}"


def test_it_publishes_what_is_approved(desk: APIClient, brand: Brand, reviewer: User) -> None:
    review = make_review(brand)
    response = desk.post(f"/api/v1/reviews/{review.pk}/decide", {"verdict": "approved", "note": "Fine."})
    assert response.status_code == 200, response.content
    assert response.json()["state"] == "approved"
    too_late(review)
    publish_due()
    body = desk.get(f"/api/v1/reviews/{review.pk}").json()
    assert (body["state"], body["problem"]) == ("published", "")
    [decision] = body["decisions"]
    assert (decision["verdict"], decision["note"], decision["decided_by"]) == (
        "approved",
        "Fine.",
        reviewer.username,
    )
    asset = desk.get(body["asset"]).json()
    [version] = asset["versions"]
    assert version["review"] == body["url"]
    [rendition] = version["renditions"]
    assert (rendition["width"], rendition["height"]) == (256, 256)
    assert [world_sees(address) for address in (asset["address"], rendition["address"])] == [200, 200]


def test_it_rejects_with_a_reason(desk: APIClient, brand: Brand) -> None:
    review = make_review(brand)
    no = {"verdict": "rejected", "reasons": ["label"], "note": "Gone."}
    body = desk.post(f"/api/v1/reviews/{review.pk}/decide", no).json()
    assert (body["state"], body["asset"]) == ("rejected", None)
    assert body["decisions"][0]["reasons"] == ["label"]


@pytest.mark.parametrize(
    "verdict",
    [{}, {"verdict": "perhaps"}, {"verdict": "rejected"}, {"verdict": "rejected", "reasons": ["boring"]}],
)
def test_it_decides_nothing_that_makes_no_sense(
    desk: APIClient, brand: Brand, verdict: dict[str, Any]
) -> None:
    review = make_review(brand)
    refused(desk.post(f"/api/v1/reviews/{review.pk}/decide", verdict), 422, "invalid")
    review.refresh_from_db()
    assert (review.state, Decision.objects.count()) == ("waiting", 0)


def test_it_decides_once(desk: APIClient, brand: Brand) -> None:
    review = make_review(brand)
    address = f"/api/v1/reviews/{review.pk}/decide"
    desk.post(address, {"verdict": "approved"})
    refused(desk.post(address, {"verdict": "rejected", "reasons": ["light"]}), 409, "conflict")
    assert Decision.objects.get().verdict == "approved"


def test_designers_decide_nothing(api: APIClient, brand: Brand) -> None:
    review = make_review(brand)
    refused(api.post(f"/api/v1/reviews/{review.pk}/decide", {"verdict": "approved"}), 403, "not_allowed")
    refused(api.get("/api/v1/reviews"), 403, "not_allowed")
    assert api.get(f"/api/v1/reviews/{review.pk}").status_code == 200
    assert Review.objects.get().state == "waiting"


def test_nobody_decides_on_their_own(desk: APIClient, brand: Brand, reviewer: User) -> None:
    review = make_review(brand, by=reviewer)
    body = refused(
        desk.post(f"/api/v1/reviews/{review.pk}/decide", {"verdict": "approved"}), 403, "not_allowed"
    )
    assert "yourself" in body["detail"]
    assert Review.objects.get().state == "waiting"


def test_nobody_decides_for_others(desk: APIClient) -> None:
    review = make_review(make_brand())
    refused(desk.post(f"/api/v1/reviews/{review.pk}/decide", {"verdict": "approved"}), 404, "not_found")
    assert Review.objects.get().state == "waiting"


def test_it_lists_assets_with_their_addresses(api: APIClient, brand: Brand) -> None:
    asset = make_published(brand).asset
    make_published(make_brand())
    [row] = api.get("/api/v1/assets").json()["results"]
    assert row == api.get(f"/api/v1/assets/{asset.pk}").json()
    assert (row["name"], row["subject"]) == (asset.name, asset.subject_id)
    assert row["address"] == f"http://testserver/assets/{brand.slug}/{asset.name}.jpg"


@pytest.mark.parametrize("body", [{}, {"version": 1}])
def test_it_takes_back_what_is_published(desk: APIClient, brand: Brand, body: dict[str, int]) -> None:
    asset = make_published(brand).asset
    shown = desk.get(f"/api/v1/assets/{asset.pk}").json()
    addresses = [shown["address"], shown["versions"][0]["renditions"][0]["address"]]
    assert [world_sees(address) for address in addresses] == [200, 200]
    response = desk.post(f"/api/v1/assets/{asset.pk}/unpublish", body)
    assert response.status_code == 200, response.content
    assert response.json()["versions"][0]["recalled_at"].endswith("Z")
    assert [world_sees(address) for address in addresses] == [410, 410]
    refused(desk.post(f"/api/v1/assets/{asset.pk}/unpublish", body), 409, "conflict")


def test_it_takes_back_no_version_that_is_not_there(desk: APIClient, brand: Brand) -> None:
    asset = make_published(brand).asset
    refused(desk.post(f"/api/v1/assets/{asset.pk}/unpublish", {"version": 2}), 404, "not_found")
    refused(desk.post(f"/api/v1/assets/{asset.pk}/unpublish", {"version": "x"}), 422, "invalid")
    assert asset.versions.get().recalled_at is None


def test_designers_take_nothing_back(api: APIClient, brand: Brand) -> None:
    asset = make_published(brand).asset
    refused(api.post(f"/api/v1/assets/{asset.pk}/unpublish", {}), 403, "not_allowed")
    assert asset.versions.get().recalled_at is None
