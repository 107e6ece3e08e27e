"""The way in: home."""

from typing import cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from brandkit.accounts.models import User
from brandkit.accounts.policy import brands_for


@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """The only brand's studio, or a choice of brands, or what to do where there is none."""
    brands = list(brands_for(cast(User, request.user)))
    if len(brands) == 1:
        return redirect("studio:home", brands[0].slug)
    return render(request, "web/home.html", {"brands": brands})
