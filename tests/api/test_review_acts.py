"""What else is done with reviews over HTTP: claims, changes, undo, many at once, pins, reasons, the queue."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from brandkit.accounts.models import Brand, Role, User
from review.models import Decision, Pin, Reason, Review
from tests.api.conftest import client_of, refused
from tests.factories import make_batch, make_brand, make_scene, make_user
from tests.review.factories import make_published, make_review

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

NO = {"verdict": "rejected", "reasons": ["label"]}


@pytest.fixture
def desk(reviewer: User) -> APIClient:
    """The reviewer's client."""
    return client_of(reviewer)


@pytest.fixture
def review(brand: Brand) -> Review:
    return make_review(brand)


def at(review: Review, *act: object) -> str:
    return "/".join(["/api/v1/reviews", str(review.pk), *map(str, act)])


def listed(desk: APIClient, **query: Any) -> list[int]:
    response = desk.get("/api/v1/reviews", query)
    assert response.status_code == 200, response.content
    return [row["id"] for row in response.json()["results"]]


def test_it_claims_and_puts_back(desk: APIClient, reviewer: User, review: Review, brand: Brand) -> None:
    other = client_of(make_user(brand, Role.REVIEWER))
    body = desk.post(at(review, "claim")).json()
    assert (body["state"], body["claimed_by"]) == ("claimed", reviewer.username)
    told = refused(other.post(at(review, "claim")), 409, "conflict")
    assert f"{reviewer} is looking at this picture" in told["detail"]
    refused(other.post(at(review, "release")), 409, "conflict")
    body = desk.post(at(review, "release")).json()
    assert (body["state"], body["claimed_by"], body["claimed_until"]) == ("waiting", None, None)


def test_an_owner_takes_it_over(desk: APIClient, review: Review, brand: Brand) -> None:
    owner = make_user(brand, Role.OWNER)
    desk.post(at(review, "claim"))
    refused(desk.post(at(review, "take-over")), 403, "not_allowed")
    body = client_of(owner).post(at(review, "take-over")).json()
    assert body["claimed_by"] == owner.username
    refused(desk.post(at(review, "decide"), {"verdict": "approved"}), 409, "conflict")
    assert not Decision.objects.exists()


def test_it_tells_when_it_is_due_and_what_is_overdue(desk: APIClient, review: Review, brand: Brand) -> None:
    body = desk.get(at(review)).json()
    assert (body["due_at"], body["overdue"]) == (None, False)
    Brand.objects.filter(pk=brand.pk).update(review_due_hours=2)
    came = timezone.now() - timedelta(hours=3)
    Review.objects.filter(pk=review.pk).update(created_at=came)
    body = desk.get(at(review)).json()
    assert (body["due_at"][:19], body["overdue"]) == (f"{came + timedelta(hours=2):%Y-%m-%dT%H:%M:%S}", True)


def test_of_two_approvals_the_first_puts_it_back(desk: APIClient, reviewer: User, review: Review) -> None:
    Brand.objects.update(approvals=2)
    body = desk.post(at(review, "decide"), {"verdict": "approved"}).json()
    assert (body["state"], body["first_approval_by"]) == ("waiting", reviewer.username)
    assert listed(desk) == []
    refused(desk.post(at(review, "decide"), {"verdict": "approved"}), 403, "not_allowed")
    second = client_of(make_user(review.brand, Role.REVIEWER))
    assert second.post(at(review, "decide"), {"verdict": "approved"}).json()["state"] == "approved"


def test_it_asks_for_another_picture_instead(desk: APIClient, reviewer: User, review: Review) -> None:
    Pin.objects.create(review=review, x=0.9, y=0.1, words="Blurred.", by=reviewer)
    scene = make_scene(review.brand, slug="beach")
    said = {"reasons": ["label"], "note": "Show both lines.", "scene": "beach"}
    body = desk.post(at(review, "changes"), said).json()
    assert body["state"] == "changes_requested"
    [decision] = body["decisions"]
    assert (decision["verdict"], decision["reasons"]) == ("changes_requested", ["label"])
    made = desk.get(decision["asked"]).json()
    assert (made["state"], made["scene"], made["scene_version"]) == ("queued", "beach", scene.number)
    changes = Review.objects.get(pk=review.pk).decisions.get().asked.changes  # type: ignore[union-attr] # it has one
    assert changes[:2] == ["Label wrong or missing", "Show both lines."]
    assert "Blurred." in changes[2]


def test_lines_take_the_place_of_what_is_made_up(desk: APIClient, review: Review) -> None:
    desk.post(at(review, "changes"), {"reasons": ["light"], "changes": ["Light from the left."]})
    asked = Decision.objects.get().asked
    assert asked
    assert asked.changes == ["Light from the left."]


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({}, 422),
        ({"reasons": ["boring"]}, 422),
        ({"reasons": ["label"], "variation": 0}, 422),
        ({"reasons": ["label"], "changes": "all"}, 422),
        ({"reasons": ["label"], "scene": "nowhere"}, 404),
        ({"reasons": ["label"], "format": "nowhere"}, 404),
    ],
)
def test_it_asks_for_nothing_that_makes_no_sense(
    desk: APIClient, review: Review, said: dict[str, object], status: int
) -> None:
    refused(desk.post(at(review, "changes"), said), status, {422: "invalid", 404: "not_found"}[status])
    review.refresh_from_db()
    assert (review.state, Decision.objects.count()) == ("waiting", 0)


def test_it_undoes_within_ten_seconds(desk: APIClient, reviewer: User, review: Review) -> None:
    [decision] = desk.post(at(review, "decide"), {"verdict": "approved"}).json()["decisions"]
    act = {"act": decision["act"]}
    other = client_of(make_user(review.brand, Role.REVIEWER))
    refused(other.post("/api/v1/reviews/undo", act), 404, "not_found")
    assert desk.post("/api/v1/reviews/undo", act).json() == {
        "act": decision["act"],
        "undo_until": None,
        "done": [review.pk],
        "refused": [],
    }
    body = desk.get(at(review)).json()
    assert (body["state"], body["claimed_by"]) == ("claimed", reviewer.username)
    assert [each["verdict"] for each in body["decisions"]] == ["approved", "undone"]
    assert body["decisions"][1]["supersedes"] == decision["id"]


def test_it_undoes_nothing_later(desk: APIClient, review: Review) -> None:
    [decision] = desk.post(at(review, "decide"), NO).json()["decisions"]
    Decision.objects.update(undo_until=timezone.now())
    body = desk.post("/api/v1/reviews/undo", {"act": decision["act"]}).json()
    assert (body["done"], [each["review"] for each in body["refused"]]) == ([], [review.pk])
    assert "ten seconds are over" in body["refused"][0]["detail"]
    assert Review.objects.get().state == "rejected"
    refused(desk.post("/api/v1/reviews/undo", {"act": "x"}), 422, "invalid")


def test_it_decides_on_many_and_tells_of_the_others(desk: APIClient, brand: Brand) -> None:
    first, second, held = make_review(brand), make_review(brand), make_review(brand)
    rob = make_user(brand, Role.REVIEWER, first_name="Rob")
    client_of(rob).post(at(held, "claim"))
    numbers = [first.pk, second.pk, held.pk]
    body = desk.post("/api/v1/reviews/bulk", {**NO, "reviews": numbers, "note": "All."}).json()
    assert body["done"] == [first.pk, second.pk]
    [refusal] = body["refused"]
    assert refusal["review"] == held.pk
    assert refusal["detail"].startswith("Rob is looking at this picture")
    assert set(Decision.objects.values_list("review", "note")) == {(first.pk, "All."), (second.pk, "All.")}
    undone = desk.post("/api/v1/reviews/undo", {"act": body["act"]}).json()
    assert undone["done"] == [first.pk, second.pk]
    assert set(Review.objects.values_list("state", flat=True)) == {"waiting", "claimed"}


@pytest.mark.parametrize("reviews", [[], [0], list(range(1, 202)), "all"])
def test_it_decides_on_no_list_that_is_none(desk: APIClient, review: Review, reviews: Any) -> None:
    refused(desk.post("/api/v1/reviews/bulk", {**NO, "reviews": reviews}), 422, "invalid")
    assert not Decision.objects.exists()


def test_it_decides_on_nothing_of_others(desk: APIClient, review: Review) -> None:
    theirs = make_review(make_brand())
    refused(desk.post("/api/v1/reviews/bulk", {**NO, "reviews": [review.pk, theirs.pk]}), 404, "not_found")
    assert not Decision.objects.exists()


def test_a_verdict_is_superseded_with_a_reason(desk: APIClient, brand: Brand) -> None:
    version = make_published(brand)
    address = at(version.review, "supersede")
    refused(desk.post(address, NO), 422, "invalid")
    refused(desk.post(address, {**NO, "why": " "}), 422, "invalid")
    body = desk.post(address, {**NO, "why": "The client saw it."}).json()
    assert body["state"] == "recalled"
    first, second = body["decisions"]
    assert (second["supersedes"], second["why"]) == (first["id"], "The client saw it.")
    refused(desk.post(address, {"verdict": "approved", "why": "After all."}), 409, "conflict")


def test_pins_are_put_changed_settled_and_taken_away(desk: APIClient, reviewer: User, review: Review) -> None:
    response = desk.post(at(review, "pins"), {"x": 0.25, "y": 1, "words": "Blurred."})
    assert response.status_code == 201
    pin = response.json()
    assert (pin["x"], pin["y"], pin["words"], pin["by"]) == (0.25, 1, "Blurred.", reviewer.username)
    address = at(review, "pins", pin["id"])
    edited = desk.patch(address, {"words": "<b>Sharp</b>"}).json()
    assert edited["words"] == "<b>Sharp</b>"
    assert edited["edited_at"].endswith("Z")
    assert desk.post(f"{address}/resolve").json()["resolved_by"] == reviewer.username
    assert desk.get(at(review)).json()["pins"][0]["resolved_by"] == reviewer.username
    assert desk.post(f"{address}/reopen").json()["resolved_by"] is None
    other = client_of(make_user(review.brand, Role.REVIEWER))
    for refusal in (other.patch(address, {"words": "No."}), other.delete(address)):
        refused(refusal, 403, "not_allowed")
    assert desk.delete(address).status_code == 204
    assert desk.get(at(review)).json()["pins"] == []
    refused(desk.patch(address, {"words": "Gone."}), 404, "not_found")


@pytest.mark.parametrize("pin", [{"x": 1.5}, {"x": "NaN"}, {"words": ""}, {"words": "a" * 501}, {"y": None}])
def test_it_puts_no_pin_beside_the_picture(desk: APIClient, review: Review, pin: dict[str, Any]) -> None:
    refused(desk.post(at(review, "pins"), {"x": 0, "y": 0, "words": "Here.", **pin}), 422, "invalid")
    assert not Pin.objects.exists()


def test_a_pin_is_found_at_its_own_review_only(desk: APIClient, reviewer: User, review: Review) -> None:
    pin = Pin.objects.create(review=review, x=0, y=0, words="Here.", by=reviewer)
    refused(desk.delete(at(make_review(review.brand), "pins", pin.pk)), 404, "not_found")
    assert Pin.objects.get() == pin


def test_it_tells_the_brands_own_reasons(api: APIClient, brand: Brand) -> None:
    make_brand()
    Reason.objects.filter(brand=brand, code="shape").update(active=False)
    Reason.objects.filter(brand=brand, code="other").update(position=0)
    rows = api.get("/api/v1/reasons").json()
    assert rows[0] == {"code": "other", "words": "Other"}
    assert [row["code"] for row in rows[1:3]] == ["colour", "label"]


def test_it_narrows_the_queue_down_and_orders_it(desk: APIClient, brand: Brand) -> None:
    plain = make_review(brand)
    urgent = make_review(brand, priority=3, batch=make_batch(brand))
    flag = {"code": "too_small", "words": "Fewer pixels."}
    flagged = make_review(brand, output={"flags": [flag]}, by=make_user(brand, username="ask"))
    late = timezone.now() - timedelta(hours=5)
    Review.objects.filter(pk=plain.pk).update(created_at=late)
    generation = urgent.output.generation
    assert listed(desk, order="priority") == [urgent.pk, plain.pk, flagged.pk]
    assert listed(desk, order="flagged") == [flagged.pk, plain.pk, urgent.pk]
    assert listed(desk, flagged="true") == listed(desk, asked_by="ask") == [flagged.pk]
    assert listed(desk, batch=urgent.batch_id) == [*listed(desk, sku="S-1"), urgent.pk]
    assert listed(desk, scene=generation.scene_version.scene.slug) == [urgent.pk]
    assert listed(desk, prompt=generation.prompt_version_id) == [urgent.pk]
    assert listed(desk, older_than=4, provider="compositor") == [plain.pk]
    assert listed(desk, provider="none") == []


def test_it_walks_an_ordered_queue_to_its_end(desk: APIClient, brand: Brand) -> None:
    normal = [make_review(brand).pk for _ in range(3)]
    urgent = [make_review(brand, priority=3).pk for _ in range(2)]
    found: list[int] = []
    page = desk.get("/api/v1/reviews", {"order": "priority", "limit": "2"}).json()
    found += [row["id"] for row in page["results"]]
    while page["next"]:
        page = desk.get(page["next"]).json()
        found += [row["id"] for row in page["results"]]
    assert (found, page["previous"]) == (urgent + normal, None)


@pytest.mark.parametrize("query", [{"order": "best"}, {"batch": "x"}, {"older_than": 0}, {"prompt": 2**70}])
def test_it_takes_no_query_that_is_none(desk: APIClient, brand: Brand, query: dict[str, Any]) -> None:
    refused(desk.get("/api/v1/reviews", query), 422, "invalid")


def test_a_verdict_sent_twice_under_a_key_is_given_once(desk: APIClient, review: Review) -> None:
    key: Any = {"HTTP_IDEMPOTENCY_KEY": "verdict-1"}
    first = desk.post(at(review, "decide"), NO, **key)
    again = desk.post(at(review, "decide"), NO, **key)
    assert (again.status_code, again.content) == (200, first.content)
    assert Decision.objects.count() == 1
