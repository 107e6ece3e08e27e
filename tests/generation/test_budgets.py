"""A brand's money: set aside, spent, settled, given back; months; what its owners are told."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone

from brandkit.accounts.models import Brand, Notice, Role, User
from generation import budgets, services
from generation.budget_line import look_after, set_limit
from generation.models import Attempt, Budget, Generation
from tests.factories import (
    make_brand,
    make_user,
)
from tests.generation.money import Asker, check_books, events, limited, priced, set_asides, sums, told
from tests.generation.scripts import costs, outcomes, work_on
from tests.races import at_once

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture
def brand(settings: Any) -> Brand:
    priced(settings)
    return make_brand(name="Northwind")


@pytest.fixture
def owner(brand: Brand) -> User:
    return make_user(brand, Role.OWNER, email="olga@example.com")


@pytest.fixture
def ask(brand: Brand) -> Asker:
    return Asker(brand)


# The way of one picture's money


def test_it_sets_the_price_aside_spends_it_and_keeps_nothing(brand: Brand, ask: Asker) -> None:
    [wanted] = ask()
    assert (sums(brand), set_asides([wanted])) == (("0.00", "0.25"), ["0.25"])
    assert work_on(wanted) == "succeeded"
    assert (sums(brand), set_asides([wanted]), costs(wanted)) == (("0.25", "0.00"), ["0.00"], ["0.25000"])
    check_books(brand)


@pytest.mark.parametrize(
    ("answer", "state", "spent", "reserved"),
    [
        ({"do": "refuse", "cost": Decimal(0)}, "refused", "0.00", "0.00"),
        ({"do": "refuse", "cost": Decimal("0.02")}, "refused", "0.02", "0.00"),
        ({"do": "fail", "cost": Decimal(0)}, "failed", "0.00", "0.00"),
        ({"do": "later", "cost": Decimal(0)}, "queued", "0.00", "0.25"),
        ({"do": "later", "unknown": True}, "queued", "0.25", "0.25"),
        ({"do": "stop", "cost": Decimal(0)}, "queued", "0.00", "0.25"),
        ({"do": "raise"}, "queued", "0.25", "0.25"),
        ({"do": "text"}, "queued", "0.25", "0.25"),
    ],
)
def test_it_settles_what_a_call_has_cost(
    settings: Any, brand: Brand, ask: Asker, answer: dict[str, Any], state: str, spent: str, reserved: str
) -> None:
    priced(settings, answer)
    [wanted] = ask()
    assert work_on(wanted) == state
    assert (sums(brand), set_asides([wanted])) == ((spent, reserved), [reserved])
    check_books(brand)


def test_it_needs_no_room_to_fetch_what_is_paid(settings: Any, brand: Brand, ask: Asker) -> None:
    """A vendor has the job at work: its picture waits for no budget."""
    priced(settings, {"do": "job"}, {"do": "picture"})
    limited(brand, "0.25")
    job, other = ask(2)
    assert set_asides([job, other]) == ["0.25", None]
    with_job = {"outcome": "unknown", "job": "job-1", "cost": Decimal("0.25"), "started_at": timezone.now()}
    budget = Budget.objects.get(brand=brand)
    budgets.charge(budget, job, Decimal("0.25"))
    Attempt.objects.create(brand=brand, generation=job, number=1, provider="fake", model="fake-1", **with_job)
    job.tries = 1
    budgets.reserve(budget, [job])
    assert (job.reserved, budget.reserved, budget.spent) == (Decimal(0), Decimal(0), Decimal("0.25"))
    Generation.objects.filter(pk=job.pk).update(reserved=job.reserved)
    assert work_on(job) == "succeeded"
    assert (outcomes(job), costs(job)) == (["unknown", "picture"], ["0.25000", "0.00000"])
    assert (sums(brand), set_asides([other])) == (("0.25", "0.00"), [None])


def test_it_sets_aside_nothing_for_what_is_free(settings: Any, brand: Brand, ask: Asker) -> None:
    priced(settings, price="0")
    [wanted] = ask()
    assert work_on(wanted) == "succeeded"
    assert (set_asides([wanted]), Budget.objects.count()) == (["0.00"], 0)
    check_books(brand)


def test_it_gives_back_what_a_cancelled_one_held_and_takes_it_again(brand: Brand, ask: Asker) -> None:
    limited(brand, "0.25")
    first, second = ask(2)
    services.cancel(generation=first, by=None)
    assert (sums(brand), set_asides([first, second])) == (("0.00", "0.00"), ["0.00", None])
    look_after()
    assert set_asides([first, second]) == ["0.00", "0.25"]
    services.retry(generation=first, by=None, send=False)
    assert (sums(brand), set_asides([first, second])) == (("0.00", "0.25"), [None, "0.25"])
    services.cancel(generation=first, by=None)
    assert (sums(brand), set_asides([first])) == (("0.00", "0.25"), ["0.00"])
    check_books(brand)


def test_it_calls_nobody_where_the_price_has_risen_past_the_limit(
    settings: Any, brand: Brand, ask: Asker
) -> None:
    limited(brand, "0.30")
    [wanted] = ask()
    priced(settings, price="0.40")
    assert work_on(wanted) == "queued"
    wanted.refresh_from_db()
    assert (wanted.reserved, wanted.price, wanted.tries, outcomes(wanted)) == (None, Decimal("0.40"), 0, [])
    assert sums(brand) == ("0.00", "0.00")
    check_books(brand)


def test_a_call_that_nobody_knows_of_counts_and_the_next_needs_room(brand: Brand, ask: Asker) -> None:
    """Its worker was killed; whoever takes over pays anew, or waits."""
    limited(brand, "0.25")
    [wanted] = ask()
    budget = Budget.objects.get(brand=brand)
    at = budgets.charge(budget, wanted, Decimal("0.25"))
    lost = {"outcome": "unknown", "cost": Decimal("0.25"), "provider": "fake", "model": "fake-1"}
    attempt = Attempt.objects.create(brand=brand, generation=wanted, number=1, started_at=at, **lost)
    budgets.count(attempt, Decimal("0.25"), calls=1)
    gone = {"state": "running", "reserved": 0, "tries": 1, "started_at": at, "lease_until": at - timedelta(1)}
    Generation.objects.filter(pk=wanted.pk).update(**gone)
    assert work_on(wanted) == "queued"
    assert (outcomes(wanted), sums(brand), set_asides([wanted])) == (["unknown"], ("0.25", "0.00"), [None])
    set_limit(brand=brand, by=None, limit=Decimal("0.50"))
    assert work_on(wanted) == "succeeded"
    assert (outcomes(wanted), sums(brand)) == (["unknown", "picture"], ("0.50", "0.00"))
    check_books(brand)


# Months


def test_a_new_month_takes_over_limit_and_promises_and_lets_go_on_what_waits(
    brand: Brand, ask: Asker
) -> None:
    with time_machine.travel(datetime(2026, 11, 30, 23, 0, tzinfo=UTC), tick=False) as clock:
        limited(brand, "0.50")
        spent, promised, waits = ask(3)
        assert work_on(spent) == "succeeded"
        assert set_asides([promised, waits]) == ["0.25", None]
        clock.move_to(datetime(2026, 12, 1, 0, 0, tzinfo=UTC))
        look_after()
        assert set_asides([promised, waits]) == ["0.25", "0.25"]
        assert work_on(promised) == "succeeded"
        new, old = Budget.objects.filter(brand=brand)
    assert (old.month.month, str(old.spent), old.reserved) == (11, "0.25000", Decimal(0))
    assert (new.month.month, new.limit, new.spent, new.reserved) == (
        12,
        *map(Decimal, ("0.50", "0.25", "0.25")),
    )
    check_books(brand)


def test_the_month_in_which_a_call_began_bears_it(settings: Any, brand: Brand, ask: Asker) -> None:
    [wanted] = ask()
    with time_machine.travel(datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC), tick=False) as clock:
        Budget.objects.filter(brand=brand).update(month=datetime(2026, 11, 1))
        budget = budgets.locked(brand.pk)
        at = budgets.charge(budget, wanted, Decimal("0.25"))
        taken = {"provider": "fake", "model": "fake-1", "cost": Decimal("0.25"), "started_at": at}
        attempt = Attempt.objects.create(brand=brand, generation=wanted, number=1, **taken)
        budgets.count(attempt, attempt.cost, calls=1)
        Generation.objects.filter(pk=wanted.pk).update(reserved=0)
        clock.move_to(datetime(2026, 12, 2, tzinfo=UTC))
        budgets.locked(brand.pk)
        attempt.cost = Decimal("0.02")
        attempt.save()
        budgets.settle(attempt, Decimal("0.25"))
    assert [(row.month.month, f"{row.spent:.2f}") for row in Budget.objects.filter(brand=brand)] == [
        (12, "0.00"),
        (11, "0.02"),
    ]
    check_books(brand)


def test_a_clock_that_is_set_back_opens_no_old_month(settings: Any, brand: Brand, ask: Asker) -> None:
    priced(settings, {"do": "refuse", "cost": Decimal("0.02")})
    with time_machine.travel(datetime(2026, 12, 1, 0, 30, tzinfo=UTC), tick=False) as clock:
        limited(brand, "5.00")
        [wanted] = ask()
        clock.move_to(datetime(2026, 11, 30, 23, 30, tzinfo=UTC))
        assert work_on(wanted) == "refused"
        assert (Budget.objects.count(), sums(brand)) == (1, ("0.02", "0.00"))
        assert wanted.attempts.get().started_at == datetime(2026, 12, 1, tzinfo=UTC)
    check_books(brand)


def test_it_reads_months_by_the_clock_of_the_place(settings: Any) -> None:
    settings.TIME_ZONE = "Asia/Tokyo"
    midnight = datetime(2026, 11, 30, 15, 0, tzinfo=UTC)
    assert budgets.month_of(midnight).month == 12
    assert budgets.month_of(midnight - timedelta(seconds=1)).month == 11
    assert budgets.begin_of(budgets.month_of(midnight)) == midnight


def test_what_was_spent_before_there_was_a_budget_counts(brand: Brand, ask: Asker) -> None:
    [wanted] = ask()
    assert work_on(wanted) == "succeeded"
    Budget.objects.all().delete()
    ask()
    assert sums(brand) == ("0.25", "0.25")
    check_books(brand)


# What its owners are told


@time_machine.travel(NOON, tick=False)
def test_it_warns_the_owners_once_at_80_percent(
    brand: Brand, ask: Asker, owner: User, designer: User
) -> None:
    limited(brand, "1.25")
    ask(3)
    assert told(owner) == []
    ask()
    notice = Notice.objects.get(user=owner)
    assert (notice.kind, notice.path, notice.brand) == ("budget.warned", f"/b/{brand.slug}/spend/", brand)
    assert notice.words == (
        "Northwind has spent or promised $1.00 of its $1.25 for November 2026. When all of it is, pictures "
        "wait until an owner raises the limit, or until the next month."
    )
    ask()
    assert (told(owner), told(designer)) == (["budget.warned"], [])
    assert events("budget.warned") == [
        {"month": "2026-11", "limit": "1.25", "spent": "0.00000", "reserved": "1.00000"}
    ]


@time_machine.travel(NOON, tick=False)
def test_it_tells_the_owners_once_that_pictures_wait(brand: Brand, ask: Asker, owner: User) -> None:
    limited(brand, "0.60")
    ask(4)
    assert told(owner) == ["budget.warned", "budget.stopped"]
    assert Notice.objects.get(kind="budget.stopped").words == (
        "Northwind has spent or promised $0.50 of its $0.60 for November 2026, and the next picture costs "
        "more than is left: pictures wait until an owner raises the limit, or until the next month."
    )
    assert len(events("budget.stopped")) == 1


def test_a_raised_limit_is_told_of_anew(brand: Brand, ask: Asker, owner: User) -> None:
    limited(brand, "0.25")
    ask(2)
    assert told(owner) == ["budget.warned", "budget.stopped"]
    set_limit(brand=brand, by=owner, limit=Decimal("1.00"))
    assert told(owner) == ["budget.warned", "budget.stopped"]
    ask(3)
    assert told(owner) == ["budget.warned", "budget.stopped"] * 2


def test_it_warns_nobody_of_what_has_been_stopped(brand: Brand, ask: Asker, owner: User) -> None:
    limited(brand, "0.10")
    ask(2)
    assert told(owner) == ["budget.stopped"]


# How it stands


def test_it_tells_what_is_left(brand: Brand, ask: Asker) -> None:
    assert budgets.left(brand) is None
    limited(brand, "1.00")
    assert budgets.left(brand) == Decimal("1.00")
    works = ask(2)
    assert work_on(works[0]) == "succeeded"
    assert budgets.left(brand) == Decimal("0.50")
    limited(brand, "0.10")
    assert budgets.left(brand) == 0


def test_looking_writes_nothing(brand: Brand) -> None:
    with time_machine.travel(NOON, tick=False):
        Budget.objects.create(brand=brand, month="2026-10-01", limit="5", reserved="1.5", spent="3")
        now = budgets.standing(brand)
    assert (now.month.month, now.limit) == (11, Decimal(5))
    assert (now.spent, now.reserved) == (Decimal(0), Decimal("1.5"))
    assert Budget.objects.count() == 1


# Races


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_never_pass_the_limit(brand: Brand, ask: Asker) -> None:
    """Promises were not kept: each call has to find its own room."""
    limited(brand, None)
    works = ask(12)
    Generation.objects.update(reserved=0)
    Budget.objects.update(reserved=0, limit="1.00")
    waiting = iter(works)
    at_once(12, lambda: work_on(next(waiting)))
    assert Generation.objects.filter(state="succeeded").count() == 4
    assert Generation.objects.filter(state="queued", reserved=None).count() == 8
    assert (sums(brand), Attempt.objects.count()) == (("1.00", "0.00"), 4)
    check_books(brand)


@pytest.mark.django_db(transaction=True)
def test_those_who_ask_at_once_are_promised_no_more_than_there_is(brand: Brand, ask: Asker) -> None:
    limited(brand, "1.00")
    at_once(12, ask)
    assert sums(brand) == ("0.00", "1.00")
    assert Generation.objects.filter(reserved=None).count() == 8
    check_books(brand)


@pytest.mark.django_db(transaction=True)
def test_a_month_begins_once_however_many_begin_it(brand: Brand, ask: Asker) -> None:
    limited(brand, "9.00")
    ask(2)
    Budget.objects.update(month="2026-01-01", spent="1.25")

    def spend() -> None:
        with transaction.atomic():
            budget = budgets.locked(brand.pk)
            budget.spent += 1
            budgets.save(budget)

    at_once(8, spend)
    new, old = Budget.objects.filter(brand=brand)
    assert (f"{new.spent:.2f}", f"{new.reserved:.2f}", f"{new.limit}") == ("8.00", "0.50", "9.00")
    assert (f"{old.spent:.2f}", old.reserved) == ("1.25", Decimal(0))


@pytest.mark.django_db(transaction=True)
def test_what_waits_is_let_in_once_by_workers_at_once(brand: Brand, ask: Asker) -> None:
    limited(brand, "0.00")
    ask(10)
    limited(brand, "1.00")
    at_once(6, look_after)
    assert sums(brand) == ("0.00", "1.00")
    check_books(brand)
