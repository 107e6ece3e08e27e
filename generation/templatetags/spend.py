"""How money is shown: amounts in words, and the budget's bar and the days' chart as numbers for an SVG."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import template

from brandkit.accounts.models import Brand
from generation import budgets
from generation.budgets import money
from generation.models import Budget
from generation.spending import Day

register = template.Library()
WIDTH, HEIGHT = 12, 100
"""Of a day in the chart, and of its highest bar."""


@register.filter
def dollars(amount: Decimal) -> str:
    """As people read it: "$1,234.50", and below a cent "$0.0011"."""
    return money(amount) if not amount or abs(amount) >= Decimal("0.01") else f"${amount.normalize():f}"


@register.filter
def share(part: Decimal, whole: Decimal) -> str:
    """Of the whole, in percent: "12 %"."""
    percent = 100 * part / whole if whole else Decimal(0)
    return "under 1 %" if 0 < percent < 1 else f"{percent:.0f} %"


@register.filter
def bar(budget: Budget) -> dict[str, Any]:
    """How far each part of the bar reaches, in percent; with more than the limit, the limit stands within."""
    limit = budget.limit or Decimal(0)
    whole = max(limit, budget.committed) or Decimal(1)
    spent, limited = 100 * max(budget.spent, Decimal(0)) / whole, 100 * limit / whole
    return {
        "spent": f"{spent:.2f}",
        "promised": f"{100 * budget.reserved / whole:.2f}",
        "limit": f"{limited:.2f}" if budget.committed > limit else "",
    }


@register.filter
def standing(budget: Budget) -> str:
    """A word for the budget as it is."""
    if budget.room is None or budget.limit is None:
        return "none"
    if budget.room <= 0:
        return "over"
    return "near" if budget.committed >= budget.limit * Decimal("0.8") else "within"


@register.simple_tag
def left_words(brand: Brand) -> str:
    """What the budget leaves those who ask for pictures; empty where there is no limit."""
    budget = budgets.standing(brand)
    if budget.room is None:
        return ""
    if budget.room > 0:
        return f"The budget of {budget.month:%B} leaves {dollars(budget.room)}."
    return f"Nothing is left of the budget of {budget.month:%B}: pictures wait until an owner raises it."


@register.filter
def chart(days: Sequence[Day]) -> list[dict[str, Any]]:
    """A bar for each day: where it stands, and how high."""
    highest = max((day.dollars for day in days), default=Decimal(0)) or Decimal(1)
    heights = [float(max(Decimal(0), day.dollars) / highest * HEIGHT) for day in days]
    return [
        {"day": day, "x": n * WIDTH + 2, "y": f"{HEIGHT - height:.1f}", "height": f"{height:.1f}"}
        for n, (day, height) in enumerate(zip(days, heights, strict=True))
    ]


@register.filter
def chart_width(days: Sequence[Day]) -> int:
    return len(days) * WIDTH
