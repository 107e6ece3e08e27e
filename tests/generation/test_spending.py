"""What was spent, on what, and when; the page and its table; who may set the limit."""

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from brandkit.accounts.models import Brand, Role, User
from generation import spending
from generation.budgets import locked
from generation.models import Batch, Budget, SpendOfDay
from generation.spending_pages import amount
from generation.waiting import why_waiting
from tests.factories import make_brand, make_generation, make_prompt, make_scene, make_user
from tests.generation.money import limited, priced

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
NOVEMBER = date(2026, 11, 1)


@pytest.fixture(autouse=True)
def noon() -> Any:
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def brand(settings: Any) -> Brand:
    priced(settings)
    return make_brand(slug="northwind", name="Northwind")


@pytest.fixture
def owner(brand: Brand) -> User:
    return make_user(brand, Role.OWNER)


def page(user: User, path: str = "") -> Any:
    client = Client()
    client.force_login(user)
    return client.get(f"/b/northwind/spend/{path}")


def text(response: Any) -> str:
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def send(user: User, limit: str) -> Any:
    client = Client()
    client.force_login(user)
    return client.post("/b/northwind/spend/limit", {"limit": limit}, follow=True)


@pytest.fixture
def month(brand: Brand) -> dict[str, Any]:
    """November: two calls by a batch for oak, one single for linen; one in October; another brand's."""
    oak, linen = (make_scene(brand, slug=slug).scene for slug in ("oak", "linen"))
    prompt = make_prompt(brand)
    batch = Batch.objects.create(brand=brand, name="=Autumn", prompt_version=prompt, provider="fake")
    usual = {"brand": brand, "provider": "fake", "model": "fake-1", "prompt_version": prompt}
    SpendOfDay.objects.create(**usual, day="2026-11-02", scene=oak, batch=batch, calls=2, dollars="0.50")
    SpendOfDay.objects.create(
        **{**usual, "model": "fake-2"}, day="2026-11-20", scene=linen, calls=1, dollars="0.2501"
    )
    SpendOfDay.objects.create(
        **{**usual, "prompt_version": None}, day="2026-10-31", scene=oak, calls=1, dollars="9"
    )
    other = make_brand()
    theirs = {**usual, "brand": other, "prompt_version": make_prompt(other), "scene": make_scene(other).scene}
    SpendOfDay.objects.create(**theirs, day="2026-11-02", calls=7, dollars="70")
    return {"oak": oak, "linen": linen, "prompt": prompt, "batch": batch}


def told(parts: Any) -> list[tuple[Any, ...]]:
    return [(part.id, part.name, part.calls, str(part.dollars)) for part in parts]


def test_it_adds_up_a_month_by_what_it_was_for(brand: Brand, month: dict[str, Any]) -> None:
    found = spending.spend(brand, NOVEMBER)
    assert (found.calls, str(found.dollars)) == (3, "0.75010")
    assert [(day.day.day, day.calls, str(day.dollars)) for day in found.days if day.calls] == [
        (2, 2, "0.50000"),
        (20, 1, "0.25010"),
    ]
    assert (found.days[0].day, found.days[-1].day) == (NOVEMBER, date(2026, 11, 22))
    name = f"{month['prompt'].template.name} v1"
    assert {kind: told(parts) for kind, parts in found.parts.items()} == {
        "provider": [(None, "fake", 3, "0.75010")],
        "model": [(None, "fake-1", 2, "0.50000"), (None, "fake-2", 1, "0.25010")],
        "scene": [(month["oak"].pk, "Oak", 2, "0.50000"), (month["linen"].pk, "Linen", 1, "0.25010")],
        "prompt": [(month["prompt"].pk, name, 3, "0.75010")],
        "batch": [(month["batch"].pk, "=Autumn", 2, "0.50000"), (None, "Single pictures", 1, "0.25010")],
    }


def test_it_puts_together_what_is_too_much_to_show(brand: Brand, month: dict[str, Any]) -> None:
    found = spending.spend(brand, NOVEMBER, most=1)
    assert told(found.parts["model"]) == [(None, "fake-1", 2, "0.50000"), (None, "1 others", 1, "0.25010")]


def test_it_knows_the_months_in_which_something_was_spent(brand: Brand, month: dict[str, Any]) -> None:
    assert spending.months(brand) == [NOVEMBER, date(2026, 10, 1)]
    assert spending.months(make_brand()) == [NOVEMBER]


def test_the_page_shows_the_month_and_the_budget(brand: Brand, designer: User, month: dict[str, Any]) -> None:
    Budget.objects.create(brand=brand, month=NOVEMBER, limit="1.00", spent="0.7501", reserved="0.10")
    shown = text(page(designer))
    for words in (
        "$0.75",
        "$0.10",
        "$0.15",
        "of $1.00",
        "Over 80 %",
        "An owner of Northwind sets the limit.",
    ):
        assert words in shown
    assert "Set the limit" not in shown
    assert 'aria-label="Of $1.00, $0.75 are spent and $0.10 are promised."' in shown
    october = text(page(designer, "?month=2026-10"))
    assert "$9.00" in october
    assert "Promised" not in october


def test_the_page_tells_of_a_month_without_spending(designer: User) -> None:
    assert "Nothing was spent in this month" in text(page(designer))


@pytest.mark.parametrize("month", ["2026-13", "2026-1", "soon", "2026-11-01", "1026-11"])
def test_the_page_knows_no_other_month(designer: User, month: str) -> None:
    assert page(designer, f"?month={month}").status_code == 404
    assert page(designer, f"table.csv?month={month}").status_code == 404


def test_it_says_where_no_price_is_set(settings: Any, brand: Brand, designer: User) -> None:
    assert "No price is set" not in text(page(designer))
    settings.BRANDKIT_PROVIDERS |= {
        "jobs": {
            "BACKEND": "generation.providers.image_jobs.ImageJobs",
            "OPTIONS": {"url": "http://127.0.0.1:9/jobs", "key": "none"},
        }
    }
    assert "No price is set for jobs: what is made there counts as free" in text(page(designer))


def test_the_table_has_it_all_and_no_formulas(designer: User, month: dict[str, Any]) -> None:
    answer = page(designer, "table.csv?month=2026-11")
    assert answer["Content-Disposition"] == 'attachment; filename="spend-northwind-2026-11.csv"'
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    name = f"{month['prompt'].template.name} v1"
    assert rows == [
        ["day", "provider", "model", "scene", "prompt", "batch", "calls", "dollars"],
        ["2026-11-02", "fake", "fake-1", "Oak", name, "'=Autumn", "2", "0.50000"],
        ["2026-11-20", "fake", "fake-2", "Linen", name, "", "1", "0.25010"],
    ]


def test_an_owner_sets_the_limit_and_takes_it_away(brand: Brand, owner: User) -> None:
    assert "The limit is $1,250.50 a month now." in text(send(owner, "$1,250.50"))
    assert Budget.objects.get(brand=brand).limit == Decimal("1250.50")
    assert "There is no limit now." in text(send(owner, " "))
    assert Budget.objects.get(brand=brand).limit is None


@pytest.mark.parametrize("limit", ["99,50", "1.005", "-5", "a lot", "NaN", "1e3", "1,00,0", "9" * 40, "٣"])
def test_it_takes_no_amount_that_could_mean_another(brand: Brand, owner: User, limit: str) -> None:
    answer = send(owner, limit)
    assert answer.status_code == 422
    told = answer.content.decode()
    assert "is no amount. Write dollars with a point, like 250 or 99.50." in told
    assert f'value="{limit}"' in told
    assert Budget.objects.count() == 0


def test_it_reads_amounts_as_people_write_them() -> None:
    written = ["250", "$99.5", "1,000", "1,234,567.89", "0", "  "]
    assert [amount(text) for text in written] == [
        *map(Decimal, ("250", "99.5", "1000", "1234567.89", "0")),
        None,
    ]


def test_the_page_tells_how_many_wait_and_the_studio_what_is_left(brand: Brand, designer: User) -> None:
    limited(brand, "1.00")
    assert "The budget of November leaves $1.00." in studio(designer)
    limited(brand, "0")
    waiting = make_generation(brand, by=designer, provider="fake", price=Decimal("0.25"), reserved=None)
    assert "1 picture waits for the budget. It goes on by itself" in text(page(designer))
    assert "Pictures wait</span>" in text(page(designer))
    assert "Nothing is left of the budget of November: pictures wait" in studio(designer)
    words = why_waiting([waiting])[waiting.pk]
    assert words == (
        "Waits for the budget of November: $0.00 of $0.00 are spent or promised. It goes on by itself once "
        "an owner has raised the limit, or in the next month."
    )
    assert words in studio(designer)


def studio(user: User) -> str:
    client = Client()
    client.force_login(user)
    return text(client.get("/b/northwind/studio/"))


def test_looking_opens_no_budget(brand: Brand, designer: User) -> None:
    page(designer)
    assert Budget.objects.count() == 0
    locked(brand.pk)
    assert Budget.objects.count() == 1


def test_it_asks_no_more_of_the_database_for_more(
    brand: Brand, designer: User, month: dict[str, Any], django_assert_num_queries: Any
) -> None:
    client = Client()
    client.force_login(designer)
    client.get("/b/northwind/spend/")
    with CaptureQueriesContext(connection) as few:
        client.get("/b/northwind/spend/")
    usual = {"brand": brand, "model": "m", "scene": month["oak"], "calls": 1}
    rows = (SpendOfDay(**usual, day=f"2026-11-{1 + n % 20:02}", provider=f"p{n}") for n in range(60))
    SpendOfDay.objects.bulk_create(rows)
    with django_assert_num_queries(len(few)):
        assert client.get("/b/northwind/spend/").status_code == 200
