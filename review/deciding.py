"""Verdicts: one or many at a stroke, undone within seconds, superseded later."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from brandkit.accounts.models import Brand, User
from brandkit.common.errors import BrandkitError, Conflict, Invalid, NotFound
from brandkit.common.models import record
from generation.models import Generation
from generation.services import cancel
from review import telling
from review.claiming import NOBODY, claim, require_judge, who_was_faster
from review.models import Decision, DecisionReason, Reason, Review, Verdict
from review.publishing.actions import delete_files, require_fit, take_back

NOTE_LENGTH = 5000
AT_ONCE = 200
"""So many pictures can be decided on at one stroke."""
UNDO = timedelta(seconds=10)
VERDICTS = (Verdict.APPROVED, Verdict.REJECTED, Verdict.CHANGES)
State = Review.State


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a verdict says. why: of one that takes the place of another; asked: the picture wanted instead."""

    verdict: str
    reasons: Sequence[Reason] = ()
    note: str = ""
    act: UUID = field(default_factory=uuid4)
    why: str = ""
    asked: Generation | None = None


@dataclass(frozen=True, kw_only=True)
class Stroke:
    """What became of many reviews at once: those that it was done to, and why it was not to the others."""

    act: UUID
    done: list[Review] = field(default_factory=list)
    refused: list[tuple[Review, str]] = field(default_factory=list)


def decide(
    *,
    review: Review,
    by: User,
    verdict: str,
    reasons: Sequence[str] = (),
    note: str = "",
    act: UUID | None = None,
    asked: Generation | None = None,
) -> Decision:
    """Give the verdict. It can be undone for ten seconds; then an approved picture is published.

    reasons: codes of the brand's own. act: what is decided at one stroke has the same. asked: what was asked
    for instead, where changes are wanted. Where the brand wants two approvals, the first puts the review back
    for somebody else.
    Raises NotAllowed, Invalid (what was said, or a picture that its format can't hold), Conflict with who was
    faster and what they said.
    """
    require_judge(review, by)
    chosen = checked_reasons(review.brand, verdict, reasons, note)
    said = Said(verdict=verdict, reasons=chosen, note=note.strip(), act=act or uuid4(), asked=asked)
    if verdict == Verdict.APPROVED:
        require_fit(review)
    try:
        with transaction.atomic():
            return _decided(review, by, said)
    except Conflict as error:
        raise who_was_faster(review, by) from error


def decide_many(
    *,
    brand: Brand,
    reviews: Sequence[int],
    by: User,
    verdict: str,
    reasons: Sequence[str] = (),
    note: str = "",
) -> Stroke:
    """Approve or reject several at one stroke, each by itself; what others hold or decided is told only.

    reviews: their numbers. Raises Invalid, and NotFound where one is not this brand's.
    """
    if not 1 <= len(set(reviews)) <= AT_ONCE:
        raise Invalid(f"Choose 1 to {AT_ONCE} pictures.")
    if verdict not in (Verdict.APPROVED, Verdict.REJECTED):
        raise Invalid("Several pictures at once can be approved or rejected.")
    rows = list(Review.objects.for_desk().filter(brand=brand, pk__in=reviews).order_by("pk"))
    if len(rows) != len(set(reviews)):
        raise NotFound
    checked_reasons(brand, verdict, reasons, note)
    stroke = Stroke(act=uuid4())
    for review in rows:
        try:
            decide(review=review, by=by, verdict=verdict, reasons=reasons, note=note, act=stroke.act)
        except BrandkitError as error:
            stroke.refused.append((review, error.message))
        else:
            stroke.done.append(review)
    return stroke


def undo(*, act: UUID, by: User) -> Stroke:
    """Take back what `by` decided at one stroke, as far as its ten seconds are not over.

    A single picture is theirs to look at again, several wait for whoever comes. Raises NotFound.
    """
    given = Decision.objects.filter(act=act, decided_by=by).exclude(verdict=Verdict.UNDONE)
    decisions = list(given.select_related("asked").order_by("review_id"))
    if not decisions:
        raise NotFound
    stroke = Stroke(act=act)
    for decision in decisions:
        review = Review.objects.for_desk().get(pk=decision.review_id)
        try:
            with transaction.atomic():
                _undone(review, decision, by, hold=len(decisions) == 1)
        except Conflict as error:
            stroke.refused.append((review, error.message))
        else:
            stroke.done.append(review)
    return stroke


def supersede(
    *, review: Review, by: User, verdict: str, why: str, reasons: Sequence[str] = (), note: str = ""
) -> Decision:
    """Give another verdict in place of the last one, and say why. What is published is taken back by it.

    Raises NotAllowed, Invalid, Conflict where there is no verdict, or somebody was faster.
    """
    require_judge(review, by)
    if not why.strip():
        raise Invalid("Say why the verdict changes.")
    last = review.decisions.last()
    if last is None or review.is_undecided or review.state == State.RECALLED:
        raise Conflict("There is no verdict to change: this picture is " + review.get_state_display().lower())
    if verdict == last.verdict:
        raise Invalid("That is the verdict already.")
    if verdict == Verdict.CHANGES:
        raise Invalid("Changes are asked for while a picture waits. Reject it, and ask for a new one.")
    chosen = checked_reasons(review.brand, verdict, reasons, note)
    said = Said(verdict=verdict, reasons=chosen, note=note.strip(), why=checked_text(why))
    if verdict == Verdict.APPROVED:
        require_fit(review)
    published = review.state == State.PUBLISHED
    try:
        with transaction.atomic():
            if published:
                take_back(review.asset_version, by)
            else:
                _move(review, by, said)
            decision = _write(review, by, said, supersedes=last)
    except Conflict as error:
        raise who_was_faster(review, by) from error
    if published:
        delete_files(review.asset_version)
    return decision


def checked_reasons(brand: Brand, verdict: str, codes: Sequence[str], note: str) -> list[Reason]:
    """The brand's reasons with these codes. Raises Invalid for what makes no sense together."""
    checked_text(note)
    if verdict not in VERDICTS:
        raise Invalid(f"The verdict is one of: {', '.join(VERDICTS)}.")
    if verdict == Verdict.APPROVED:
        if codes:
            raise Invalid(
                "A reason goes with a rejection or changes; put a remark on an approval into its note."
            )
        return []
    offered = {reason.code: reason for reason in Reason.objects.filter(brand=brand, active=True)}
    if not codes or any(code not in offered for code in codes):
        raise Invalid(f"Say why, with one or more of: {', '.join(offered)}.")
    return [offered[code] for code in dict.fromkeys(codes)]


def checked_text(text: str) -> str:
    """Without space around it. Raises Invalid where it is no plain text, or too long."""
    if len(text) > NOTE_LENGTH or "\0" in text:
        raise Invalid(f"A note is plain text of at most {NOTE_LENGTH} characters; this one has {len(text)}.")
    return text.strip()


def _decided(review: Review, by: User, said: Said) -> Decision:
    start = timezone.now()
    claim(review=review, by=by)
    since = review.claimed_at
    seconds = (start - since).total_seconds() if since and since < start else None
    _move(review, by, said)
    return _write(review, by, said, seconds=seconds)


def _move(review: Review, by: User, said: Said) -> None:
    """To where the verdict leads."""
    mine = {"claimed_by": by} if review.state == State.CLAIMED else {}
    told = {"reasons": [reason.code for reason in said.reasons], "note": said.note}
    if said.why:
        told["why"] = said.why
    if (
        said.verdict == Verdict.APPROVED
        and review.brand.approvals > 1
        and review.first_approval_by_id is None
    ):
        first = {**told, "approval": 1}
        review.move(State.WAITING, actor=by, only_if=mine, data=first, first_approval_by=by, **NOBODY)
        return
    # Only after it can no longer be undone; and should this process end, a worker publishes it all the same.
    due = timezone.now() + UNDO if said.verdict == Verdict.APPROVED else None
    changes: dict[str, Any] = {"claimed_by": by, "claimed_until": None, "retry_at": due}
    review.move(said.verdict, actor=by, only_if=mine, data=told, **changes)


def _write(review: Review, by: User, said: Said, **more: Any) -> Decision:
    output = review.output
    decision = Decision.objects.create(
        review=review,
        verdict=said.verdict,
        note=said.note,
        why=said.why,
        decided_by=by,
        act=said.act,
        asked=said.asked,
        undo_until=timezone.now() + UNDO,
        seen={"output": output.sha256, "flags": [flag["code"] for flag in output.flags]},
        **more,
    )
    DecisionReason.objects.bulk_create(
        DecisionReason(decision=decision, reason=reason, words=reason.words) for reason in said.reasons
    )
    telling.remember(decision)
    return decision


def _undone(review: Review, decision: Decision, by: User, *, hold: bool) -> None:
    """Call it in a transaction. Raises Conflict where it is too late."""
    if review.decisions.last() != decision:
        raise Conflict("This verdict is undone already, or there is a newer one.")
    if decision.undo_until is None or decision.undo_until < timezone.now():
        raise Conflict("The ten seconds are over. Change the verdict instead, and say why.")
    if decision.asked and decision.asked.parent_id == review.output.generation_id:
        cancel(generation=decision.asked, by=by)
    told = {"undone": decision.verdict}
    if review.state == State.WAITING:  # the first of two approvals
        same = Review.objects.filter(pk=review.pk, state=State.WAITING, first_approval_by=by)
        if same.update(first_approval_by=None) != 1:
            raise Conflict("Somebody is looking at this picture for the second approval.")
        review.first_approval_by = None
        record("review.undone", review, actor=by, **told)
    else:
        free: dict[str, Any] = {**NOBODY, "retry_at": None}
        review.move(State.WAITING, actor=by, data=told, **free)
    if hold:
        claim(review=review, by=by)
    Decision.objects.create(
        review=review, verdict=Verdict.UNDONE, decided_by=by, act=decision.act, supersedes=decision
    )
    telling.forget(decision)
