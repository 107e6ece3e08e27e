"""Telling people what was decided on their pictures: gathered, not one by one."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Min, OuterRef, Q, QuerySet, Subquery
from django.urls import reverse
from django.utils import timezone

from brandkit.accounts.models import Brand, User
from brandkit.accounts.notices import tell
from brandkit.accounts.policy import Act, may
from review.models import Decision, Review, Untold, Verdict

WAIT = {User.Gathered.SOON: timedelta(minutes=5), User.Gathered.DAILY: timedelta(days=1)}
SETTLES = timedelta(seconds=10)
"""So long after its undo has ended a verdict is left alone: an undo may still be under way."""

PEOPLE = 100
"""At most so many are told at once; the others at the next sweep."""

VERDICTS = 5000
"""At most so many are in one notice."""

ORDER = (Verdict.APPROVED, Verdict.REJECTED, Verdict.CHANGES)


def remember(decisions: Iterable[Decision]) -> None:
    """Whoever asked for the pictures is to be told. Call it in the transaction of the verdicts."""
    Untold.objects.bulk_create(filter(None, map(_untold, decisions)))


def _untold(decision: Decision) -> Untold | None:
    review = decision.review
    user = review.asked_again_by or review.requested_by
    if user is None or user == decision.decided_by or user.verdict_notices not in WAIT:
        return None
    due_at = timezone.now() + WAIT[User.Gathered(user.verdict_notices)]
    return Untold(decision=decision, user=user, brand=review.brand, due_at=due_at)


def forget(decision: Decision) -> None:
    """It was undone."""
    Untold.objects.filter(decision=decision).delete()


def standing(decisions: QuerySet[Decision]) -> QuerySet[Decision]:
    """Of these, the verdicts that count today: not undone, not superseded, not the first of two approvals."""
    last = Decision.objects.filter(review=OuterRef("review")).order_by("-pk").values("pk")[:1]
    undecided = Q(review__state=Review.State.WAITING) | Q(review__state=Review.State.CLAIMED)
    return decisions.filter(pk=Subquery(last)).exclude(undecided).exclude(verdict=Verdict.UNDONE)


def tell_due(sender: object = None, **signal: object) -> None:
    """Receives `swept`, from several workers at once: each verdict is told by one of them."""
    now = timezone.now()
    due = Untold.objects.filter(due_at__lte=now).values_list("user", "brand").annotate(oldest=Min("due_at"))
    for user, brand, _ in due.order_by("oldest")[:PEOPLE]:
        with transaction.atomic():
            _gather(User.objects.get(pk=user), Brand.objects.get(pk=brand), now)


def _gather(user: User, brand: Brand, now: datetime) -> None:
    """One notice of all that was decided since. Who comes second finds nothing that is due.

    What was superseded is dropped: the verdict in its place has a row of its own.
    """
    settled = Q(decision__undo_until=None) | Q(decision__undo_until__lt=now - SETTLES)
    rows = Untold.objects.filter(settled, user=user, brand=brand).order_by("pk")
    locked = list(rows.select_for_update()[:VERDICTS])
    if not any(row.due_at <= now for row in locked):
        return
    counting = standing(Decision.objects.filter(pk__in=[row.decision_id for row in locked])).order_by("pk")
    told = list(counting.select_related("review__subject", "review__scene").prefetch_related("reasons"))
    Untold.objects.filter(pk__in=[row.pk for row in locked]).delete()
    if told and user.verdict_notices in WAIT and may(user, Act.SEE, brand):
        path = reverse("review:told", args=[brand.slug])
        tell([user], brand=brand, kind="review.told", words=_words(told), path=path)


def _words(told: Sequence[Decision]) -> str:
    """What the notice says."""
    if len(told) == 1:
        [one] = told
        what = f"{one.review.subject} in {one.review.scene}"
        why = _reasons(told)
        done = (
            f"Changes are wanted to {what}" if one.verdict == Verdict.CHANGES else f"{what} was {one.verdict}"
        )
        return f"{done}: {why}." if why else f"{done}."
    parts = [_part(verdict, [one for one in told if one.verdict == verdict]) for verdict in ORDER]
    return f"{len(told)} of your pictures were judged: {', '.join(filter(None, parts))}."


def _part(verdict: str, told: Sequence[Decision]) -> str:
    """Of one verdict: how many, and why."""
    if not told:
        return ""
    want = "wants changes" if len(told) == 1 else "want changes"
    done = f"{len(told)} {want if verdict == Verdict.CHANGES else verdict}"
    why = _reasons(told)
    return f"{done} ({why})" if why else done


def _reasons(told: Iterable[Decision]) -> str:
    """All of them, the most frequent first."""
    counted = Counter(reason.words for one in told for reason in one.reasons.all())
    return ", ".join(_within(words) for words, _ in counted.most_common())


def _within(words: str) -> str:
    """As words stand within a sentence; abbreviations stay as they are."""
    return words[0].lower() + words[1:] if words[1:2].islower() else words
