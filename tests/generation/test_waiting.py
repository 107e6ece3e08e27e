"""Why a picture waits, in words that help."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from brandkit.accounts.models import Brand
from generation.models import Attempt, Generation, ProviderAccount
from generation.waiting import clock, why_waiting
from tests.factories import make_brand, make_generation

pytestmark = pytest.mark.django_db

FAKE = "generation.providers.fake.Fake"
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture
def brand(settings: Any) -> Brand:
    settings.BRANDKIT_PROVIDERS = {
        "fake": {"BACKEND": FAKE, "OPTIONS": {"account": "shared"}},
        "other": {"BACKEND": FAKE},
    }
    return make_brand()


def queued(brand: Brand, provider: str = "fake", **fields: Any) -> Generation:
    return make_generation(brand, provider=provider, **fields)


def tried(generation: Generation, number: int, words: str) -> None:
    Attempt.objects.create(
        brand=generation.brand,
        generation=generation,
        number=number,
        words=words,
        outcome="later",
        started_at=timezone.now(),
        cost=0,
    )


@time_machine.travel(NOON, tick=False)
def test_it_says_since_when_a_provider_is_paused_and_what_helps(brand: Brand) -> None:
    ProviderAccount.objects.create(
        name="shared", paused_at=NOON - timedelta(days=1, minutes=55), pause_words="Fake refused the key."
    )
    waiting, other = queued(brand), queued(brand, "other")
    done = queued(brand, state="failed")
    assert why_waiting([waiting, other, done]) == {
        waiting.pk: "Fake has been paused since 21 November, 11:05. Fake refused the key. "
        "This picture goes on by itself as soon as the operator has resumed the provider."
    }


@time_machine.travel(NOON, tick=False)
def test_it_says_until_when_a_provider_takes_no_calls(brand: Brand) -> None:
    ProviderAccount.objects.create(
        name="shared", closed_until=NOON + timedelta(minutes=10), closed_words="Too many calls."
    )
    waiting = queued(brand, retry_at=NOON + timedelta(minutes=1))
    words = "Fake takes no calls until 12:10. Too many calls. This picture goes on by itself then."
    assert why_waiting([waiting]) == {waiting.pk: words}


@time_machine.travel(NOON, tick=False)
def test_it_says_when_the_next_try_is_and_after_what(brand: Brand) -> None:
    soon = queued(brand, retry_at=NOON + timedelta(minutes=5))
    tried(soon, 1, "The first.")
    tried(soon, 2, "Fake is overloaded.")
    silent = queued(brand, retry_at=NOON + timedelta(days=1))
    due = queued(brand, retry_at=NOON)
    tried(due, 1, "Fake is overloaded.")
    assert why_waiting([soon, silent, due]) == {
        soon.pk: "The next try is at 12:05, after this: Fake is overloaded.",
        silent.pk: "The next try is at 23 November, 12:00.",
    }


def test_it_has_no_words_for_what_waits_for_its_turn(brand: Brand) -> None:
    assert (
        why_waiting([queued(brand), queued(brand, "no-longer-there"), queued(brand, state="running")]) == {}
    )


def test_it_asks_the_database_no_more_for_more_pictures(
    brand: Brand, django_assert_max_num_queries: Any
) -> None:
    pictures = [queued(brand, retry_at=timezone.now() + timedelta(minutes=5)) for _ in range(10)]
    with django_assert_max_num_queries(2):
        assert len(why_waiting(pictures)) == 10


@time_machine.travel(NOON, tick=False)
def test_it_tells_the_time_of_the_place(settings: Any) -> None:
    with timezone.override("Asia/Tokyo"):
        assert clock(NOON) == "21:00"
        assert clock(NOON + timedelta(hours=4)) == "23 November, 01:00"
