"""What a batch would make, cost and take."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from brandkit.accounts.models import Brand
from generation import budgets
from generation.batches import asking, estimate
from generation.batches.plans import Line
from generation.models import Batch, BatchLine, Budget, Generation
from tests.factories import make_format, make_output, make_prompt, make_scene
from tests.generation.batches.plans import lines_of, pictures, plan_of, set_state

pytestmark = pytest.mark.django_db
FAKE = "generation.providers.fake.Fake"


@pytest.fixture
def priced(settings: Any) -> None:
    """A picture of the provider `fake` costs ten cents at 1K, and has no price at 2K."""
    fake = {"BACKEND": FAKE, "OPTIONS": {"prices": {"1K": "0.1"}, "requests_a_minute": 30}}
    settings.BRANDKIT_PROVIDERS = {**settings.BRANDKIT_PROVIDERS, "fake": fake}


def test_it_tells_what_is_new_and_what_it_costs(brand: Brand, priced: None) -> None:
    lines, prompt = lines_of(brand, 4), make_prompt(brand)
    Budget.objects.create(brand=brand, month=budgets.month_of(timezone.now()), limit=Decimal(1))
    first = asking.ask(plan_of(brand, lines[:2], prompt_version=prompt, provider="fake"))
    set_state("refused", pictures(first)[1], failure_code="no")  # asked again, it is paid again
    told = estimate.of(plan_of(brand, lines, prompt_version=prompt, provider="fake"))
    assert (told.pictures, told.there, told.new, told.price) == (4, 1, 3, Decimal("0.3"))
    assert (told.left, told.over, told.exact, list(told.problems)) == (Decimal("0.8"), Decimal(0), True, [])
    assert told.seconds == 6.0


def test_it_tells_the_same_of_a_draft_and_writes_nothing(brand: Brand, priced: None) -> None:
    plan = plan_of(brand, lines_of(brand, 2, scenes=2), provider="fake")
    batch = asking.draft(plan)
    assert estimate.of(batch) == estimate.of(plan)
    assert (Generation.objects.count(), Batch.objects.get().state) == (0, "draft")


def test_a_photo_that_is_still_to_come_counts_as_new(brand: Brand, priced: None) -> None:
    line = Line(
        number=1, photo="a.jpg", scenes=[make_scene(brand)], formats=[make_format(brand)], variations=3
    )
    told = estimate.of(plan_of(brand, [line], provider="fake"))
    assert (told.pictures, told.new, told.price) == (3, 3, Decimal("0.3"))


def test_it_says_so_where_there_is_no_price(brand: Brand, priced: None) -> None:
    lines = lines_of(brand, 1, formats=[make_format(brand), make_format(brand, size="2K")])
    assert estimate.of(plan_of(brand, lines, provider="fake")).price is None


def test_it_tells_the_lines_that_are_left_out(brand: Brand) -> None:
    prompt = make_prompt(brand, text="{{ subject.name }}{{ vars.tag }}", variables={"tag": None})
    [good] = lines_of(brand, 1)
    lines = [good, replace(good, number=2, problem="No photo.")]
    told = estimate.of(plan_of(brand, lines, prompt_version=prompt))
    assert [(each.number, each.words.split(",")[0]) for each in told.problems] == [
        (2, "No photo."),
        (1, "The prompt uses “tag”"),
    ]
    assert (told.pictures, told.new) == (0, 0)


def test_it_counts_the_same_picture_in_two_lines_once(brand: Brand) -> None:
    [line] = lines_of(brand, 1)
    told = estimate.of(plan_of(brand, [line, replace(line, number=2)]))
    assert (told.pictures, told.new) == (1, 1)


def test_of_too_many_it_takes_the_rest_to_be_alike(brand: Brand) -> None:
    lines, prompt = lines_of(brand, 6), make_prompt(brand)
    asking.ask(plan_of(brand, lines[:2], prompt_version=prompt))
    told = estimate.of(plan_of(brand, lines, prompt_version=prompt), look_at=2)
    assert (told.pictures, told.there, told.new, told.exact) == (6, 4, 2, False)


def test_it_knows_the_time_from_calls_of_late(brand: Brand) -> None:
    plan = plan_of(brand, 4)
    assert estimate.of(plan).seconds is None
    first = asking.ask(plan_of(brand, 1))
    output = make_output(pictures(first)[0])
    output.attempt.seconds = 2.0
    output.attempt.save(update_fields=["seconds"])
    seconds = estimate.of(plan).seconds
    assert seconds is not None
    assert seconds in (2.0, 4.0, 8.0)  # by how many cores there are


def test_it_asks_as_much_for_many_lines_as_for_two(brand: Brand) -> None:
    estimate.of(plan_of(brand, 1))
    counts = []
    for things in (2, 20):
        batch = asking.draft(plan_of(brand, things))
        with CaptureQueriesContext(connection) as queries:
            estimate.of(Batch.objects.select_related("brand", "prompt_version").get(pk=batch.pk))
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert BatchLine.objects.count() == 22
