"""The keys of the desk: which do what, and each person's own."""

from collections.abc import Mapping
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.views.decorators.http import require_POST, require_safe

from brandkit.accounts.models import Brand
from brandkit.accounts.policy import Act
from brandkit.web.pages import HtmxRequest, brand_page
from review import keys


@require_safe
@brand_page(Act.REVIEW)
def own(request: HtmxRequest, brand: Brand) -> HttpResponse:
    """Each action with its key, to be changed."""
    on, mine = keys.of(request.user)
    return _page(request, on, {name: keys.readable(key) for name, key in mine.items()}, {})


@require_POST
@brand_page(Act.REVIEW)
def save(request: HtmxRequest, brand: Brand) -> HttpResponse:
    """Other keys, the usual ones again, or none."""
    on = request.POST.get("on") == "on"
    if "reset" in request.POST:
        keys.reset(user=request.user)
        messages.success(request, "The usual keys are back.")
        return redirect("review:keys", brand.slug)
    said = {name: request.POST[name] for name in keys.USUAL if name in request.POST}
    try:
        keys.set_keys(user=request.user, keys=said, on=on)
    except keys.BadKeys as error:
        return _page(request, on, said, error.errors, error.status)
    messages.success(request, "Your keys are saved." if on else "Single keys are off; every button stays.")
    return redirect("review:keys", brand.slug)


def _page(
    request: HtmxRequest, on: bool, said: Mapping[str, str], errors: Mapping[str, str], status: int = 200
) -> HttpResponse:
    groups: list[tuple[str, list[dict[str, Any]]]] = [
        (
            group,
            [
                {"action": one, "key": said.get(one.name, ""), "error": errors.get(one.name, "")}
                for one in actions
            ],
        )
        for group, actions in groupby(keys.ACTIONS, key=lambda action: action.group)
    ]
    shown = {"on": on, "groups": groups, "errors": errors}
    return render(request, "review/keys.html", shown, status=status)


urlpatterns: list[URLPattern] = [
    path("review/keys/", own, name="keys"),
    path("review/keys/save", save, name="keys-save"),
]
