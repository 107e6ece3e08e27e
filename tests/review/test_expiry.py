"""Reviews that somebody held and left."""

from datetime import timedelta

import pytest
from django.utils import timezone

from brandkit.accounts.models import Brand, Role
from brandkit.common.models import Event
from generation.signals import swept
from review import claiming
from review.models import Review
from tests.factories import make_user
from tests.review.factories import make_review

pytestmark = pytest.mark.django_db


def held_until(brand: Brand, minutes: int) -> Review:
    review = make_review(brand)
    claiming.claim(review=review, by=make_user(brand, Role.REVIEWER))
    Review.objects.filter(pk=review.pk).update(claimed_until=timezone.now() + timedelta(minutes=minutes))
    return review


def test_it_lets_go_of_what_was_held_too_long(brand: Brand) -> None:
    left, held = held_until(brand, -1), held_until(brand, 1)
    swept.send_robust(sender=None)
    left.refresh_from_db()
    held.refresh_from_db()
    assert (left.state, left.claimed_by, left.claimed_until) == (Review.State.WAITING, None, None)
    assert held.state == Review.State.CLAIMED
    assert held.claimed_by is not None
    event = Event.objects.filter(kind="review.waiting", object_id=left.pk).latest("id")
    assert (event.actor, event.data) == (None, {"from": "claimed"})


def test_who_comes_back_meanwhile_keeps_it(brand: Brand, monkeypatch: pytest.MonkeyPatch) -> None:
    review, move = held_until(brand, -1), Review.move
    holder = Review.objects.get(pk=review.pk).claimed_by
    assert holder is not None

    def come_back(self: Review, *args: object, **kwargs: object) -> None:
        monkeypatch.setattr(Review, "move", move)
        claiming.claim(review=Review.objects.get(pk=review.pk), by=holder)
        move(self, *args, **kwargs)  # type: ignore[arg-type] # as they came

    monkeypatch.setattr(Review, "move", come_back)
    swept.send_robust(sender=None)
    review.refresh_from_db()
    assert review.state == Review.State.CLAIMED
