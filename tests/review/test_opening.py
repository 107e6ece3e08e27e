"""A review opens on every picture that comes."""

import pytest

from brandkit.accounts.models import Brand
from generation.models import Output
from generation.signals import output_ready
from review.models import Review
from tests.factories import make_user
from tests.review.factories import kinds, make_review

pytestmark = pytest.mark.django_db


def test_it_opens_one_review_on_an_output_however_often_it_is_told(brand: Brand) -> None:
    designer = make_user(brand)
    review = make_review(brand, by=designer)
    output_ready.send(sender=Output, output=review.output)
    assert Review.objects.get() == review
    assert (review.state, review.brand, review.requested_by) == ("waiting", brand, designer)
    assert kinds(review) == ["waiting"]
