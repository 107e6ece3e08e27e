"""What was decided on the pictures that somebody asked for."""

from django.db.models import Prefetch, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.views.decorators.http import require_safe

from brandkit.accounts.models import Brand, User
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
    verdicts = Decision.objects.filter(review__in=asked_for_by(request.user), review__brand=brand)
    shown = (
        telling.standing(verdicts)
        .select_related(
            "decided_by",
            "review__scene",
            "review__output__generation__subject",
            "review__output__generation__output_format",
        )
        .prefetch_related("reasons", Prefetch("review__pins", Pin.objects.select_related("by")))
    )
    page = newest_first(shown, ON_A_PAGE, before=before, after=after)
    return render(request, "review/told.html", {"page": page})


def asked_for_by(user: User) -> "QuerySet[Review, int]":
    """Numbers of all reviews of what they wanted; two indexes find them, where OR would walk the brand."""
    reviews = Review.objects.order_by().values_list("pk", flat=True)
    return reviews.filter(requested_by=user).union(reviews.filter(asked_again_by=user))


urlpatterns: list[URLPattern] = [
    path("verdicts/", told, name="told"),
]
