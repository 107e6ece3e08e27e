"""Pins: who puts, changes, settles and deletes them, until when, and what the history keeps."""

from collections.abc import Callable
from typing import Any

import pytest

from brandkit.accounts.models import Brand, User
from brandkit.common.errors import BrandkitError, Conflict, Invalid, NotAllowed
from brandkit.common.models import Event
from review import pins
from review.deciding import decide
from review.models import Pin, Review
from tests.factories import make_user
from tests.races import at_once
from tests.review.factories import make_review
from tests.review.pages import address, client_of, text

pytestmark = pytest.mark.django_db
NASTY = "<img src=x onerror=alert(1)>"


@pytest.fixture
def review(brand: Brand) -> Review:
    return make_review(brand, by=make_user(brand))


def put(review: Review, by: User, **more: Any) -> Pin:
    return pins.add(
        **{"review": review, "by": by, "x": 0.25, "y": 0.75, "words": " The label is gone. ", **more}
    )


def told() -> list[tuple[str, dict[str, Any]]]:
    found = Event.objects.filter(kind__startswith="pin.").order_by("id")
    return [(event.kind, event.data) for event in found]


def test_its_history_keeps_what_it_said(review: Review, reviewer: User) -> None:
    pin = put(review, reviewer)
    pins.edit(pin=pin, by=reviewer, words="The label is blurred.")
    pins.resolve(pin=pin, by=reviewer)
    assert (pin.resolved_by, pin.edited_at is None) == (reviewer, False)
    pins.reopen(pin=pin, by=reviewer)
    number = pin.pk
    pins.delete(pin=pin, by=reviewer)
    assert not Pin.objects.exists()
    new = {"pin": number, "words": "The label is blurred."}
    assert told() == [
        ("pin.added", {"pin": number, "x": 0.25, "y": 0.75, "words": "The label is gone."}),
        *((f"pin.{what}", new) for what in ("edited", "resolved", "reopened", "deleted")),
    ]
    assert {event.object_id for event in Event.objects.filter(kind__startswith="pin.")} == {review.pk}


@pytest.mark.parametrize(
    "wrong",
    [
        {"words": "  "},
        {"words": "a" * 501},
        {"words": "a\0b"},
        {"x": -0.01},
        {"y": 1.01},
        {"x": float("nan")},
    ],
)
def test_it_takes_no_nonsense(review: Review, reviewer: User, wrong: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        put(review, reviewer, **wrong)
    assert (Pin.objects.count(), told()) == (0, [])


def test_there_are_no_more_than_some(review: Review, reviewer: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pins, "MOST", 1)
    put(review, reviewer, x=0, y=1, words="a" * 500)
    with pytest.raises(Invalid, match="at most 1 pins"):
        put(review, reviewer)
    assert Pin.objects.count() == 1


def test_only_who_may_judge_puts_one(review: Review, brand: Brand) -> None:
    assert review.requested_by is not None
    for person in (make_user(brand), review.requested_by):
        with pytest.raises(NotAllowed):
            put(review, person)
    assert not Pin.objects.exists()


def acts(pin: Pin, by: User) -> list[Callable[[], None]]:
    return [
        lambda: pins.edit(pin=pin, by=by, words="Mine."),
        lambda: pins.delete(pin=pin, by=by),
        lambda: pins.resolve(pin=pin, by=by),
        lambda: pins.reopen(pin=pin, by=by),
    ]


def test_only_who_put_it_changes_it(review: Review, reviewer: User, other: User) -> None:
    pin = put(review, reviewer)
    for act in acts(pin, other):
        with pytest.raises(NotAllowed, match="Ruth put this pin"):
            act()
    assert [kind for kind, _ in told()] == ["pin.added"]


def test_after_the_verdict_it_can_only_be_settled(review: Review, reviewer: User) -> None:
    pin = put(review, reviewer)
    decide(review=review, by=reviewer, verdict="rejected", reasons=["label"])
    edit, delete, resolve, reopen = acts(pin, reviewer)
    for late in (edit, delete, lambda: put(review, reviewer)):
        with pytest.raises(Conflict, match="There is a verdict"):
            late()
    resolve()
    reopen()
    assert [kind for kind, _ in told()] == ["pin.added", "pin.resolved", "pin.reopened"]
    assert Pin.objects.get().words == "The label is gone."


def test_who_changes_what_has_changed_is_told(review: Review, reviewer: User) -> None:
    pin = put(review, reviewer)
    stale = Pin.objects.get(pk=pin.pk)
    pins.edit(pin=pin, by=reviewer, words="Newer.")
    for act in acts(stale, reviewer)[:3]:
        with pytest.raises(Conflict, match="has changed meanwhile"):
            act()
    assert (Pin.objects.get().words, Pin.objects.get().resolved_at) == ("Newer.", None)


@pytest.mark.django_db(transaction=True)
def test_many_at_once_put_no_more_than_there_may_be(brand: Brand, reviewer: User) -> None:
    review = make_review(brand)
    for _ in range(pins.MOST - 1):
        Pin.objects.create(review=review, x=0, y=0, words="One of many.", by=reviewer)

    def one() -> Pin | BrandkitError:
        try:
            return put(Review.objects.for_desk().get(pk=review.pk), reviewer)
        except BrandkitError as error:
            return error

    answers = at_once(4, one)
    assert sorted(type(answer).__name__ for answer in answers) == ["Invalid"] * 3 + ["Pin"]
    assert Pin.objects.count() == pins.MOST


class TestPages:
    def test_they_are_put_changed_settled_and_deleted_without_scripts(
        self, review: Review, reviewer: User
    ) -> None:
        client = client_of(reviewer)
        back = address("show", review.pk) + "#pins"
        given = {"x": "12.5", "y": "100", "words": NASTY}
        assert client.post(address("pin-add", review.pk), given)["Location"] == back
        pin = Pin.objects.get()
        assert (pin.x, pin.y, pin.by) == (0.125, 1.0, reviewer)
        page = text(client.get(address("show", review.pk)))
        assert NASTY not in page
        assert "&lt;img src=x onerror=alert(1)&gt;" in page
        assert "At the lower left · Ruth" in page
        client.post(address("pin-edit", review.pk, pin.pk), {"words": "Two\nlines."})
        client.post(address("pin-resolve", review.pk, pin.pk))
        pin.refresh_from_db()
        assert (pin.words, pin.resolved_by) == ("Two\nlines.", reviewer)
        client.post(address("pin-reopen", review.pk, pin.pk))
        assert client.post(address("pin-delete", review.pk, pin.pk))["Location"] == back
        assert not Pin.objects.exists()

    def test_scripts_get_the_list_alone(self, review: Review, reviewer: User) -> None:
        given = {"x": "50", "y": "50", "words": "Look."}
        answer = client_of(reviewer).post(
            address("pin-add", review.pk), given, headers={"HX-Request": "true"}
        )
        assert text(answer).startswith('<section id="pins"')
        assert 'data-told="The pin is put."' in text(answer)

    @pytest.mark.parametrize("place", ["", "half", "nan", "1e3"])
    def test_they_are_somewhere(self, review: Review, reviewer: User, place: str) -> None:
        given = {"x": place, "y": "50", "words": "Look."}
        assert client_of(reviewer).post(address("pin-add", review.pk), given).status_code == 422
        assert not Pin.objects.exists()

    def test_a_pin_is_one_of_its_own_review(self, brand: Brand, review: Review, reviewer: User) -> None:
        pin = put(make_review(brand), reviewer)
        assert client_of(reviewer).post(address("pin-delete", review.pk, pin.pk)).status_code == 404
        assert Pin.objects.count() == 1

    def test_others_see_them_and_change_nothing(self, review: Review, reviewer: User, other: User) -> None:
        put(review, reviewer)
        page = text(client_of(other).get(address("show", review.pk)))
        assert "The label is gone." in page
        assert "Resolve" not in page
        assert "Put the pin" in page
        assert review.requested_by is not None
        assert "Put the pin" not in text(client_of(review.requested_by).get(address("show", review.pk)))
