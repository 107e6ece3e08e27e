"""What scripts of the desk are answered: JSON where they ask for it, an error in its own words."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, cast

from django.http import HttpRequest, HttpResponseBase, JsonResponse

from brandkit.accounts.policy import Act, require
from brandkit.common.errors import BrandkitError
from brandkit.web.pages import BrandView, HtmxRequest, SlugView, brand_of_slug, brand_page

P = ParamSpec("P")


class SignedOut(BrandkitError):
    """You are signed out. Sign in on another page, then try again."""

    status = 401
    code = "signed_out"


def wants_json(request: HttpRequest) -> bool:
    """Whether a script asks, and not the browser for a page."""
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"


def answer(**told: Any) -> JsonResponse:
    """What was done, for a script."""
    return JsonResponse(told)


def refusal(error: BrandkitError) -> JsonResponse:
    """The error in its own words and with its own status: `{"message": …}`."""
    return JsonResponse({"message": error.message}, status=error.status)


def json_page(act: Act) -> Callable[[BrandView[P]], SlugView[P]]:
    """As `brand_page`; but whoever asks for JSON is told of errors in JSON, and never sent to the sign-in."""

    def decorate(view: BrandView[P]) -> SlugView[P]:
        page = brand_page(act)(view)

        @wraps(view)
        def either(request: HttpRequest, brand: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if not wants_json(request):
                return page(request, brand, *args, **kwargs)
            asked = cast(HtmxRequest, request)
            try:
                if not request.user.is_authenticated:
                    raise SignedOut
                asked.brand = brand_of_slug(brand)
                require(asked.user, act, asked.brand)
                return view(asked, asked.brand, *args, **kwargs)
            except BrandkitError as error:
                return refusal(error)

        return cast(SlugView[P], either)

    return decorate
