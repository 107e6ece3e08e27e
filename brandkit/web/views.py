"""The way in: home. And where everything else ends: what broke."""

import sys
from typing import cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.csrf import csrf_failure
from django.views.decorators.http import require_safe
from django.views.defaults import server_error

from brandkit.accounts.models import User
from brandkit.accounts.policy import brands_for
from brandkit.common.errors import StorageFailed
from brandkit.common.problems import FULL
from brandkit.common.storage import is_full
from brandkit.web.pages import HtmxRequest, error_page


@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """The only brand's studio, or a choice of brands, or what to do where there is none."""
    brands = list(brands_for(cast(User, request.user)))
    if len(brands) == 1:
        return redirect("studio:home", brands[0].slug)
    return render(request, "web/home.html", {"brands": brands})


def broken(request: HttpRequest) -> HttpResponse:
    """Django calls it with an error that nobody caught. A full disk is told as what it is, on any page."""
    if is_full(sys.exc_info()[1]):
        return error_page(cast(HtmxRequest, request), StorageFailed(FULL))
    return server_error(request)


def too_old(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django calls it with a form from before the last sign-in. Scripts are told in JSON.

    401 for them, not 403: it is the sign-in that does not fit, so they keep what they show.
    """
    if request.get_preferred_type(["text/html", "application/json"]) == "application/json":
        words = "This page is older than your sign-in. Load it again, then try again."
        return JsonResponse({"message": words}, status=401)
    return csrf_failure(request, reason)
