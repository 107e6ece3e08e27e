"""What the desk shows of one picture, and of what comes after it."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from brandkit.accounts.models import Brand, User
from brandkit.accounts.policy import Act, acts_of
from brandkit.web.pages import HtmxRequest
from generation.models import Generation, Output
from review import keys, pins, reasons, waiting
from review.claiming import why_closed
from review.models import Decision, Review, Verdict
from review.publishing.actions import why_unfit
from review.showing import told
from review.wanted import Wanted

STRIP = 12
"""How many of the waiting pictures the desk shows small."""


def desk_page(
    request: HtmxRequest, review: Review, *, said: Mapping[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    """The page of one review, for those who decide on it and for those who look; `?part=desk`: what changes.

    said: what somebody sent that can't be taken so, and why (`problem`).
    """
    part = request.GET.get("part") == "desk"
    given = {**_desk(request.brand, request.user, review, Wanted.of(request.GET)), **(said or {})}
    if part:
        return render(request, "review/partials/desk.html", given, status=status)
    return render(request, "review/desk.html", given | around(request), status=status)


def around(request: HtmxRequest) -> dict[str, Any]:
    """What stays on the page while the pictures change."""
    brand, user, wanted = request.brand, request.user, Wanted.of(request.GET)
    return {
        "wanted": wanted,
        "carry": carry(wanted),
        "choices": waiting.choices(brand, wanted),
        "last": last_act(brand, user),
        "desk_keys": keys.for_page(user),
    }


def _desk(brand: Brand, user: User, review: Review, wanted: Wanted) -> dict[str, Any]:
    acts = acts_of(user, brand)
    may_review = Act.REVIEW in acts
    judging = _judging(review, user, acts) if may_review else {}
    asked: dict[str, Any] = {"brand": brand, "user": user, "wanted": wanted}
    return {
        "may_review": may_review,
        "undecided": review.is_undecided,
        "unfit": why_unfit(review),
        "reasons": reasons.offered(brand),
        "before": before(review.output.generation),
        "carry": carry(wanted),
        "strip": waiting.strip(**asked, around=review.pk, count=STRIP) if may_review else [],
        "count": waiting.counted(waiting.queue(**asked)) if may_review else 0,
        "most": waiting.COUNTED,
        **judging,
        **pins.for_desk(review, user),
        **told(review),
        "decision": last_verdict(review),
    }


def _judging(review: Review, user: User, acts: frozenset[Act]) -> dict[str, Any]:
    """What somebody who gives verdicts can do about this one."""
    closed = why_closed(review, user)
    held = review.is_held and review.claimed_by_id != user.pk
    may_decide = review.is_undecided and not closed and not held
    changeable = not review.is_undecided and review.state != Review.State.RECALLED
    return {
        "closed": closed if review.is_undecided else "",
        "held": whose(review, None, user) if held else "",
        "may_decide": may_decide,
        "may_take_over": held and not closed and Act.MANAGE in acts,
        "may_change": changeable and not closed,
    }


def before(generation: Generation) -> Output | None:
    """The picture that a reviewer wanted changed, where this one is what came of it."""
    if generation.parent_id is None:
        return None
    shown = Output.objects.select_related("generation__subject", "generation__scene_version__scene")
    return shown.filter(generation=generation.parent_id).first()


def last_verdict(review: Review) -> Decision | None:
    """The one that counts: none where it was undone."""
    decision = review.decisions.select_related("decided_by").prefetch_related("reasons").last()
    return decision if decision and decision.verdict != Verdict.UNDONE else None


def last_act(brand: Brand, user: User) -> dict[str, Any] | None:
    """What `user` decided last, while it can be undone: its act, its words, and the seconds that are left."""
    decision = (
        Decision.objects.filter(decided_by=user)
        .select_related("review__brand", "review__output__generation__subject")
        .last()
    )
    if decision is None or decision.verdict == Verdict.UNDONE or decision.undo_until is None:
        return None
    left = (decision.undo_until - timezone.now()).total_seconds()
    if left <= 0 or decision.review.brand_id != brand.pk:
        return None
    many = Decision.objects.filter(act=decision.act).count()
    words = (
        f"{many} pictures: {decision.get_verdict_display().lower()}." if many > 1 else said_words(decision)
    )
    return {"act": decision.act, "words": words, "seconds": round(left, 1)}


def said_words(decision: Decision) -> str:
    """What a verdict led to, in one line."""
    review = decision.review
    done = decision.get_verdict_display().lower()
    if decision.verdict == Verdict.APPROVED and review.state == Review.State.WAITING:
        done = "approved; the second approval is somebody else's"
    return f"{review.output.generation.subject}: {done}."


def whose(review: Review, decision: Decision | None, user: User) -> str:
    """Who has a picture or what they said, in one sentence; empty where it is free, or with `user`."""
    if review.is_held and review.claimed_by_id != user.pk:
        until = timezone.localtime(review.claimed_until).strftime("%H:%M")
        return f"{review.claimed_by} is looking at this picture, until {until} at most."
    if decision is None or review.is_undecided:
        return ""
    who = "You have" if decision.decided_by_id == user.pk else f"{decision.decided_by} has"
    done = "asked for changes to" if decision.verdict == Verdict.CHANGES else decision.verdict
    return f"{who} {done} this picture."


def carry(wanted: Wanted) -> str:
    """What every address of the desk ends with, so that a narrowed queue stays so."""
    return f"?{wanted.query}" if wanted.query else ""


def address(name: str, brand: Brand, *numbers: int, wanted: Wanted, **more: object) -> str:
    """One of the desk's, with the filters, and `more` behind them."""
    parts = [wanted.query, *(f"{key}={value}" for key, value in more.items())]
    query = "&".join(part for part in parts if part)
    path = reverse(f"review:{name}", args=[brand.slug, *numbers])
    return f"{path}?{query}" if query else path


def pictures(brand: Brand, review: Review) -> list[str]:
    """The addresses of all that the desk shows large of it, the output first."""
    generation = review.output.generation
    old = before(generation)
    shown: list[tuple[str, int, str]] = [
        ("output", review.output_id, "preview"),
        ("subject", generation.subject_id, "normal"),
        ("scene", generation.scene_version_id, "picture"),
        *([("output", old.pk, "preview")] if old else []),
    ]
    return [reverse(f"studio:{what}-file", args=[brand.slug, pk, kind]) for what, pk, kind in shown]


def not_free(brand: Brand, user: User, wanted: Wanted) -> dict[str, Any]:
    """Why the desk is empty: what others hold, and what others have to judge."""
    asked = Review.objects.undecided().asked_for_by(user).filter(brand=brand)
    own = 0 if brand.allow_self_review else waiting.counted(asked)
    held = waiting.queue(brand, user, wanted).select_related("claimed_by")[:STRIP]
    return {"own": own, "held": held, "most": waiting.COUNTED}
