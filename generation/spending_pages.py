"""What a brand spends, on a page; its owners set there what it may."""

import csv
import re
from datetime import date
from decimal import Decimal

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from brandkit.accounts.models import Brand
from brandkit.accounts.policy import Act, may
from brandkit.common.errors import Invalid, NotFound
from brandkit.common.spreadsheets import as_text
from brandkit.web.pages import HtmxRequest, brand_page
from generation import budgets, spending
from generation.budget_line import set_limit

SHOWN = 25
"""Rows of each table; the CSV has all."""
AMOUNT = re.compile(r"\$?([0-9]{1,12}|[0-9]{1,3}(,[0-9]{3}){1,3})(\.[0-9]{1,2})?")
NO_AMOUNT = "“{text}” is no amount. Write dollars with a point, like 250 or 99.50."


@require_GET
@brand_page(Act.SEE)
def page(request: HtmxRequest, brand: Brand) -> HttpResponse:
    """One month: the budget, and what was spent on what. The query names it: ?month=2026-11."""
    return render(request, "generation/spend.html", shown(request, brand, asked_month(request)))


def shown(request: HtmxRequest, brand: Brand, month: date) -> dict[str, object]:
    """A month, as the page shows it."""
    return {
        "spend": spending.spend(brand, month, most=SHOWN),
        "budget": spending.budget_of(brand, month),
        "is_now": month == budgets.standing(brand).month,
        "months": spending.months(brand),
        "waiting": spending.waiting(brand),
        "may_set": may(request.user, Act.MANAGE, brand),
        "without_prices": spending.without_prices(),
    }


@require_GET
@brand_page(Act.SEE)
def table(request: HtmxRequest, brand: Brand) -> HttpResponse:
    """The month in full, as CSV."""
    month = asked_month(request)
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="spend-{brand.slug}-{month:%Y-%m}.csv"'
    answer.write("\ufeff")  # so that spreadsheets read it as UTF-8
    rows = csv.writer(answer)
    rows.writerow(spending.TABLE)
    for row in spending.table(brand, month):
        rows.writerow([as_text(str(row[name])) for name in spending.TABLE])
    return answer


@require_POST
@brand_page(Act.MANAGE)
def limit(request: HtmxRequest, brand: Brand) -> HttpResponse:
    """Set what the brand may spend in a month, from now on; an empty field is without end."""
    typed = request.POST.get("limit", "")
    try:
        wanted = amount(typed)
    except Invalid as error:
        month = budgets.month_of(timezone.now())
        context = {**shown(request, brand, month), "typed": typed, "problem": error.message}
        return render(request, "generation/spend.html", context, status=error.status)
    set_limit(brand=brand, by=request.user, limit=wanted)
    now = "There is no limit" if wanted is None else f"The limit is {budgets.money(wanted)} a month"
    messages.success(request, f"{now} now.")
    return redirect("spend:page", brand.slug)


def asked_month(request: HtmxRequest) -> date:
    """Raises NotFound for what is no month."""
    text = request.GET.get("month", "")
    month = spending.month_named(text) if text else budgets.month_of(timezone.now())
    if month is None:
        raise NotFound("There is no such month. Write it like 2026-11.")
    return month


def amount(text: str) -> Decimal | None:
    """Dollars as people write them, to the cent; None where nothing is written. Raises Invalid."""
    plain = text.strip()
    if not plain:
        return None
    if not AMOUNT.fullmatch(plain):
        raise Invalid(NO_AMOUNT.format(text=text[:40]))
    return Decimal(plain.removeprefix("$").replace(",", ""))
