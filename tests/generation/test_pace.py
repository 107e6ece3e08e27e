"""Too many calls: everybody on the account waits, goes slower, and recovers by itself."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings as django_settings

from generation.engine.brakes import RECOVERY, SLOWEST, pace_of, slow_down
from generation.engine.room import ALLOWED, Room
from generation.limits import find_account
from generation.models import ProviderAccount
from generation.provider import get_provider
from generation.provider_accounts import state_of
from generation.runner import run_next
from tests.factories import make_generation
from tests.generation.scripts import outcomes, several, use, wanted, work_on

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SLOW = {"do": "later", "code": "too_many_calls", "words": "Too many calls.", "slow": True}


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """It stands still at noon, until the test moves it."""
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


def account() -> ProviderAccount:
    return ProviderAccount.objects.get(name="fake")


def room(now: datetime) -> Room:
    return Room(find_account("fake"), account(), now)


def test_it_lets_nobody_call_before_the_time_that_was_told(
    settings: Any, clock: time_machine.Traveller
) -> None:
    use(settings, {**SLOW, "wait": 26}, {"do": "picture"})
    first, second = several(2)
    assert (work_on(first), first.retry_at) == ("queued", NOON + seconds(26))
    clock.move_to(NOON + seconds(25.9))
    assert (work_on(first), work_on(second)) == ("queued", "queued")
    assert outcomes(second) == []
    clock.move_to(NOON + seconds(26))
    assert (work_on(second), work_on(first)) == ("succeeded", "succeeded")
    assert outcomes(first) == ["later", "picture"]


def test_it_waits_a_moment_where_no_time_was_told(settings: Any, clock: time_machine.Traveller) -> None:
    use(settings, SLOW)
    work_on(wanted())
    assert account().closed_until == NOON + seconds(5)


def test_it_waits_a_moment_where_it_was_told_to_try_at_once(
    settings: Any, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("generation.engine.ends.backoff", lambda tries: 7.0 * tries)
    use(settings, {**SLOW, "wait": 0})
    work = wanted()
    work_on(work)
    assert (account().closed_until, work.retry_at) == (NOON + seconds(5), NOON + seconds(7))


def test_it_is_told_on_pages(settings: Any, clock: time_machine.Traveller) -> None:
    use(settings, {**SLOW, "wait": 26})
    work_on(wanted())
    state = state_of(get_provider("fake"))
    assert (state.is_open, state.closed_until, state.words) == (False, NOON + seconds(26), "Too many calls.")
    clock.move_to(NOON + seconds(27))
    state = state_of(get_provider("fake"))
    assert (state.is_open, state.going_slowly, state.words) == (True, True, "")
    clock.move_to(NOON + RECOVERY)
    assert not state_of(get_provider("fake")).going_slowly


def test_it_keeps_the_longest_wait_of_several(settings: Any, clock: time_machine.Traveller) -> None:
    use(settings)
    slow_down("fake", until=NOON + seconds(60), words="A minute.", began=NOON)
    slow_down("fake", until=NOON + seconds(5), words="A moment.", began=NOON)
    assert (account().closed_until, account().closed_words) == (NOON + seconds(60), "A minute.")


def test_it_halves_the_pace_once_for_all_calls_under_way(
    settings: Any, clock: time_machine.Traveller
) -> None:
    use(settings)
    for began in (1, 2, 3):
        slow_down("fake", until=NOON, words="", began=NOON - seconds(began))
    assert account().pace == 0.5
    clock.move_to(NOON + seconds(1))
    slow_down("fake", until=NOON, words="", began=NOON - seconds(1))
    assert (account().pace, account().slowed_at) == (0.5, NOON)
    slow_down("fake", until=NOON, words="", began=NOON + seconds(1))
    assert account().pace == pytest.approx(0.25, abs=0.001)
    assert account().slowed_at == NOON + seconds(1)


def test_it_recovers_evenly(settings: Any, clock: time_machine.Traveller) -> None:
    use(settings)
    slow_down("fake", until=NOON, words="", began=NOON)
    paces = [pace_of(account(), NOON + RECOVERY * part) for part in (0, 0.25, 0.5, 1, 2)]
    assert paces == [0.5, 0.625, 0.75, 1.0, 1.0]


def test_it_never_stands_still(settings: Any, clock: time_machine.Traveller) -> None:
    use(settings)
    for _ in range(20):
        slow_down("fake", until=NOON, words="", began=NOON)
    assert account().pace == SLOWEST


@pytest.mark.parametrize(
    ("after", "left"),
    [(0, 4), (60, 4), (75, 5), (150, 6), (300, 8)],
)
def test_it_has_less_room_while_slow(
    settings: Any, clock: time_machine.Traveller, after: float, left: int
) -> None:
    use(settings, calls_at_once=8)
    slow_down("fake", until=NOON, words="", began=NOON)
    assert room(NOON + seconds(after)).left() == left


def test_it_has_room_for_one_however_slow(settings: Any, clock: time_machine.Traveller) -> None:
    use(settings, calls_at_once=2)
    for _ in range(9):
        slow_down("fake", until=NOON, words="", began=NOON)
    assert room(NOON).left() == 1


def test_it_slows_what_has_no_limit_to_a_part_of_one_worker(
    settings: Any, clock: time_machine.Traveller
) -> None:
    use(settings)
    slow_down("fake", until=NOON, words="", began=NOON)
    assert room(NOON).left() == django_settings.BRANDKIT_WORKER_THREADS // 2
    assert room(NOON + RECOVERY).left() > 1000


def test_it_spreads_calls_over_the_minute_and_further_while_slow(
    settings: Any, clock: time_machine.Traveller
) -> None:
    use(settings, requests_a_minute=60)
    ProviderAccount.objects.create(name="fake")
    step = timedelta(minutes=1) / (60 * ALLOWED)
    assert [room(NOON).take_turn() for _ in range(3)] == [NOON, NOON + step, NOON + 2 * step]
    assert room(NOON + seconds(9)).take_turn() == NOON + seconds(9)
    slow_down("fake", until=NOON, words="", began=NOON)
    first, second = (room(NOON).take_turn() for _ in range(2))
    assert (first, second) == (NOON + seconds(9) + step, first + timedelta(minutes=1) / (30 * ALLOWED))


def test_it_leaves_in_the_queue_what_would_wait_long(settings: Any, clock: time_machine.Traveller) -> None:
    use(settings, requests_a_minute=1)
    first, second = several(2)
    assert (work_on(first), work_on(second)) == ("succeeded", "queued")
    clock.move_to(NOON + seconds(49))
    assert work_on(second) == "queued"
    clock.move_to(NOON + seconds(60))
    assert work_on(second) == "succeeded"


def test_it_does_not_stand_still_after_a_clock_that_was_ahead(
    settings: Any, clock: time_machine.Traveller
) -> None:
    use(settings, requests_a_minute=60)
    first, second = several(2)
    clock.move_to(NOON + timedelta(days=300))
    assert work_on(first) == "succeeded"
    clock.move_to(NOON)
    assert work_on(second) == "succeeded"
    assert account().next_call_at == NOON + timedelta(minutes=1) / (60 * ALLOWED)


def test_it_goes_on_once_the_wait_is_over(settings: Any, clock: time_machine.Traveller) -> None:
    use(settings, {**SLOW, "wait": 26}, {"do": "picture"})
    first, second = several(2)
    assert run_next()
    clock.move_to(NOON + seconds(25.9))
    assert not run_next()
    clock.move_to(NOON + seconds(26))
    assert [run_next(), run_next(), run_next()] == [True, True, False]
    assert (outcomes(first), outcomes(second)) == (["later", "picture"], ["picture"])


def test_it_waits_for_the_day_where_the_days_quota_is_used_up(
    settings: Any, clock: time_machine.Traveller
) -> None:
    use(settings, {**SLOW, "code": "quota_used_up", "words": "Used up today.", "wait": 20 * 3600})
    first = wanted()
    work_on(first)
    late = make_generation(first.brand, provider="fake")
    clock.move_to(NOON + timedelta(hours=19))
    assert (work_on(late), outcomes(late)) == ("queued", [])
    assert state_of(get_provider("fake")).closed_until == NOON + timedelta(hours=20)


def test_an_outage_uses_up_no_tries_and_is_waited_for_longer_each_time(
    settings: Any, clock: time_machine.Traveller
) -> None:
    away = {"do": "later", "code": "no_connection", "words": "It could not be reached.", "unreached": True}
    use(settings, *[away] * 6, {"do": "picture"})
    work = wanted()
    waits = []
    for _ in range(6):
        assert (work_on(work), work.tries) == ("queued", 0)
        until = account().closed_until
        assert until is not None
        waits.append(until - datetime.now(UTC))
        clock.move_to(until)
    assert seconds(5) == waits[0] < waits[1] < waits[2] < waits[3]
    assert seconds(20) < waits[-1] < seconds(90)
    assert work_on(work) == "succeeded"
    assert outcomes(work) == ["later"] * 6 + ["picture"]
