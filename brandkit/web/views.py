"""The way in: home. And where everything else ends: what broke."""

import sys
from typing import cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
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
