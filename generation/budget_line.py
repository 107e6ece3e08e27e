"""What waits for a brand's budget, and the limit that makes it wait: who raises it lets the line go on."""

from collections.abc import Sequence
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from brandkit.accounts.models import Brand, User
from brandkit.accounts.policy import Act, require
from brandkit.common.errors import Invalid
from brandkit.common.models import record
from generation import budgets
from generation.models import WORKS, Batch, Budget, Generation, SceneDraft, Work
from generation.queueing import announce

AT_ONCE = 500
HIGHEST = Decimal(10**9)
NONE = budgets.NONE
State = Work.State


def set_limit(*, brand: Brand, by: User | None, limit: Decimal | None) -> Budget:
    """What the brand may spend in a month, from now on; None is without end.

    by: None in the operator's shell. What waits goes on as far as the limit allows; where it allows less than
    is promised, what comes last in line waits again. Raises NotAllowed, and Invalid for no amount.
    """
    if by:
        require(by, Act.MANAGE, brand)
    if limit is not None and not (limit.is_finite() and NONE <= limit <= HIGHEST):
        raise Invalid(f"A limit is an amount from $0 to {budgets.money(HIGHEST)}, or none at all.")
    budget = _written(brand, by, limit)
    admit(brand.pk)
    withdraw(brand.pk)
    return budget


def _written(brand: Brand, by: User | None, limit: Decimal | None) -> Budget:
    with transaction.atomic():
        budget = budgets.locked(brand.pk)
        if budget.limit != limit:
            words = {"before": str(budget.limit), "limit": str(limit)}
            budget.limit, budget.warned_at, budget.stopped_at = limit, None, None
            budgets.save(budget)
            record("budget.limit_set", budget, actor=by, month=f"{budget.month:%Y-%m}", **words)
        return budget


def look_after(**_: Any) -> None:
    """What time does: lets go on what there is room for, since something was cancelled or a month has begun.

    Connected to `ticked`; it costs three small reads where there is nothing to do.
    """
    for brand in brands_with_room():
        while admit(brand):
            pass
    over = Budget.objects.filter(reserved__gt=0, limit__lt=F("spent") + F("reserved"))
    for brand in over.values_list("brand", flat=True):
        while withdraw(brand):
            pass


def brands_with_room() -> list[int]:
    """Of the brands in which something waits for the budget, those where the first of a lane fits in."""
    kinds: list[QuerySet[Any]] = [model.objects.filter(state=State.QUEUED) for model in WORKS.values()]
    rows = [Q(Exists(kind.filter(reserved=None, brand=OuterRef("pk")))) for kind in kinds]
    waits = reduce(or_, rows)
    waiting = list(Brand.objects.filter(waits).values_list("pk", flat=True))
    now = budgets.standings(waiting)
    return [brand for brand in waiting if _fits_one(now[brand], brand)]


def _fits_one(budget: Budget, brand: int) -> bool:
    if budget.room is not None and budget.room <= NONE:
        return False
    heads = (lane.first() for lane in waiting_lanes(brand))
    return any(head and budgets.allows(budget, head.price, NONE) for head in heads)


def admit(brand: int) -> int:
    """Set aside the price of what waits for the budget, in line order, as far as it goes; how many it was.

    At most `AT_ONCE`; call it again as long as it finds any.
    """
    with transaction.atomic():
        budget = budgets.locked(brand)
        for lane in waiting_lanes(brand):
            found = list(lane.select_for_update(of=("self",))[:AT_ONCE])
            if not found or not budgets.allows(budget, found[0].price, NONE):
                continue
            budgets.reserve(budget, found)
            admitted = [work for work in found if work.reserved is not None]
            _write_reserved(admitted)
            announce(admitted)
            return len(admitted)
        return 0


def waiting_lanes(brand: int) -> list[QuerySet[Any]]:
    """What waits for the budget, in the order in which it is served; a batch that is paused is not."""
    waiting: dict[str, Any] = {"brand": brand, "state": State.QUEUED, "reserved": None}
    open_ones = Batch.objects.open().filter(brand=brand).order_by("-priority", "pk")
    wanted = Generation.objects.filter(**waiting)
    lanes: list[QuerySet[Any]] = [SceneDraft.objects.filter(**waiting)]
    lanes += [wanted.filter(batch=batch) for batch in (None, *open_ones.values_list("pk", flat=True))]
    return [lane.order_by("-priority", "pk") for lane in lanes]


def withdraw(brand: int) -> int:
    """Where more is promised than the limit allows, let what comes last in line wait; how many it was.

    At most `AT_ONCE`; call it again as long as it finds any.
    """
    with transaction.atomic():
        budget = budgets.locked(brand)
        for lane in _promised_lanes(brand) if _is_over(budget) else ():
            if found := list(lane.select_for_update(of=("self",))[:AT_ONCE]):
                return _take_back(budget, found)
        return 0


def _promised_lanes(brand: int) -> list[QuerySet[Any]]:
    """What is queued with money set aside, from the end of the line."""
    promised: dict[str, Any] = {"brand": brand, "state": State.QUEUED, "reserved__gt": 0}
    under_way = Batch.objects.under_way().filter(brand=brand)
    batches = under_way.order_by("priority", "-pk").values_list("pk", flat=True)
    wanted = Generation.objects.filter(**promised)
    lanes: list[QuerySet[Any]] = [wanted.filter(batch=batch) for batch in (*batches, None)]
    lanes.append(SceneDraft.objects.filter(**promised))
    return [lane.order_by("priority", "-pk") for lane in lanes]


def _is_over(budget: Budget) -> bool:
    return budget.room is not None and budget.room < NONE


def _take_back(budget: Budget, works: Sequence[Work]) -> int:
    taken = []
    for work in works:
        if not _is_over(budget):
            break
        budget.reserved -= work.reserved or NONE
        work.reserved = None
        taken.append(work)
    _write_reserved(taken)
    budgets.tell_stopped(budget)
    budgets.save(budget)
    return len(taken)


def _write_reserved(works: Sequence[Work]) -> None:
    """All are of one kind; few amounts occur."""
    for amount in {work.reserved for work in works}:
        same = [work.pk for work in works if work.reserved == amount]
        type(works[0])._default_manager.filter(pk__in=same).update(reserved=amount)
