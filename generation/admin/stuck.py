"""The page of what is stuck: all of it for the operator, and for others what is of the brands they curate."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from brandkit.accounts.policy import Act, brands_for
from brandkit.accounts.scoped import person
from brandkit.accounts.site import AdminSite, is_operator
from generation.watching.finding import Scope
from generation.watching.stuck import look


@never_cache
@require_safe
def stuck(request: HttpRequest) -> HttpResponse:
    """As it is now."""
    context = {
        **admin.site.each_context(request),
        "title": "What is stuck",
        "found": look(_scope(request)),
        "now": timezone.now(),
    }
    return TemplateResponse(request, "generation/admin/stuck.html", context)


def _scope(request: HttpRequest) -> Scope:
    if is_operator(request):
        return Scope()
    return Scope(brands=list(brands_for(person(request), Act.CURATE).values_list("pk", flat=True)))


AdminSite.pages.append(path("stuck/", admin.site.admin_view(stuck), name="stuck"))
