"""How quick a batch is at present."""

from datetime import timedelta

import pytest
from django.utils import timezone

from brandkit.accounts.models import Brand
from generation.batches import asking
from generation.batches.pace import rate
from generation.models import Generation
from tests.generation.batches.plans import plan_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("ago", "pace"),
    [
        ([10, 20, 30], 6),
        ([10], None),
        ([10, 20, 400, 401, 402], 6),  # the pause is no part of it
        ([300, 301, 302], None),  # nor is what was before it
        ([], None),
    ],
)
def test_it_goes_by_what_came_since_the_last_pause(brand: Brand, ago: list[int], pace: float | None) -> None:
    batch, now = asking.ask(plan_of(brand, 5)), timezone.now()
    for generation, seconds in zip(batch.generations.all(), ago, strict=False):
        ended = now - timedelta(seconds=seconds)
        Generation.objects.filter(pk=generation.pk).update(state="succeeded", ended_at=ended)
    assert rate(batch.pk) == (pytest.approx(pace, rel=0.01) if pace else None)
