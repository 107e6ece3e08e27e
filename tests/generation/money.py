"""What the tests of money share: who asks, what is told, and the books held against their rows."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Sum
from django.utils import timezone

from brandkit.accounts.models import Brand, Notice, User
from brandkit.common.models import Event
from generation import budgets, services
from generation.models import Attempt, BatchProgress, Budget, Generation, SceneDraft, SpendOfDay, Work
from tests.factories import make_format, make_prompt, make_scene, make_subject

FAKE = "generation.providers.fake.Fake"
PRICE = Decimal("0.25")


def priced(settings: Any, *script: dict[str, Any], price: str = "0.25") -> None:
    """The provider `fake` follows these steps, and charges so much for a picture."""
    options = {"prices": {"1K": price, "2K": price}, "script": list(script) or [{"do": "picture"}]}
    settings.BRANDKIT_PROVIDERS = {"fake": {"BACKEND": FAKE, "OPTIONS": options}}
    settings.BRANDKIT_PROVIDER = "fake"


class Asker:
    """Asks for the same again and again, each time as another variation."""

    def __init__(self, brand: Brand) -> None:
        self._same: dict[str, Any] = {
            "brand": brand,
            "by": None,
            "subject": make_subject(brand),
            "scene_version": make_scene(brand),
            "prompt_version": make_prompt(brand),
            "output_format": make_format(brand),
        }
        self._variation = 0

    def __call__(self, count: int = 1) -> list[Generation]:
        return [self._one() for _ in range(count)]

    def _one(self) -> Generation:
        self._variation += 1
        generation, new = services.request(**self._same, variation=self._variation, send=False)
        assert new
        return generation


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


def set_asides(works: list[Generation]) -> list[str | None]:
    """What is set aside for each; None where it waits."""
    rows = Generation.objects.in_bulk([work.pk for work in works])
    amounts = [rows[work.pk].reserved for work in works]
    return [None if amount is None else f"{amount:.2f}" for amount in amounts]


def told(user: User) -> list[str]:
    return list(Notice.objects.filter(user=user).order_by("pk").values_list("kind", flat=True))


def events(kind: str) -> list[dict[str, Any]]:
    return list(Event.objects.filter(kind=kind).order_by("pk").values_list("data", flat=True))
