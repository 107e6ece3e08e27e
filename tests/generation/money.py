"""Budgets against the rows that they are the sums of."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Sum
from django.utils import timezone

from brandkit.accounts.models import Brand
from generation import budgets
from generation.models import Attempt, BatchProgress, Budget, Generation, SceneDraft, SpendOfDay, Work

FAKE = "generation.providers.fake.Fake"
PRICE = Decimal("0.25")


def priced(settings: Any, *script: dict[str, Any], price: str = "0.25") -> None:
    """The provider `fake` follows these steps, and charges so much for a picture."""
    options = {"prices": {"1K": price, "2K": price}, "script": list(script) or [{"do": "picture"}]}
    settings.BRANDKIT_PROVIDERS = {"fake": {"BACKEND": FAKE, "OPTIONS": options}}
    settings.BRANDKIT_PROVIDER = "fake"


def limited(brand: Brand, dollars: str | None) -> Budget:
    """The brand's budget with that limit, set past the owner's page."""
    budget = Budget.objects.filter(brand=brand).first() or Budget.objects.create(
        brand=brand, month=budgets.month_of(timezone.now())
    )
    budget.limit = dollars and Decimal(dollars)
    budget.save()
    return budget


def reload(budget: Budget) -> Budget:
    budget.refresh_from_db()
    return budget


def sums(brand: Brand) -> tuple[str, str]:
    """Spent and reserved, as the newest budget has them."""
    budget = Budget.objects.filter(brand=brand)[0]
    return f"{budget.spent:.2f}", f"{budget.reserved:.2f}"


def check_books(brand: Brand) -> None:
    """Every budget, and every day's numbers, are the sums of the rows."""
    check_months(brand)
    check_days(brand)
    works: list[Work] = [*Generation.objects.filter(brand=brand), *SceneDraft.objects.filter(brand=brand)]
    newest = Budget.objects.filter(brand=brand).first()
    promised = sum((work.reserved or 0 for work in works), Decimal(0))
    assert (newest.reserved if newest else 0) == promised
    assert not Budget.objects.filter(brand=brand, reserved__gt=0)[1:]
    idle = [work for work in works if work.state not in (Work.State.QUEUED, Work.State.RUNNING)]
    assert all(work.reserved == 0 for work in idle)


def check_months(brand: Brand) -> None:
    spent: dict[date, Decimal] = {}
    for started_at, cost in Attempt.objects.filter(brand=brand).values_list("started_at", "cost"):
        month = budgets.month_of(started_at)
        spent[month] = spent.get(month, Decimal(0)) + cost
    told = dict(Budget.objects.filter(brand=brand).values_list("month", "spent"))
    assert {month: dollars for month, dollars in told.items() if dollars} == {
        month: dollars for month, dollars in spent.items() if dollars
    }


def check_days(brand: Brand) -> None:
    spent: dict[date, Decimal] = {}
    for attempt in Attempt.objects.filter(brand=brand):
        day = budgets.day_of(attempt.started_at)
        spent[day] = spent.get(day, Decimal(0)) + attempt.cost
    rows = SpendOfDay.objects.filter(brand=brand).values("day").annotate(sum=Sum("dollars")).order_by()
    told = {row["day"]: budgets.exact(row["sum"]) for row in rows}
    assert {day: dollars for day, dollars in told.items() if dollars} == {
        day: dollars for day, dollars in spent.items() if dollars
    }


def check_batch(progress: BatchProgress) -> None:
    """A batch's spend is that of its own pictures' attempts."""
    progress.refresh_from_db()
    own = Generation.objects.filter(batch=progress.batch_id)
    assert progress.spent == budgets.exact(
        Attempt.objects.filter(generation__in=own).aggregate(sum=Sum("cost"))["sum"]
    )
