"""What waits for a verdict: whose turn it is, in which order."""

import pytest

from brandkit.accounts.models import Brand, Role, User
from review.waiting import next_for, queue, take_next
from tests.factories import make_brand, make_user
from tests.review.factories import make_review

pytestmark = pytest.mark.django_db


def test_it_queues_the_oldest_first_and_only_of_this_brand(brand: Brand, reviewer: User) -> None:
    first, second = make_review(brand), make_review(brand)
    make_review(make_brand())
    assert list(queue(brand, reviewer)) == [first, second]
    assert next_for(brand=brand, user=reviewer) == first


def test_it_offers_nothing_to_people_who_may_not_decide(brand: Brand) -> None:
    make_review(brand)
    for user in (
        make_user(brand, Role.DESIGNER),
        make_user(brand, Role.CURATOR),
        make_user(make_brand(), Role.OWNER),
    ):
        assert not queue(brand, user).exists()
        assert next_for(brand=brand, user=user) is None


def test_it_keeps_own_requests_out_of_the_queue_unless_the_brand_allows(brand: Brand, reviewer: User) -> None:
    own, others = make_review(brand, by=reviewer), make_review(brand)
    assert list(queue(brand, reviewer)) == [others]
    brand.allow_self_review = True
    brand.save(update_fields=["allow_self_review"])
    assert list(queue(brand, reviewer)) == [own, others]


def test_it_gives_two_reviewers_two_pictures(brand: Brand, reviewer: User, other: User) -> None:
    first, second = make_review(brand), make_review(brand)
    assert take_next(brand=brand, user=reviewer) == first
    assert take_next(brand=brand, user=other) == second
    assert take_next(brand=brand, user=reviewer) == first, "what one holds already comes first"
    assert take_next(brand=brand, user=make_user(brand, Role.OWNER)) is None
