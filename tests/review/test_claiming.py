"""Who looks at which picture just now."""

import pytest
from django.utils import timezone

from brandkit.accounts.models import Brand, User
from brandkit.common.errors import Conflict
from review.claiming import claim, release
from review.deciding import decide
from review.models import Review
from review.waiting import next_for, take_next
from tests.review.factories import kinds, make_review, run_out

pytestmark = pytest.mark.django_db


def test_it_tells_who_holds_a_picture(brand: Brand, reviewer: User, other: User) -> None:
    review = make_review(brand)
    claim(review=review, by=reviewer)
    with pytest.raises(Conflict, match=r"Ruth is looking at this picture, until \d\d:\d\d at most"):
        claim(review=review, by=other)
    review.refresh_from_db()
    assert review.claimed_by == reviewer
    assert kinds(review) == ["waiting", "claimed"]


def test_it_holds_on_for_the_holder_without_a_word(brand: Brand, reviewer: User) -> None:
    review = make_review(brand)
    claim(review=review, by=reviewer)
    run_out(review)
    claim(review=review, by=reviewer)
    review.refresh_from_db()
    assert review.claimed_until is not None
    assert review.claimed_until > timezone.now()
    assert kinds(review) == ["waiting", "claimed"]


def test_it_passes_on_a_claim_that_has_run_out(brand: Brand, reviewer: User, other: User) -> None:
    review = make_review(brand)
    claim(review=review, by=reviewer)
    run_out(review)
    assert take_next(brand=brand, user=other) == review
    review.refresh_from_db()
    assert review.claimed_by == other


def test_it_puts_a_picture_back(brand: Brand, reviewer: User, other: User) -> None:
    review = make_review(brand)
    claim(review=review, by=reviewer)
    with pytest.raises(Conflict, match="Ruth is looking"):
        release(review=Review.objects.get(pk=review.pk), by=other)
    release(review=review, by=reviewer)
    assert next_for(brand=brand, user=other) == review
    assert kinds(review) == ["waiting", "claimed", "waiting"]


@pytest.mark.parametrize("verdict", ["approved", "rejected"])
def test_nobody_takes_what_is_decided(brand: Brand, reviewer: User, other: User, verdict: str) -> None:
    review = make_review(brand)
    late = Review.objects.for_desk().get(pk=review.pk)
    decide(review=review, by=other, verdict=verdict, reasons=["label"] if verdict == "rejected" else [])
    for held in (late, review):
        with pytest.raises(Conflict, match=f"Otto has {verdict} this picture already"):
            claim(review=held, by=reviewer)
    assert kinds(review) == ["waiting", "claimed", verdict]
