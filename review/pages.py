"""The review desk and the library."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import push_url, retarget

from brandkit.accounts.models import Brand
from brandkit.accounts.policy import Act, may
from brandkit.common.errors import Conflict, Invalid, NotFound, StorageFailed
from brandkit.common.numbers import row_number
from brandkit.web.pages import HtmxRequest, brand_page
from generation.files import picture
from review import library, origin, services
from review.models import Decision, Review
from review.publishing import actions
from review.publishing.renditions import Unfit

STRIP = 12
"""How many of the waiting pictures the desk shows small."""

COUNTED = 100
"""No more than so many of the waiting pictures are counted."""


@require_safe
@brand_page(Act.REVIEW)
def desk(request: HtmxRequest, brand: Brand) -> HttpResponse:
    """The next picture, or that there is none. `after`: the number of one that was skipped."""
    after = row_number(request.GET.get("after", "")) or 0
    review = services.take_next(brand=brand, user=request.user, after=after)
    if review:
        return redirect("review:show", brand.slug, review.pk)
    undecided = Review.objects.undecided().filter(brand=brand)
    own = 0 if brand.allow_self_review else counted(undecided.asked_for_by(request.user))
    held = services.queue(brand, request.user).select_related("claimed_by")[:STRIP]
    return render(request, "review/empty.html", {"own": own, "held": held, "most": COUNTED})


@require_safe
@brand_page(Act.SEE)
def show(request: HtmxRequest, brand: Brand, pk: int) -> HttpResponse:
    """One picture beside what it was made from. Whoever may decide on it holds it from now on."""
    return _desk(request, find(brand, pk))


@require_POST
@brand_page(Act.REVIEW)
def decide(request: HtmxRequest, brand: Brand, pk: int) -> HttpResponse:
    """The verdict, and on to the next picture."""
    review, said = find(brand, pk), request.POST
    verdict = said.get("verdict", "")
    reason = said.get("reason", "") if verdict == Decision.Verdict.REJECTED else ""
    try:
        services.decide(
            review=review, by=request.user, verdict=verdict, reason=reason, note=said.get("note", "")
        )
    except Invalid as error:
        page = _desk(request, find(brand, pk), problem=error.message, status=error.status)
        return push_url(retarget(page, "#desk"), False)
    except Conflict as error:
        messages.error(request, error.message)
    else:
        _tell(request, review)
    return redirect("review:desk", brand.slug)


@require_POST
@brand_page(Act.REVIEW)
def hold(request: HtmxRequest, brand: Brand, pk: int) -> HttpResponse:
    """Hold on to a picture while somebody works on it."""
    services.claim(review=find(brand, pk), by=request.user)
    return HttpResponse(status=204)


@require_POST
@brand_page(Act.REVIEW)
def skip(request: HtmxRequest, brand: Brand, pk: int) -> HttpResponse:
    """Put a picture back for others, and on to the one behind it."""
    services.release(review=find(brand, pk), by=request.user)
    response = redirect("review:desk", brand.slug)
    response["Location"] += f"?after={pk}"
    return response


@require_POST
@brand_page(Act.REVIEW)
def publish(request: HtmxRequest, brand: Brand, pk: int) -> HttpResponse:
    """Once more, after the store has failed."""
    review = find(brand, pk)
    try:
        actions.publish(review=review, by=request.user)
    except (StorageFailed, Unfit) as error:
        messages.error(request, error.message)
    else:
        _tell(request, review)
    return redirect("review:show", brand.slug, pk)


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
            **_told(review),
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


def counted(reviews: QuerySet[Review]) -> int:
    """How many these are, COUNTED where there are more."""
    return reviews.values("pk")[:COUNTED].count()


def find(brand: Brand, pk: int) -> Review:
    """Raises NotFound."""
    review = Review.objects.for_desk().filter(brand=brand, pk=pk).first()
    if review is None:
        raise NotFound
    return review


def _desk(request: HtmxRequest, review: Review, *, problem: str = "", status: int = 200) -> HttpResponse:
    """The page of one review, for those who decide on it and for those who look."""
    held = ""
    may_review = may(request.user, Act.REVIEW, review.brand)
    mine = review.is_closed_to(request.user)
    undecided = review.state in (Review.State.WAITING, Review.State.CLAIMED)
    if undecided and may_review and not mine:
        try:
            services.claim(review=review, by=request.user)
        except Conflict as error:
            held = error.message
    waiting = services.queue(review.brand, request.user).select_related(
        "claimed_by", "output__generation__subject"
    )
    context = {
        "undecided": undecided,
        "may_review": may_review,
        "mine": mine,
        "held": held,
        "may_decide": undecided and may_review and not mine and not held,
        "problem": problem,
        "unfit": actions.why_unfit(review),
        "said": request.POST,
        "reasons": Decision.Reason.choices,
        "waiting": waiting[:STRIP],
        "count": counted(waiting),
        "most": COUNTED,
        **_told(review),
    }
    return render(request, "review/desk.html", context, status=status)


def _told(review: Review) -> dict[str, Any]:
    """What every page about one picture tells: what it was made from, and what happened to it."""
    output = review.output
    attempts = list(output.generation.attempts.all())
    return {
        "review": review,
        "output": output,
        "generation": output.generation,
        "inputs": origin.inputs(output.generation),
        "attempts": attempts,
        "cost": sum(attempt.cost for attempt in attempts),
        "trail": origin.trail(review),
        "decision": review.decisions.select_related("decided_by").last(),
    }


def _tell(request: HtmxRequest, review: Review) -> None:
    """What a verdict led to, as a message on the next page."""
    subject = review.output.generation.subject
    if review.state == Review.State.PUBLISHED:
        messages.success(request, f"{subject}: approved and published as {review.asset_version.asset}.")
    elif review.state == Review.State.APPROVED:
        messages.error(request, f"{subject}: approved, but not published yet. {review.problem}")
    else:
        messages.success(request, f"{subject}: rejected.")
