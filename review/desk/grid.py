"""Many small pictures, judged at one stroke."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from brandkit.accounts.models import Brand
from brandkit.accounts.policy import Act
from brandkit.common.errors import Invalid
from brandkit.common.numbers import row_number, row_numbers
from brandkit.web.pages import HtmxRequest, brand_page
from review import deciding, keys, reasons, waiting
from review.desk.answers import answer, json_page, wants_json
from review.desk.page import address, carry, last_act
from review.models import Review, Verdict
from review.wanted import Wanted

PAGE = 60
TOLD = 10
"""So many refusals at most are told by name without scripts."""


@require_safe
@brand_page(Act.REVIEW)
def grid(request: HtmxRequest, brand: Brand) -> HttpResponse:
    """What waits, small. after: the number of the last on the page before; `?part=tiles`: more of them."""
    wanted, after = Wanted.of(request.GET), row_number(request.GET.get("after", "")) or 0
    user = request.user
    found = waiting.in_order(brand=brand, user=user, wanted=wanted, after=after, count=PAGE + 1)
    last = found[PAGE - 1].pk if len(found) > PAGE else 0
    shown = {
        "rows": found[:PAGE],
        "more": address("grid", brand, wanted=wanted, after=last) if last else "",
    }
    if request.GET.get("part") == "tiles":
        return render(request, "review/partials/more_tiles.html", shown)
    return render(request, "review/grid.html", shown | _around(request, wanted) | {"after": after})


@require_POST
@json_page(Act.REVIEW)
def bulk(request: HtmxRequest, brand: Brand) -> HttpResponse:
    """One verdict on many, and which ones it could not be given on, with why. Raises Invalid, NotFound."""
    said, wanted = request.POST, Wanted.of(request.GET)
    verdict = said.get("verdict", "")
    try:
        stroke = deciding.decide_many(
            brand=brand,
            reviews=row_numbers(said.getlist("ids")),
            by=request.user,
            verdict=verdict,
            reasons=said.getlist("reason") if verdict == Verdict.REJECTED else [],
            note=said.get("note", ""),
        )
    except Invalid as error:
        if wants_json(request):
            raise
        messages.error(request, error.message)
        return redirect(address("grid", brand, wanted=wanted))
    if not wants_json(request):
        _tell(request, stroke, verdict)
        return redirect(address("grid", brand, wanted=wanted))
    return answer(
        act=stroke.act,
        words=_words(stroke, verdict),
        done=[review.pk for review in stroke.done],
        refused=[[review.pk, why] for review, why in stroke.refused],
        seconds=round((stroke.until - timezone.now()).total_seconds(), 1) if stroke.until else 0,
    )


def _around(request: HtmxRequest, wanted: Wanted) -> dict[str, Any]:
    brand, user = request.brand, request.user
    return {
        "wanted": wanted,
        "carry": carry(wanted),
        "choices": waiting.choices(brand, wanted),
        "count": waiting.counted(waiting.queue(brand, user, wanted)),
        "most": waiting.COUNTED,
        "at_once": deciding.AT_ONCE,
        "reasons": reasons.offered(brand),
        "last": last_act(brand, user),
        "desk_keys": keys.for_page(user, keys.GRID),
    }


def _words(stroke: deciding.Stroke, verdict: str) -> str:
    done = f"{len(stroke.done)} {Verdict(verdict).label.lower()}."
    if any(review.is_undecided for review in stroke.done):
        done = f"{done} Second approvals are somebody else's."
    return f"{done} {len(stroke.refused)} not." if stroke.refused else done


def _tell(request: HtmxRequest, stroke: deciding.Stroke, verdict: str) -> None:
    """As messages on the next page, where no script shows it on the pictures themselves."""
    if stroke.done:
        messages.success(request, _words(stroke, verdict))
    for review, why in stroke.refused[:TOLD]:
        messages.error(request, f"{_name(review)}: {why}")
    if len(stroke.refused) > TOLD:
        messages.error(request, f"{len(stroke.refused) - TOLD} more could not be decided on.")


def _name(review: Review) -> str:
    generation = review.output.generation
    return f"{generation.subject}, {generation.scene_version.scene}"


urlpatterns: list[URLPattern] = [
    path("review/grid/", grid, name="grid"),
    path("review/bulk", bulk, name="bulk"),
]
