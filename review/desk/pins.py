"""Pins from the desk: put, changed, settled, deleted."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import URLPattern, path
from django.views.decorators.http import require_POST

from brandkit.accounts.models import Brand
from brandkit.accounts.policy import Act
from brandkit.common.errors import Invalid
from brandkit.web.pages import HtmxRequest, brand_page
from review import pins
from review.models import Review
from review.showing import find


@require_POST
@brand_page(Act.REVIEW)
def add(request: HtmxRequest, brand: Brand, pk: int) -> HttpResponse:
    """Put one. x, y: percent of the picture's width and height, as people write them."""
    review = find(brand, pk)
    x, y = (share(request.POST.get(name, "")) for name in ("x", "y"))
    pins.add(review=review, by=request.user, x=x, y=y, words=request.POST.get("words", ""))
    return listed(request, review, "The pin is put.")


@require_POST
@brand_page(Act.REVIEW)
def edit(request: HtmxRequest, brand: Brand, pk: int, pin: int) -> HttpResponse:
    """Say something else."""
    review = find(brand, pk)
    pins.edit(pin=pins.find(review, pin), by=request.user, words=request.POST.get("words", ""))
    return listed(request, review, "The pin is changed.")


@require_POST
@brand_page(Act.REVIEW)
def change(request: HtmxRequest, brand: Brand, pk: int, pin: int, act: str) -> HttpResponse:
    """What needs no words."""
    do, told = ACTS[act]
    review = find(brand, pk)
    do(pin=pins.find(review, pin), by=request.user)
    return listed(request, review, told)


ACTS: dict[str, tuple[Callable[..., None], str]] = {
    "resolve": (pins.resolve, "The pin is resolved."),
    "reopen": (pins.reopen, "The pin is open again."),
    "delete": (pins.delete, "The pin is deleted."),
}


def share(percent: str) -> float:
    """Raises Invalid for what is no number."""
    try:
        return float(percent) / 100
    except ValueError:
        raise Invalid("Say where the pin goes, in percent from the left and from the top.") from None


def listed(request: HtmxRequest, review: Review, told: str) -> HttpResponse:
    """The list as it is now, or the page that it is on."""
    if not request.htmx:
        messages.success(request, told)
        return redirect(resolve_url("review:show", review.brand.slug, review.pk) + "#pins")
    context = {"review": review, "told": told, **pins.for_desk(review, request.user)}
    return render(request, "review/partials/pins.html", context)


urlpatterns: list[URLPattern] = [
    path("review/<int:pk>/pins/add", add, name="pin-add"),
    path("review/<int:pk>/pins/<int:pin>/edit", edit, name="pin-edit"),
    *(path(f"review/<int:pk>/pins/<int:pin>/{act}", change, {"act": act}, name=f"pin-{act}") for act in ACTS),
]
