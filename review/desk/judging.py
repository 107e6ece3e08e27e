"""The desk: one picture, and its verdict."""

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import push_url, retarget

from brandkit.accounts.models import Brand
from brandkit.accounts.policy import Act, may
from brandkit.common.errors import Conflict, Invalid, StorageFailed
from brandkit.common.numbers import row_number
from brandkit.web.pages import HtmxRequest, brand_page
from review import deciding, reasons, waiting
from review.claiming import claim, release, why_closed
from review.models import Review, Verdict
from review.publishing import actions
from review.publishing.renditions import Unfit
from review.showing import find, told

STRIP = 12
"""How many of the waiting pictures the desk shows small."""

COUNTED = 100
"""No more than so many of the waiting pictures are counted."""


@require_safe
@brand_page(Act.REVIEW)
def desk(request: HtmxRequest, brand: Brand) -> HttpResponse:
    """The next picture, or that there is none. `after`: the number of one that was skipped."""
    after = row_number(request.GET.get("after", "")) or 0
    review = waiting.take_next(brand=brand, user=request.user, after=after)
    if review:
        return redirect("review:show", brand.slug, review.pk)
    undecided = Review.objects.undecided().filter(brand=brand)
    own = 0 if brand.allow_self_review else counted(undecided.asked_for_by(request.user))
    held = waiting.queue(brand, request.user).select_related("claimed_by")[:STRIP]
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
    given = said.getlist("reason") if verdict == Verdict.REJECTED else []
    try:
        deciding.decide(
            review=review, by=request.user, verdict=verdict, reasons=given, note=said.get("note", "")
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
    claim(review=find(brand, pk), by=request.user)
    return HttpResponse(status=204)


@require_POST
@brand_page(Act.REVIEW)
def skip(request: HtmxRequest, brand: Brand, pk: int) -> HttpResponse:
    """Put a picture back for others, and on to the one behind it."""
    release(review=find(brand, pk), by=request.user)
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


def counted(reviews: QuerySet[Review]) -> int:
    """How many these are, COUNTED where there are more."""
    return reviews.values("pk")[:COUNTED].count()


def _desk(request: HtmxRequest, review: Review, *, problem: str = "", status: int = 200) -> HttpResponse:
    """The page of one review, for those who decide on it and for those who look."""
    held = ""
    may_review = may(request.user, Act.REVIEW, review.brand)
    mine = why_closed(review, request.user)
    undecided = review.is_undecided
    if undecided and may_review and not mine:
        try:
            claim(review=review, by=request.user)
        except Conflict as error:
            held = error.message
    queue = waiting.queue(review.brand, request.user).select_related(
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
        "reasons": [(reason.code, reason.words) for reason in reasons.offered(review.brand)],
        "waiting": queue[:STRIP],
        "count": counted(queue),
        "most": COUNTED,
        **told(review),
    }
    return render(request, "review/desk.html", context, status=status)


def _tell(request: HtmxRequest, review: Review) -> None:
    """What a verdict led to, as a message on the next page."""
    subject = review.output.generation.subject
    if review.state == Review.State.PUBLISHED:
        messages.success(request, f"{subject}: approved and published as {review.asset_version.asset}.")
    elif review.state == Review.State.APPROVED:
        messages.success(request, f"{subject}: approved. It is published in some seconds.")
    else:
        messages.success(request, f"{subject}: rejected.")


urlpatterns: list[URLPattern] = [
    path("review/", desk, name="desk"),
    path("review/<int:pk>/", show, name="show"),
    path("review/<int:pk>/decide", decide, name="decide"),
    path("review/<int:pk>/hold", hold, name="hold"),
    path("review/<int:pk>/skip", skip, name="skip"),
    path("review/<int:pk>/publish", publish, name="publish"),
]
