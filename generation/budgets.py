"""Money of a brand: set aside when a picture is asked for, spent when a call begins, settled when it ends.

A call begins only where its price is set aside, so that however many workers there are, none can overspend.
Whoever locks a budget and a piece of work in one transaction locks the budget first; an account comes before
both (`engine/brakes.py`).
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import F, Sum
from django.urls import reverse
from django.utils import timezone

from brandkit.accounts.models import Brand, Role, User
from brandkit.accounts.notices import tell
from brandkit.common.errors import BrandkitError
from brandkit.common.models import record
from generation.models import Attempt, Budget, Generation, SceneDraft, SpendOfDay, Work

NONE = Decimal(0)
WARN_AT = Decimal("0.8")
"""Part of the limit."""
WARNED = (
    "{brand} has spent or promised {committed} of its {limit} for {month}. When all of it is, pictures wait "
    "until an owner raises the limit, or until the next month."
)
STOPPED = (
    "{brand} has spent or promised {committed} of its {limit} for {month}, and the next picture costs more "
    "than is left: pictures wait until an owner raises the limit, or until the next month."
)


class OverBudget(BrandkitError):
    """The brand's budget of this month has no room for it."""

    status = 409
    code = "over_budget"

    def __init__(self, cost: Decimal) -> None:
        super().__init__()
        self.cost = cost


# Months


def day_of(when: datetime) -> date:
    """As the service's clock reads it."""
    return timezone.localtime(when, timezone.get_default_timezone()).date()


def month_of(when: datetime) -> date:
    """Its first day."""
    return day_of(when).replace(day=1)


def begin_of(month: date) -> datetime:
    """The moment at which a month begins here."""
    midnight = datetime(month.year, month.month, 1)
    return timezone.make_aware(midnight, timezone.get_default_timezone())


def following(month: date) -> date:
    """The first day of the next one."""
    return (month + timedelta(days=31)).replace(day=1)


# How it stands


def standing(brand: Brand) -> Budget:
    """The budget that counts now, to look at: not locked, and perhaps not saved yet."""
    return standings([brand.pk])[brand.pk]


def standings(brands: Iterable[int]) -> dict[int, Budget]:
    """The same for several, by the brand's number."""
    this_month = month_of(timezone.now())
    wanted = set(brands)
    newest = {row.brand_id: row for row in Budget.objects.filter(brand__in=wanted).order_by("month")}
    return {brand: _as_of(newest.get(brand) or Budget(brand_id=brand), this_month) for brand in wanted}


def _as_of(row: Budget, month: date) -> Budget:
    if row.month and row.month >= month:
        return row
    return Budget(brand_id=row.brand_id, month=month, limit=row.limit, reserved=row.reserved)


def left(brand: Brand) -> Decimal | None:
    """US dollars that may still be promised this month; None where there is no limit."""
    return standing(brand).left


def locked(brand: int) -> Budget:
    """The budget that counts now, which nobody else changes until this transaction ends.

    A brand's first row stands for all: who has locked that one has locked them all, so that nobody is left
    with last month's row when another opens this month's. With a new month comes a new row: limit and
    reservations go over, what was spent stays behind. A clock that is set back opens no old month again.
    """
    this_month = month_of(timezone.now())
    rows = Budget.objects.filter(brand=brand)
    if not rows.select_for_update().order_by("month").first():
        _open_first(brand, this_month)
        rows.select_for_update().order_by("month").first()
    newest = rows[0]
    return newest if newest.month >= this_month else _rolled_over(newest, this_month)


def _open_first(brand: int, month: date) -> None:
    """What was spent before there were budgets counts."""
    before = SpendOfDay.objects.filter(brand=brand, day__gte=month).aggregate(dollars=Sum("dollars"))
    Budget.objects.get_or_create(brand_id=brand, month=month, defaults={"spent": exact(before["dollars"])})


def _rolled_over(old: Budget, month: date) -> Budget:
    taken = {"limit": old.limit, "reserved": old.reserved}
    new = Budget.objects.create(brand_id=old.brand_id, month=month, **taken)
    old.reserved = NONE
    save(old)
    return new


# What happens to it


def reserve(budget: Budget, works: Sequence[Work]) -> None:
    """Set aside the price of each, in this order, as far as it goes. Saves the budget, and not the works.

    Those that there is no room for get `reserved` = None: they wait for the budget. One whose next call is
    paid already needs nothing.
    """
    paid = _paid_already(works)
    for work in works:
        held = work.reserved or NONE
        needs = NONE if work.pk in paid else work.price
        if allows(budget, needs, held):
            budget.reserved += needs - held
            work.reserved = needs
        else:
            budget.reserved -= held
            work.reserved = None
            tell_stopped(budget)
    _tell_warned(budget)
    save(budget)


def _paid_already(works: Sequence[Work]) -> set[int]:
    """Of these, the ones whose answer is here, or whose job a vendor has at work: by their numbers."""
    old = {work.pk: work for work in works if work.pk}
    if not old:
        return set()
    noun = works[0].NOUN
    with_jobs = Attempt.objects.filter(**{f"{noun}__in": old}).exclude(job="")
    jobs = {pk for pk in with_jobs.values_list(noun, flat=True) if _goes_on(old[pk])}
    return jobs | {pk for pk, work in old.items() if work.fetched}


def _goes_on(work: Work) -> bool:
    last = work.attempts.last()
    return bool(last and last.job_left)


def release(budget: Budget, works: Iterable[Work]) -> None:
    """Nothing is set aside for them any more. Saves the budget, and not the works."""
    for work in works:
        budget.reserved -= work.reserved or NONE
        work.reserved = NONE
    save(budget)


def charge(budget: Budget, work: Work, cost: Decimal) -> datetime:
    """A call for `work` begins: what was set aside is spent. Saves the budget, and not the work.

    Gives the moment at which it begins, which is always in the budget's month. Raises OverBudget, with
    nothing changed, where more is needed than there is.
    """
    held = work.reserved or NONE
    if not allows(budget, cost, held):
        raise OverBudget(cost)
    budget.reserved -= held
    budget.spent += cost
    work.reserved = NONE
    _tell_warned(budget)
    save(budget)
    last = begin_of(following(budget.month)) - timedelta(microseconds=1)
    return min(max(timezone.now(), begin_of(budget.month)), last)


def settle(attempt: Attempt, taken: Decimal) -> None:
    """A call has ended: `attempt.cost` is known, and was taken to be `taken`. The budget is locked already.

    The month in which the call began bears it.
    """
    more = attempt.cost - taken
    if not more:
        return
    rows = Budget.objects.filter(brand=attempt.brand_id)
    own = rows.filter(month=month_of(attempt.started_at)).first() or rows[0]
    own.spent += more
    _tell_warned(own)
    save(own)
    count(attempt, more)


def count(attempt: Attempt, dollars: Decimal, *, calls: int = 0) -> None:
    """What an attempt costs more, in its day's numbers. The budget is locked already."""
    row = {
        "brand": attempt.brand_id,
        "day": day_of(attempt.started_at),
        "provider": attempt.provider,
        "model": attempt.model,
        **_what_for(attempt.work),
    }
    more = {"calls": F("calls") + calls, "dollars": F("dollars") + dollars}
    if not SpendOfDay.objects.filter(**row).update(**more):
        own = {name: value for name, value in row.items() if name != "brand"}
        SpendOfDay.objects.create(brand_id=attempt.brand_id, **own, calls=calls, dollars=dollars)


def _what_for(work: Work) -> dict[str, Any]:
    match work:
        case Generation():
            return {
                "scene_id": work.scene_version.scene_id,
                "prompt_version_id": work.prompt_version_id,
                "batch_id": work.batch_id,
            }
        case SceneDraft():
            return {"scene_id": work.scene_id, "prompt_version_id": None, "batch_id": None}
    raise TypeError(work.NOUN)


def allows(budget: Budget, cost: Decimal, held: Decimal) -> bool:
    """Whether `cost` may be spent or promised where `held` of it is set aside.

    Of what is promised, no more is spent than the limit allows now: it may have been lowered since.
    """
    if budget.limit is None or budget.room is None or not cost:
        return True
    return budget.spent + cost <= budget.limit and (cost <= held or cost - held <= budget.room)


# What its people are told


def _tell_warned(budget: Budget) -> None:
    if budget.limit is None or budget.warned_at or budget.committed < budget.limit * WARN_AT:
        return
    budget.warned_at = timezone.now()
    if not budget.stopped_at:  # else they know already
        _tell("budget.warned", budget, WARNED)


def tell_stopped(budget: Budget) -> None:
    if budget.stopped_at:
        return
    budget.stopped_at = timezone.now()
    _tell("budget.stopped", budget, STOPPED)


def _tell(kind: str, budget: Budget, words: str) -> None:
    """With the numbers as they stand, in words: an event's data is JSON, which has no decimals."""
    record(
        kind,
        budget,
        month=f"{budget.month:%Y-%m}",
        limit=str(budget.limit),
        spent=str(budget.spent),
        reserved=str(budget.reserved),
    )
    owners = User.objects.filter(memberships__brand=budget.brand_id, memberships__role=Role.OWNER)
    told = words.format(
        brand=budget.brand.name,
        committed=money(budget.committed),
        limit=money(budget.limit or NONE),
        month=f"{budget.month:%B %Y}",
    )
    path = reverse("spend:page", args=[budget.brand.slug])
    tell(owners, brand=budget.brand, kind=kind, words=told, path=path)


def exact(dollars: Decimal | None) -> Decimal:
    """A sum as the database gives it, without the noise of one that adds up in binary."""
    return round(dollars or NONE, 5)


def money(dollars: Decimal) -> str:
    """As people read it, to the cent: "$1,234.50"."""
    return f"${dollars:,.2f}"


def save(budget: Budget) -> None:
    budget.save(update_fields=["limit", "spent", "reserved", "warned_at", "stopped_at"])
