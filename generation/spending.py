"""What a brand spends, and what it may: reads only."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import F, Min, QuerySet, Sum
from django.utils import timezone

from brandkit.accounts.models import Brand
from generation import budgets
from generation.models import WORKS, Budget, SpendOfDay, Work
from generation.provider import get_providers

MOST_WAITING = 1000
PARTS: dict[str, tuple[str, ...]] = {
    "provider": ("provider",),
    "model": ("model",),
    "scene": ("scene", "scene__name"),
    "prompt": ("prompt_version", "prompt_version__template__name", "prompt_version__number"),
    "batch": ("batch", "batch__name"),
}
"""What the spend is told by, and the columns that name each."""
TABLE = ("day", "provider", "model", "scene", "prompt", "batch", "calls", "dollars")


@dataclass(frozen=True, kw_only=True)
class Part:
    """What was spent on one thing. id: its row's number, where it is a row; name: as people call it."""

    id: int | None
    name: str
    calls: int
    dollars: Decimal


@dataclass(frozen=True, kw_only=True)
class Day:
    """What was spent on one day."""

    day: date
    calls: int
    dollars: Decimal


@dataclass(frozen=True, kw_only=True)
class Spend:
    """One month of a brand. parts: by the names of `PARTS`, each list with the dearest first."""

    month: date
    calls: int
    dollars: Decimal
    days: Sequence[Day]
    parts: dict[str, Sequence[Part]]


def spend(brand: Brand, month: date, *, most: int = 1000) -> Spend:
    """What the calls that began in `month` cost. most: so many of each kind, and one for all the others."""
    rows = _of_month(brand, month)
    days = _days(rows, month)
    return Spend(
        month=month,
        calls=sum(day.calls for day in days),
        dollars=sum((day.dollars for day in days), budgets.NONE),
        days=days,
        parts={kind: _parts(rows, kind, most) for kind in PARTS},
    )


def _of_month(brand: Brand, month: date) -> QuerySet[SpendOfDay]:
    return SpendOfDay.objects.filter(brand=brand, day__gte=month, day__lt=budgets.following(month)).order_by()


def _days(rows: QuerySet[SpendOfDay], month: date) -> list[Day]:
    """Every day of the month, also where nothing was spent; of this month, until today."""
    sums: dict[date, Any] = {row["day"]: row for row in rows.values("day").annotate(**_sums())}
    end = min(budgets.following(month) - timedelta(days=1), max(budgets.day_of(timezone.now()), month))
    end = max([end, *sums])
    nothing: dict[str, Any] = {"of_calls": 0, "of_dollars": budgets.NONE}
    every = (month + timedelta(days=n) for n in range((end - month).days + 1))
    return [_day(day, sums.get(day, nothing)) for day in every]


def _day(day: date, row: dict[str, Any]) -> Day:
    return Day(day=day, calls=row["of_calls"], dollars=budgets.exact(row["of_dollars"]))


def _parts(rows: QuerySet[SpendOfDay], kind: str, most: int) -> list[Part]:
    found = rows.values(*PARTS[kind]).annotate(**_sums()).order_by("-of_dollars", *PARTS[kind])
    parts = [_part(kind, row) for row in found]
    return parts if len(parts) <= most else [*parts[:most], _others(parts[most:])]


def _sums() -> dict[str, Sum]:
    return {"of_calls": Sum("calls"), "of_dollars": Sum("dollars")}


def _part(kind: str, row: dict[str, Any]) -> Part:
    first, *words = (row[column] for column in PARTS[kind])
    return Part(
        id=first if words else None,
        name=_name(kind, first, words),
        calls=row["of_calls"],
        dollars=budgets.exact(row["of_dollars"]),
    )


def _name(kind: str, first: Any, words: Sequence[Any]) -> str:
    if first is None:
        return {"batch": "Single pictures", "prompt": "Scenes drafted from words"}[kind]
    if kind == "prompt":
        return f"{words[0]} v{words[1]}"
    return str(words[0] if words else first)


def _others(parts: Sequence[Part]) -> Part:
    return Part(
        id=None,
        name=f"{len(parts)} others",
        calls=sum(part.calls for part in parts),
        dollars=sum((part.dollars for part in parts), budgets.NONE),
    )


def table(brand: Brand, month: date) -> Iterator[dict[str, Any]]:
    """The same in full, a row for each day, provider, model, scene, prompt version and batch."""
    rows = _of_month(brand, month).annotate(
        template=F("prompt_version__template__name"),
        number=F("prompt_version__number"),
        scene_name=F("scene__name"),
        batch_name=F("batch__name"),
    )
    for row in rows.order_by("day", "pk").iterator():
        names = {"scene": row.scene_name, "batch": row.batch_name or ""}
        prompt = f"{row.template} v{row.number}" if row.template else ""
        facts = {name: getattr(row, name) for name in ("day", "provider", "model", "calls", "dollars")}
        yield {**facts, **names, "prompt": prompt}


def months(brand: Brand) -> list[date]:
    """This one, and those before it back to the first in which anything was spent."""
    month = budgets.month_of(timezone.now())
    first = SpendOfDay.objects.filter(brand=brand).aggregate(first=Min("day"))["first"] or month
    found = [month]
    while month > first.replace(day=1):
        month = (month - timedelta(days=1)).replace(day=1)
        found.append(month)
    return found


def month_named(text: str) -> date | None:
    """The first day of a month as addresses write it, "2026-11"; None for what is none."""
    try:
        found = date.fromisoformat(f"{text}-01")
    except ValueError:
        return None
    return found if text == f"{found:%Y-%m}" and 2000 <= found.year < 3000 else None


def budget_of(brand: Brand, month: date) -> Budget | None:
    """How a month's budget stands, or stood at its end; None where it had none yet."""
    now = budgets.standing(brand)
    return now if now.month == month else Budget.objects.filter(brand=brand, month=month).first()


def waiting(brand: Brand) -> int:
    """Pictures that wait for the budget, counted up to `MOST_WAITING`."""
    wanted: dict[str, Any] = {"brand": brand, "state": Work.State.QUEUED, "reserved": None}
    kinds = (model.objects.filter(**wanted) for model in WORKS.values())
    return min(MOST_WAITING, sum(rows[:MOST_WAITING].count() for rows in kinds))


def without_prices() -> list[str]:
    """Providers of others that no price is set for, by their aliases: their calls count as free."""
    return [each.alias for each in get_providers() if not each.computes and not each.prices]
