"""The queue, narrowed down and ordered as a reviewer wants it."""

from datetime import timedelta
from typing import Any

import pytest
from django.http import QueryDict
from django.utils import timezone

from brandkit.accounts.models import Brand, Role, User
from generation.models import Priority
from review import lanes, parts
from review.choices import choices
from review.models import Review
from review.parts import overdue_before
from review.waiting import ahead, counted, in_order, next_for, queue, strip
from review.wanted import FLAGGED, PRIORITY, Wanted
from tests.factories import (
    make_batch,
    make_brand,
    make_format,
    make_prompt,
    make_scene,
    make_subject,
    make_user,
)
from tests.review.factories import make_review

pytestmark = pytest.mark.django_db


@pytest.fixture
def made(brand: Brand) -> dict[str, Any]:
    """What all pictures of a test are made from, so that it is made once."""
    return {
        "subject": make_subject(brand),
        "scene_version": make_scene(brand),
        "prompt_version": make_prompt(brand),
        "output_format": make_format(brand),
    }


def waited(review: Review, hours: int) -> None:
    Review.objects.filter(pk=review.pk).update(created_at=timezone.now() - timedelta(hours=hours))


def meant_for(review: Review, user: User) -> None:
    Review.objects.filter(pk=review.pk).update(meant_for=user)


@pytest.mark.parametrize("few", [0, 500])
def test_it_narrows_the_queue_down_by_whatever_is_asked(
    brand: Brand, reviewer: User, made: dict[str, Any], few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "FEW", few)
    anna, batch = make_user(brand, username="anna"), make_batch(brand)
    special = make_review(
        brand,
        by=anna,
        batch=batch,
        provider="other",
        subject=make_subject(brand, sku="TEA-1"),
        scene_version=make_scene(brand, slug="beach"),
        prompt_version=make_prompt(brand),
        output_format=made["output_format"],
        output={"flags": [{"code": "small", "words": "Small."}]},
    )
    waited(special, 30)
    plain = make_review(brand, **made)
    asked = {
        "batch": batch.pk,
        "sku": "TEA-1",
        "scene": "beach",
        "prompt": special.prompt_version_id,
        "provider": "other",
        "flagged": "yes",
        "older_than": 24,
        "asked_by": "anna",
    }
    for name, value in asked.items():
        query = f"{name}={value}"
        fits = Wanted.of(QueryDict(query))
        assert (fits.query, fits.is_narrow) == (query, True)
        assert list(queue(brand, reviewer, fits)) == [special], name
        assert next_for(brand=brand, user=reviewer, wanted=fits) == special, name
    every = Wanted.of(QueryDict("&".join(f"{name}={value}" for name, value in asked.items())))
    assert in_order(brand=brand, user=reviewer, wanted=every, count=9) == [special]
    assert in_order(brand=brand, user=reviewer, count=9) == [special, plain]
    assert counted(queue(brand, reviewer)) == 2


def test_it_finds_nothing_by_what_there_is_not(brand: Brand, reviewer: User, made: dict[str, Any]) -> None:
    review = make_review(brand, **made)
    elsewhere = make_scene(make_brand(), slug="elsewhere")
    for query in (f"scene={elsewhere.scene.slug}", "sku=none", "asked_by=nobody", "batch=7", "older_than=1"):
        assert not queue(brand, reviewer, Wanted.of(QueryDict(query))).exists(), query
    assert list(queue(brand, reviewer)) == [review]


RUBBISH = f"""
batch=x batch=-1 prompt={10**20} older_than=0 older_than=1000000 order=drift sku=%00 scene=a%0Ab flagged=no
asked_by={"x" * 200}
"""


@pytest.mark.parametrize("query", RUBBISH.split())
def test_it_leaves_out_what_makes_no_sense(query: str) -> None:
    assert Wanted.of(QueryDict(query)) == Wanted()
    assert (Wanted().query, Wanted().is_narrow, Wanted(order=PRIORITY).is_narrow) == ("", False, False)


def test_it_gives_the_overdue_first_in_every_order(
    brand: Brand, reviewer: User, made: dict[str, Any]
) -> None:
    low, normal, high, flagged = (
        make_review(brand, priority=priority, **made, output={"flags": flags})
        for priority, flags in (
            (Priority.LOW, []),
            (Priority.NORMAL, []),
            (Priority.HIGH, []),
            (Priority.NORMAL, [{"code": "small", "words": "Small."}]),
        )
    )
    orders = {PRIORITY: [high, normal, flagged, low], FLAGGED: [flagged, low, normal, high]}
    for order, rows in orders.items():
        assert in_order(brand=brand, user=reviewer, wanted=Wanted(order=order), count=9) == rows
        assert in_order(
            brand=brand, user=reviewer, wanted=Wanted(order=order), after=rows[1].pk, count=1
        ) == [rows[2]]
    waited(low, 9)
    assert (overdue_before(brand), low.is_overdue) == (0, False)
    brand.review_due_hours = 8
    brand.save(update_fields=["review_due_hours"])
    late, soon = Review.objects.for_desk().filter(pk__in=[low.pk, high.pk])
    assert (overdue_before(brand), late.is_overdue, soon.is_overdue) == (low.pk, True, False)
    late_first = [low, high, normal, flagged]
    assert in_order(brand=brand, user=reviewer, wanted=Wanted(order=PRIORITY), count=9) == late_first
    # Passed already, and overdue since: it is on top all the same.
    found = ahead(brand=brand, user=reviewer, wanted=Wanted(order=PRIORITY), after=high.pk, count=2)
    assert found == [low, normal]


def test_it_gives_what_comes_back_to_who_wanted_changes(
    brand: Brand, reviewer: User, other: User, made: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for_otto, first, second, for_ruth = (make_review(brand, **made) for _ in range(4))
    meant_for(for_otto, other)
    meant_for(for_ruth, reviewer)
    assert in_order(brand=brand, user=reviewer, count=9) == [for_ruth, first, second, for_otto]
    assert in_order(brand=brand, user=other, count=9) == [for_otto, first, second, for_ruth]
    assert ahead(brand=brand, user=reviewer, after=first.pk, count=1) == [for_ruth], "it has come since"
    assert ahead(brand=brand, user=other, after=first.pk, count=3) == [second, for_ruth, for_otto]
    assert set(queue(brand, reviewer)) == {for_ruth, first, second, for_otto}
    monkeypatch.setattr(lanes, "FEW", 0)
    assert in_order(brand=brand, user=reviewer, count=9) == [first, second]


def test_it_tells_what_comes_next_and_begins_again_at_the_end(
    brand: Brand, reviewer: User, other: User, made: dict[str, Any]
) -> None:
    first, second, third, fourth = rows = [make_review(brand, **made) for _ in range(4)]
    assert ahead(brand=brand, user=reviewer) == rows[:3]
    assert ahead(brand=brand, user=reviewer, after=third.pk) == [fourth, first, second]
    assert ahead(brand=brand, user=reviewer, after=fourth.pk, count=9) == [first, second, third]
    hour = {"state": "claimed", "claimed_until": timezone.now() + timedelta(hours=1)}
    Review.objects.filter(pk=second.pk).update(claimed_by=other, **hour)
    assert ahead(brand=brand, user=reviewer, after=first.pk) == [third, fourth]
    Review.objects.filter(pk=fourth.pk).update(claimed_by=reviewer, **hour)
    assert ahead(brand=brand, user=reviewer, after=first.pk) == [fourth, third], "what one holds is first"
    assert next_for(brand=brand, user=reviewer, after=first.pk) == fourth
    shown = strip(brand, reviewer, around=second.pk, count=2)
    assert [(review, review.claimed_by) for review in shown] == [(second, other), (third, None)]
    assert strip(brand, make_user(brand, Role.DESIGNER), around=second.pk) == []


def test_it_gives_the_second_approval_to_somebody_else(
    brand: Brand, reviewer: User, other: User, made: dict[str, Any]
) -> None:
    brand.approvals = 2
    brand.save(update_fields=["approvals"])
    review = make_review(brand, **made)
    Review.objects.filter(pk=review.pk).update(first_approval_by=reviewer)
    assert next_for(brand=brand, user=reviewer) is None
    assert next_for(brand=brand, user=other) == review


def test_it_offers_what_is_in_the_queue_and_what_is_wanted(
    brand: Brand, reviewer: User, made: dict[str, Any]
) -> None:
    anna, batch = make_user(brand, username="anna"), make_batch(brand, name="Spring")
    make_batch(brand, name="Nothing waits in it")
    make_review(brand, by=anna, batch=batch, **made)
    make_review(make_brand())
    offered = {field.name: [value for value, _ in field.options] for field in choices(brand).fields}
    assert offered["batch"] == [batch.pk]
    assert offered["scene"] == [made["scene_version"].scene.slug]
    assert offered["prompt"] == [made["prompt_version"].pk]
    assert offered["asked_by"] == ["anna"]
    assert choices(brand).told == []
    asked = Wanted(batch=batch.pk, asked_by=reviewer.username, older_than=5, flagged=True, order=PRIORITY)
    assert choices(brand, asked).told == [
        "Spring",
        "Ruth",
        "5 hours",
        "Highest priority first",
        "Flagged only",
    ]
