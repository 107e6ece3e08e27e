"""The admin: entered by those who curate a brand, through the same sign-in as everything else."""

from collections.abc import Callable
from typing import Any, ClassVar

from csp.constants import SELF, UNSAFE_EVAL, UNSAFE_INLINE
from csp.decorators import csp_update
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, reverse

from brandkit.accounts.policy import Act
from brandkit.accounts.scoped import may_somewhere
from brandkit.accounts.unfolded import Site

# The skin writes scripts into its pages and evaluates expressions; still, nothing comes from elsewhere.
POLICY = {
    "script-src": [SELF, UNSAFE_INLINE, UNSAFE_EVAL],
    "style-src": [SELF, UNSAFE_INLINE],
}


class AdminSite(Site):
    """Django's permission tables play no part here: the policy decides."""

    index_template = "templates_app/admin/desk.html"
    pages: ClassVar[list[URLPattern]] = []
    """Those that show no single table; other rooms add theirs as the admin is loaded."""

    def get_urls(self) -> list[Any]:
        return [*self.pages, *super().get_urls()]

    def has_permission(self, request: HttpRequest) -> bool:
        return may_curate(request)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """To the sign-in page, also where htmx asked for a part of a page only; who is signed in and may not
        curate goes home."""
        if "HX-Request" in request.headers:
            return HttpResponse(headers={"HX-Refresh": "true"})  # the page, asked for again, leads there
        if request.user.is_authenticated:
            return HttpResponse(status=302, headers={"Location": reverse("web:home")})
        return redirect_to_login(request.GET.get("next") or reverse("admin:index"))

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Any:
        return csp_update(POLICY)(super().admin_view(view, cacheable))


def may_curate(request: HttpRequest) -> bool:
    """For the admin's door and its menu: someone who curates at least one brand, or the operator."""
    return _may(request, Act.CURATE)


def may_manage(request: HttpRequest) -> bool:
    """For the menu: someone who manages at least one brand, or the operator."""
    return _may(request, Act.MANAGE)


def is_operator(request: HttpRequest) -> bool:
    """For the menu: who adds people and brands."""
    return request.user.is_active and request.user.is_superuser


def _may(request: HttpRequest, act: Act) -> bool:
    if not request.user.is_authenticated:
        return False
    return is_operator(request) or may_somewhere(request, act)
