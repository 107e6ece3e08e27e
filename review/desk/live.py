"""What scripts of the desk ask for all the time: what comes next, and who has what."""

from typing import Any

from django.http import HttpResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_safe

from brandkit.accounts.models import Brand, User
from brandkit.accounts.policy import Act
from brandkit.common.numbers import row_number, row_numbers
from brandkit.web.pages import HtmxRequest
from review import waiting
from review.desk.answers import answer, json_page
from review.desk.page import address, pictures, whose
from review.models import Decision, Review
from review.wanted import Wanted

AHEAD = 3
WATCHED = 40
"""No more pictures than so many are asked about at once."""


@require_safe
@json_page(Act.REVIEW)
def ahead(request: HtmxRequest, brand: Brand) -> HttpResponse:
    """The next free ones behind `after`, each with its addresses and those of its pictures; and the count."""
    wanted, after = Wanted.of(request.GET), row_number(request.GET.get("after", "")) or 0
    found = waiting.ahead(brand=brand, user=request.user, after=after, wanted=wanted, count=AHEAD)
    rows = Review.objects.for_desk().in_bulk([review.pk for review in found])
    coming = [
        {
            "review": review.pk,
            "url": address("show", brand, review.pk, wanted=wanted),
            "fragment": address("show", brand, review.pk, wanted=wanted, part="desk"),
            "pictures": pictures(brand, rows[review.pk]),
        }
        for review in found
    ]
    return answer(next=coming, count=waiting.counted(waiting.queue(brand, request.user, wanted)))


@require_safe
@json_page(Act.REVIEW)
def live(request: HtmxRequest, brand: Brand) -> HttpResponse:
    """How the pictures `ids` stand: by number, with the count of what waits."""
    ids = row_numbers(request.GET.get("ids", "").split(","))[:WATCHED]
    rows = Review.objects.filter(brand=brand, pk__in=ids).select_related("claimed_by")
    said = _verdicts([review.pk for review in rows if not review.is_undecided])
    count = waiting.counted(waiting.queue(brand, request.user, Wanted.of(request.GET)))
    told = {review.pk: _standing(review, said.get(review.pk), request.user) for review in rows}
    return answer(reviews=told, count=count)


def _verdicts(ids: list[int]) -> dict[int, Decision]:
    """The last of each."""
    if not ids:
        return {}
    rows = Decision.objects.filter(review__in=ids).select_related("decided_by").order_by("id")
    return {decision.review_id: decision for decision in rows}


def _standing(review: Review, decision: Decision | None, user: User) -> dict[str, Any]:
    held = review.is_held
    return {
        "state": review.state,
        "held_by": str(review.claimed_by) if held else None,
        "mine": held and review.claimed_by_id == user.pk,
        "until": review.claimed_until if held else None,
        "verdict": decision.verdict if decision else None,
        "decided_by": str(decision.decided_by) if decision else None,
        "words": whose(review, decision, user),
    }


urlpatterns: list[URLPattern] = [
    path("review/ahead", ahead, name="ahead"),
    path("review/live", live, name="live"),
]
