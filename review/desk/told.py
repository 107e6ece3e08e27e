"""What was decided on the pictures that somebody asked for."""

from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.views.decorators.http import require_safe

from brandkit.accounts.models import Brand
from brandkit.accounts.policy import Act
from brandkit.common.keyset import newest_first
from brandkit.common.numbers import row_number
from brandkit.web.pages import HtmxRequest, brand_page
from review import telling
from review.models import Decision, Pin, Review

ON_A_PAGE = 12


@require_safe
@brand_page(Act.SEE)
def told(request: HtmxRequest, brand: Brand) -> HttpResponse:
    """Newest first. before, after: numbers of verdicts, as the links to the next pages name them."""
    before, after = (row_number(request.GET.get(name, "")) for name in ("before", "after"))
    mine = Review.objects.filter(brand=brand).asked_for_by(request.user)
    verdicts = telling.standing(Decision.objects.filter(review__in=mine))
    shown = verdicts.select_related(
        "decided_by",
        "review__scene",
        "review__output__generation__subject",
        "review__output__generation__output_format",
    ).prefetch_related("reasons", Prefetch("review__pins", Pin.objects.select_related("by")))
    page = newest_first(shown, ON_A_PAGE, before=before, after=after)
    return render(request, "review/told.html", {"page": page})


urlpatterns: list[URLPattern] = [
    path("verdicts/", told, name="told"),
]
