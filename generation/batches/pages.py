"""The pages of batches: the list, one batch as a grid that fills in, and what people do with it."""

from collections.abc import Callable
from urllib.parse import urlencode, urlsplit

from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from brandkit.accounts.models import Brand, User
from brandkit.accounts.policy import Act, may
from brandkit.common.errors import Invalid
from brandkit.common.numbers import row_number, row_numbers
from brandkit.web.pages import HtmxRequest, brand_page
from generation.batches import controls, selectors, sheet
from generation.models import Batch, Generation, Priority

PROBLEMS = 50
"""So many lines with a problem are shown; the file to fix has all of them."""


# The list


@require_GET
@brand_page(Act.SEE)
def home(request: HtmxRequest, brand: Brand) -> HttpResponse:
    """The brand's batches, newest first; for htmx those of ?open= that it knows to be under way."""
    if request.htmx:
        page = selectors.some_batches(brand, row_numbers(request.GET.getlist("open")))
        return render(request, "generation/batches/partials/runs_now.html", listed(page))
    before = row_number(request.GET.get("before", ""))
    context = {**listed(selectors.page_of_batches(brand, before)), "older": before is not None}
    return render(request, "generation/batches/home.html", context)


def listed(page: selectors.BatchPage) -> dict[str, object]:
    return {"page": page, "watching": any(batch.is_under_way for batch in page.batches)}


# One batch


@require_GET
@brand_page(Act.SEE)
def show(request: HtmxRequest, brand: Brand, pk: int) -> HttpResponse:
    """One batch. ?after= names the line to go on from, ?state= one state whose pictures are wanted."""
    batch = selectors.batch(brand, pk)
    if batch.state == Batch.State.DRAFT:
        return redirect("batches:import-draft", brand.slug, batch.pk)
    after, only = row_number(request.GET.get("after", "")) or 0, wanted_state(request)
    shown = sheet.page(batch, after=after, state=only)
    context = {
        **standing(request, batch),
        "only": only,
        "after": after,
        "sheet": shown,
        "problems": selectors.problems(batch)[:PROBLEMS],
        "fix_address": address("fix", batch),
        "next_address": "?"
        + urlencode({"state": only, "after": shown.after} if only else {"after": shown.after}),
        "first_address": "?" + urlencode({"state": only}) if only else address("show", batch),
    }
    return render(request, "generation/batches/show.html", context)


@require_GET
@brand_page(Act.SEE)
def news(request: HtmxRequest, brand: Brand, pk: int) -> HttpResponse:
    """What has changed of a batch since the page knew of it; asks again while it is under way."""
    batch = selectors.batch(brand, pk)
    context = {
        **standing(request, batch),
        "only": wanted_state(request),
        "known": request.GET.get("stands", ""),
        "told": request.GET.get("told", ""),
        "changed": sheet.changed(batch, request.GET.getlist("line")),
    }
    return render(request, "generation/batches/partials/news.html", context)


def wanted_state(request: HtmxRequest) -> str:
    """The one whose pictures the person looks at; empty for all."""
    page = urlsplit(request.htmx.current_url or "").query if request.htmx else request.GET.urlencode()
    state = QueryDict(page).get("state", "")
    return state if state in Generation.State.values else ""


def query(**parts: object) -> str:
    """An address's end from those that say something; empty where none does."""
    said = {name: part for name, part in parts.items() if part}
    return f"?{urlencode(said)}" if said else ""


def standing(request: HtmxRequest, batch: Batch) -> dict[str, object]:
    """How it stands, and what may be done with it."""
    progress, failures = selectors.progress(batch), selectors.failures(batch)
    under_way = batch.is_under_way or batch.progress.running > 0 or batch.chores.exists()
    return {
        "batch": batch,
        "progress": progress,
        "failures": failures,
        "may_request": may(request.user, Act.REQUEST, batch.brand),
        "priorities": Priority.choices,
        "watching": under_way,
        "calm": bool(progress.waits),
        "tenths": f"{batch.state}{10 * batch.progress.ended // max(batch.progress.wanted, 1)}",
        "stands": stands(batch, failures),
    }


def stands(batch: Batch, failures: list[selectors.Failure]) -> str:
    """What the buttons depend on; while it is the same they are left alone, with what is open of them."""
    paused, cancelled = batch.paused_at is not None, batch.progress.cancelled > 0
    reasons = ".".join(sorted(f"{failure.code}{failure.count}" for failure in failures))
    return f"{batch.state}-{paused:d}{cancelled:d}{batch.priority}-{reasons}"


# What people do with it


def doing(act: Callable[[Batch, User, HtmxRequest], None]) -> Callable[..., HttpResponseBase]:
    """A page that does `act` with a batch, and answers with how it stands then."""

    @require_POST
    @brand_page(Act.REQUEST)
    def page(request: HtmxRequest, brand: Brand, pk: int) -> HttpResponse:
        batch = selectors.batch(brand, pk)
        act(batch, request.user, request)
        if not request.htmx:
            return redirect(address("show", batch))
        context = {
            **standing(request, selectors.batch(brand, pk)),
            "only": wanted_state(request),
            "moved": True,
            "watching": True,  # the grid follows with the next look
        }
        return render(request, "generation/batches/partials/done.html", context)

    return page


def _retry(batch: Batch, by: User, request: HtmxRequest) -> None:
    cancelled = request.POST.get("cancelled") == "true"
    controls.retry(batch, by, reason=request.POST.get("reason", ""), cancelled=cancelled)


def _set_priority(batch: Batch, by: User, request: HtmxRequest) -> None:
    priority = row_number(request.POST.get("priority", ""))
    if priority is None:
        raise Invalid("Choose a priority.")
    controls.set_priority(batch, by, priority)


pause = doing(lambda batch, by, _: controls.pause(batch, by))
resume = doing(lambda batch, by, _: controls.resume(batch, by))
cancel = doing(lambda batch, by, _: controls.cancel(batch, by))
retry = doing(_retry)
priority = doing(_set_priority)


def address(name: str, batch: Batch) -> str:
    return reverse(f"batches:{name}", args=[batch.brand.slug, batch.pk])
