"""What every page stands on: who may see it, and how an error is told.

It lives here and not in `brandkit.common`, which knows no people and no brands.
"""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Concatenate, ParamSpec, cast
from urllib.parse import urlsplit, urlunsplit

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render, resolve_url
from django_htmx.http import HttpResponseClientRedirect, reswap, retarget
from django_htmx.middleware import HtmxDetails

from brandkit.accounts.models import Brand, User
from brandkit.accounts.policy import Act, require
from brandkit.common.errors import BrandkitError, NotFound, TooManyTries

P = ParamSpec("P")


class HtmxRequest(HttpRequest):
    """A signed-in person's request, as pages see it: `htmx` is true where a part of a page is asked for."""

    user: User
    htmx: HtmxDetails
    brand: Brand


BrandView = Callable[Concatenate[HtmxRequest, Brand, P], HttpResponseBase]
SlugView = Callable[Concatenate[HttpRequest, str, P], HttpResponseBase]

HELP = {
    HTTPStatus.FORBIDDEN: "Ask an owner of the brand if you should be able to do this.",
    HTTPStatus.NOT_FOUND: "Check the address, or go back to where you came from.",
    HTTPStatus.CONFLICT: "Load the page again to see how things stand now.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "Go back, change it, and try again.",
    HTTPStatus.GONE: "The library shows what is published today.",
}


def brand_page(act: Act) -> Callable[[BrandView[P]], SlugView[P]]:
    """A page below /b/<brand>/, for people who may do `act` there.

    The view gets the Brand instead of its slug, and `request.brand` for the templates. Whoever is not signed
    in is sent to the sign-in page; an unknown brand and one of other people are both a 404. A BrandkitError
    that the view raises becomes a page, or a toast where htmx asked.
    """

    def decorate(view: BrandView[P]) -> SlugView[P]:
        @wraps(view)
        def page(request: HttpRequest, brand: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            asked = cast(HtmxRequest, request)
            if not request.user.is_authenticated:
                return to_sign_in(asked)
            try:
                asked.brand = brand_of_slug(brand)
                require(asked.user, act, asked.brand)
                return view(asked, asked.brand, *args, **kwargs)
            except BrandkitError as error:
                return error_page(asked, error)

        return cast(SlugView[P], page)

    return decorate


def brand_of_slug(slug: str) -> Brand:
    """Raises NotFound."""
    try:
        return Brand.objects.get(slug=slug)
    except Brand.DoesNotExist:
        raise NotFound from None


def to_sign_in(request: HtmxRequest) -> HttpResponse:
    """Sends the whole page to the sign-in, also where htmx asked for a part of it only.

    The way back is the page that somebody was on: the address of what they pressed answers no GET.
    """
    if request.htmx:
        back = request.htmx.current_url_abs_path or "/"
        return HttpResponseClientRedirect(redirect_to_login(back).url)
    if request.method == "POST":
        return redirect_to_login(came_from(request))
    return redirect_to_login(request.get_full_path())


def came_from(request: HttpRequest) -> str:
    """The page of ours that a form was on, without its host; the start where the browser does not tell."""
    page = urlsplit(request.headers.get("Referer", ""))
    ours = page.netloc == request.get_host()
    return urlunsplit(("", "", page.path, page.query, "")) if ours and page.path else "/"


def locked_out(request: HttpRequest, *args: object) -> HttpResponse:
    """What somebody sees who gave ten wrong passwords in a row; called by axes with the failed sign-in."""
    return error_page(cast(HtmxRequest, request), TooManyTries())


def error_page(request: HtmxRequest, error: BrandkitError) -> HttpResponse:
    """The error in its own words and with its own status: a page, or a toast where htmx asked."""
    words = {"message": error.message, "help": HELP.get(HTTPStatus(error.status), ""), "level": "error"}
    if not request.htmx:
        words["status"] = str(error.status)
        words["back"] = resolve_url("web:home")
        return render(request, "web/error.html", words, status=error.status)
    toast = render(request, "web/partials/toast.html", words, status=error.status)
    return reswap(retarget(toast, "#toasts"), "beforeend")
