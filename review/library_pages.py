"""The library: what is published, and where it came from."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.views.decorators.http import require_POST, require_safe

from brandkit.accounts.models import Brand
from brandkit.accounts.policy import Act, may
from brandkit.common.errors import Invalid
from brandkit.common.numbers import row_number
from brandkit.web.pages import HtmxRequest, brand_page
from generation.files import picture
from review import library, origin
from review.publishing import actions
from review.showing import find, told


@require_safe
@brand_page(Act.SEE)
def shelf(request: HtmxRequest, brand: Brand) -> HttpResponse:
    """The library: what is published, narrowed down as asked."""
    wanted = library.Wanted.of(request.GET)
    page = library.page_of(library.shown(brand, wanted), request.GET)
    query = request.GET.copy()
    for place in ("before", "after"):
        query.pop(place, None)
    shown = {"page": page, "wanted": wanted, "query": query.urlencode(), **library.choices(brand)}
    return render(request, "review/library.html", {**shown, "stuck": library.not_public_yet(brand)})


@require_safe
@brand_page(Act.SEE)
def asset(request: HtmxRequest, brand: Brand, name: str, number: int | None = None) -> HttpResponse:
    """One asset: its files, its addresses, and where it came from."""
    version = library.version_of(brand, name, number)
    review = find(brand, version.review_id)
    return render(
        request,
        "review/asset.html",
        {
            "version": version,
            "asset": version.asset,
            "rendition": version.renditions.all()[0],
            "current": library.version_of(brand, name, None) == version,
            "versions": version.asset.versions.order_by("-number"),
            "may_review": may(request.user, Act.REVIEW, brand),
            **told(review),
        },
    )


@require_safe
@brand_page(Act.SEE)
def thumbnail(request: HtmxRequest, brand: Brand, name: str, number: int) -> HttpResponseBase:
    """What was published, small; also after it was taken back."""
    rendition = library.version_of(brand, name, number).renditions.first()
    return picture(request, rendition, "thumbnail", ("thumbnail",))


@require_POST
@brand_page(Act.REVIEW)
def unpublish(request: HtmxRequest, brand: Brand, name: str, number: int) -> HttpResponse:
    """Take a version back."""
    version = library.version_of(brand, name, number)
    actions.unpublish(version=version, by=request.user)
    messages.success(
        request, f"{version.asset} version {number} is taken back. Its addresses answer 410 now."
    )
    return redirect("review:version", brand.slug, name, number)


@require_safe
@brand_page(Act.SEE)
def compare(request: HtmxRequest, brand: Brand) -> HttpResponse:
    """Two pictures side by side, and just what differs in what they were made from."""
    picked = list(dict.fromkeys(map(row_number, request.GET.getlist("pick"))))
    if len(picked) != 2 or None in picked:
        raise Invalid("Choose two pictures in the library; that many can be compared.")
    one, two = (find(brand, pk) for pk in picked if pk is not None)
    differ, same = origin.compare(one.output.generation, two.output.generation)
    return render(
        request,
        "review/compare.html",
        {
            "pair": (one, two),
            "differ": differ,
            "same": same,
            "alike": one.output.sha256 == two.output.sha256,
        },
    )


urlpatterns: list[URLPattern] = [
    path("library/", shelf, name="library"),
    path("library/compare/", compare, name="compare"),
    path("library/<slug:name>/", asset, name="asset"),
    path("library/<slug:name>/<int:number>/", asset, name="version"),
    path("library/<slug:name>/<int:number>/thumbnail", thumbnail, name="thumbnail"),
    path("library/<slug:name>/<int:number>/unpublish", unpublish, name="unpublish"),
]
