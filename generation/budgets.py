"""Money of a brand: set aside when a picture is asked for, spent when a call begins, settled when it ends.

A call begins only where its price is set aside, so that however many workers there are, none can overspend.
Whoever locks a budget and a piece of work in one transaction locks the budget first; an account comes before
both (`engine/brakes.py`).
"""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from brandkit.common.errors import BrandkitError
from brandkit.common.models import record
from generation.models import WORKS, Attempt, Budget, Generation, Work

NONE = Decimal(0)
WARN_AT = Decimal("0.8")
"""Part of the limit."""
AT_ONCE = 500


class OverBudget(BrandkitError):
    """The brand's budget of this month has no room for it."""

    status = 409
    code = "over_budget"

    def __init__(self, cost: Decimal) -> None:
        super().__init__()
        self.cost = cost


def month_of(when: datetime) -> date:
    """Its first day, as the service's clock reads it."""
    return timezone.localtime(when).date().replace(day=1)


def locked(brand: int) -> Budget:
    """The budget that counts now, which nobody else changes until this transaction ends.

    With a new month comes a new row: limit and reservations go over, what was spent stays behind. A clock
    that is set back opens no old month again.
    """
    this_month = month_of(timezone.now())
    rows = Budget.objects.select_for_update().filter(brand=brand)
    newest = rows.first()
    if newest is None:
        Budget.objects.get_or_create(brand_id=brand, month=this_month)
        return rows.get(month=this_month)
    if newest.month >= this_month:
        return newest
    return _rolled_over(newest, this_month)


def _rolled_over(old: Budget, month: date) -> Budget:
    taken = {"limit": old.limit, "reserved": old.reserved}
    new, _ = Budget.objects.get_or_create(brand_id=old.brand_id, month=month, defaults=taken)
    old.reserved = NONE
    old.save(update_fields=["reserved"])
    return new


def reserve(budget: Budget, works: Iterable[Work]) -> None:
    """Set aside the price of each, in this order, as far as it goes. Saves the budget, and not the works.

    Those that there is no room for get `reserved` = None: they wait for the budget.
    """
    for work in works:
        held = work.reserved or NONE
        more = work.price - held
        if more <= NONE or _fits(budget, more):
            budget.reserved += more
            work.reserved = work.price
        else:
            budget.reserved -= held
            work.reserved = None
            _tell_stopped(budget)
    _tell_warned(budget)
    _save(budget)


def release(budget: Budget, works: Iterable[Work]) -> None:
    """Nothing is set aside for them any more. Saves the budget, and not the works."""
    for work in works:
        budget.reserved -= work.reserved or NONE
        work.reserved = NONE
    _save(budget)


def charge(budget: Budget, work: Work, cost: Decimal) -> None:
    """A call for `work` begins: what was set aside is spent. Saves the budget, and not the work.

    Raises OverBudget, with nothing changed, where more is needed than there is.
    """
    held = work.reserved or NONE
    if cost > held and not _fits(budget, cost - held):
        raise OverBudget(cost)
    budget.reserved -= held
    budget.spent += cost
    work.reserved = NONE
    _tell_warned(budget)
    _save(budget)


def settle(attempt: Attempt, taken: Decimal) -> None:
    """A call has ended: `attempt.cost` is known, and was taken to be `taken`. The budget is locked already.

    The month in which the call began bears it.
    """
    more = attempt.cost - taken
    if not more:
        return
    rows = Budget.objects.select_for_update().filter(brand=attempt.brand_id)
    own = rows.filter(month__lte=month_of(attempt.started_at)).first() or rows.last()
    if own:
        own.spent += more
        _tell_warned(own)
        _save(own)


def admit(brand: int) -> int:
    """Set aside the price of what waits for the budget, in line order, as far as it goes; how many it was.

    At most `AT_ONCE` of a kind; call it again as long as it finds any.
    """
    with transaction.atomic():
        budget = locked(brand)
        return sum(_admit(budget, model) for model in WORKS.values())


def _admit(budget: Budget, model: type[Work]) -> int:
    waiting = model.objects.filter(Q(brand=budget.brand_id), state=Work.State.QUEUED, reserved=None)
    lanes = [F("batch").asc(nulls_first=True)] if model is Generation else []
    found = list(waiting.select_for_update(of=("self",)).order_by(*lanes, "-priority", "pk")[:AT_ONCE])
    if not found or (budget.room is not None and budget.room < min(work.price for work in found)):
        return 0
    reserve(budget, found)
    admitted = [work for work in found if work.reserved is not None]
    model.objects.bulk_update(admitted, ["reserved"])
    return len(admitted)


def _fits(budget: Budget, more: Decimal) -> bool:
    return budget.room is None or more <= budget.room


def _tell_warned(budget: Budget) -> None:
    if budget.limit is None or budget.warned_at or budget.committed < budget.limit * WARN_AT:
        return
    budget.warned_at = timezone.now()
    _tell("budget.warned", budget)


def _tell_stopped(budget: Budget) -> None:
    if budget.stopped_at:
        return
    budget.stopped_at = timezone.now()
    _tell("budget.stopped", budget)


def _tell(kind: str, budget: Budget) -> None:
    """With the numbers as they stand, in words: an event's data is JSON, which has no decimals."""
    month, limit = f"{budget.month:%Y-%m}", str(budget.limit)
    record(kind, budget, month=month, limit=limit, spent=str(budget.spent), reserved=str(budget.reserved))


def _save(budget: Budget) -> None:
    budget.save(update_fields=["limit", "spent", "reserved", "warned_at", "stopped_at"])
