"""The desk: one picture, and its verdict."""

from contextlib import suppress
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.views.decorators.http import require_POST, require_safe

from brandkit.accounts.models import Brand
from brandkit.accounts.policy import Act
from brandkit.common.errors import Conflict, Invalid, NotAllowed, NotFound, StorageFailed
from brandkit.common.numbers import row_number
from brandkit.web.pages import HtmxRequest, brand_page
from review import deciding, waiting
from review.claiming import claim, release, take_over
from review.desk import live
from review.desk.answers import answer, json_page, wants_json
from review.desk.page import address, around, desk_page, not_free, said_words
from review.models import Decision, Review, Verdict
from review.publishing import actions
from review.publishing.renditions import Unfit
from review.showing import find
from review.wanted import Wanted


@require_safe
@brand_page(Act.REVIEW)
def desk(request: HtmxRequest, brand: Brand) -> HttpResponse:
    """On to the next picture, or that there is none. `after`: the number of one that was skipped."""
    after, wanted = row_number(request.GET.get("after", "")) or 0, Wanted.of(request.GET)
    review = waiting.next_for(brand=brand, user=request.user, after=after, wanted=wanted)
    if review:
        return redirect(address("show", brand, review.pk, wanted=wanted))
    return render(request, "review/empty.html", around(request) | not_free(brand, request.user, wanted))


@require_safe
@brand_page(Act.SEE)
def show(request: HtmxRequest, brand: Brand, pk: int) -> HttpResponse:
    """One picture beside what it was made from. Looking changes nothing: `hold` claims it."""
    return desk_page(request, find(brand, pk))


@require_POST
@json_page(Act.REVIEW)
def decide(request: HtmxRequest, brand: Brand, pk: int) -> HttpResponse:
    """The verdict, and on to the next picture."""
    review, verdict = find(brand, pk), request.POST.get("verdict", "")
    given = [] if verdict == Verdict.APPROVED else request.POST.getlist("reason")
    note = request.POST.get("note", "")
    try:
        decision = deciding.decide(review=review, by=request.user, verdict=verdict, reasons=given, note=note)
    except (Invalid, Conflict) as error:
        if wants_json(request):
            raise
        if isinstance(error, Invalid):
            said = {"problem": error.message, "said": request.POST, "chosen": given}
            return desk_page(request, find(brand, pk), said=said, status=error.status)
        messages.error(request, error.message)
    else:
        if wants_json(request):
            return answer(act=decision.act, undo_until=decision.undo_until, words=said_words(decision))
    return redirect(address("desk", brand, wanted=Wanted.of(request.GET)))


@require_POST
@json_page(Act.REVIEW)
def undo(request: HtmxRequest, brand: Brand) -> HttpResponse:
    """Take back what one decided at one stroke, `act`. A single picture is there again at once."""
    act, wanted = _act(request), Wanted.of(request.GET)
    if not Decision.objects.filter(act=act, review__brand=brand).exists():
        raise NotFound
    stroke = deciding.undo(act=act, by=request.user)
    if not stroke.done:
        raise Conflict(stroke.refused[0][1])
    single = len(stroke.done) + len(stroke.refused) == 1
    name, numbers = ("show", [stroke.done[0].pk]) if single else ("desk", [])
    url, words = address(name, brand, *numbers, wanted=wanted), _undone(stroke)
    if wants_json(request):
        return answer(words=words, url=url, reviews=[review.pk for review in stroke.done])
    messages.success(request, words)
    return redirect(url)


@require_POST
@brand_page(Act.REVIEW)
def supersede(request: HtmxRequest, brand: Brand, pk: int) -> HttpResponse:
    """Another verdict in place of the last one, with why."""
    review, said = find(brand, pk), request.POST
    verdict = said.get("verdict", "")
    given = [] if verdict == Verdict.APPROVED else said.getlist("reason")
    try:
        decision = deciding.supersede(
            review=review,
            by=request.user,
            verdict=verdict,
            why=said.get("why", ""),
            reasons=given,
            note=said.get("note", ""),
        )
    except Invalid as error:
        again = {"change_problem": error.message, "said": said, "chosen": given}
        return desk_page(request, find(brand, pk), said=again, status=error.status)
    except Conflict as error:
        messages.error(request, error.message)
    else:
        messages.success(request, said_words(decision))
    return redirect(address("show", brand, pk, wanted=Wanted.of(request.GET)))


@require_POST
@json_page(Act.REVIEW)
def hold(request: HtmxRequest, brand: Brand, pk: int) -> HttpResponse:
    """Claim a picture, or hold on to it while somebody looks at it.

    Whoever decides at once may be faster than their own claim: that is no mistake, and nothing is held.
    """
    review = find(brand, pk)
    try:
        claim(review=review, by=request.user)
    except (Conflict, NotAllowed):
        last = review.decisions.last()
        if last is None or last.decided_by != request.user:
            raise
        return answer(until=None)
    review.refresh_from_db(fields=["claimed_until"])
    return answer(until=review.claimed_until)


@require_POST
@json_page(Act.REVIEW)
def skip(request: HtmxRequest, brand: Brand, pk: int) -> HttpResponse:
    """Put a picture back for others, where one holds it, and on to the one behind it."""
    review = find(brand, pk)
    if review.is_held and review.claimed_by_id == request.user.pk:
        with suppress(Conflict):
            release(review=review, by=request.user)
    if wants_json(request):
        return answer()
    return redirect(address("desk", brand, wanted=Wanted.of(request.GET), after=pk))


@require_POST
@brand_page(Act.MANAGE)
def take(request: HtmxRequest, brand: Brand, pk: int) -> HttpResponse:
    """An owner takes a picture from whoever looks at it."""
    try:
        take_over(review=find(brand, pk), by=request.user)
    except Conflict as error:
        messages.error(request, error.message)
    return redirect(address("show", brand, pk, wanted=Wanted.of(request.GET)))


@require_POST
@brand_page(Act.REVIEW)
def publish(request: HtmxRequest, brand: Brand, pk: int) -> HttpResponse:
    """Once more, after the store has failed."""
    review = find(brand, pk)
    try:
        version = actions.publish(review=review, by=request.user)
    except (StorageFailed, Unfit, Conflict) as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"{review.output.generation.subject}: published as {version.asset}.")
    return redirect("review:show", brand.slug, pk)


def _act(request: HtmxRequest) -> UUID:
    try:
        return UUID(request.POST.get("act", ""))
    except ValueError:
        raise Invalid("Say which verdict is to be undone.") from None


def _undone(stroke: deciding.Stroke) -> str:
    """In one line, with what could not be undone, and why."""
    if len(stroke.done) == 1 and not stroke.refused:
        return f"{_name(stroke.done[0])}: undone."
    words = f"{len(stroke.done)} undone."
    return " ".join([words, *(f"{_name(review)}: {why}" for review, why in stroke.refused)])


def _name(review: Review) -> str:
    return str(review.output.generation.subject)


urlpatterns: list[URLPattern] = [
    *live.urlpatterns,
    path("review/", desk, name="desk"),
    path("review/undo", undo, name="undo"),
    path("review/<int:pk>/", show, name="show"),
    path("review/<int:pk>/decide", decide, name="decide"),
    path("review/<int:pk>/supersede", supersede, name="supersede"),
    path("review/<int:pk>/hold", hold, name="hold"),
    path("review/<int:pk>/skip", skip, name="skip"),
    path("review/<int:pk>/take-over", take, name="take-over"),
    path("review/<int:pk>/publish", publish, name="publish"),
]
