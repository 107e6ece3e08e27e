"""Verdicts: one or many at a stroke, undone within seconds, superseded later."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from brandkit.accounts.models import Brand, User
from brandkit.accounts.policy import Act, require
from brandkit.common.errors import BrandkitError, Conflict, Invalid, NotAllowed, NotFound
from brandkit.common.models import record
from generation.models import Generation
from generation.services import cancel
from review import telling
from review.claiming import (
    NOBODY,
    OWN,
    Lost,
    claim,
    lock,
    lock_all,
    require_judge,
    require_open,
    take,
    take_all,
    who_was_faster,
)
from review.models import Decision, DecisionReason, Reason, Review, Verdict
from review.publishing.actions import delete_files, require_fit, take_back

NOTE_LENGTH = 5000
AT_ONCE = 200
"""So many pictures can be decided on at one stroke."""
UNDO = timedelta(seconds=10)
EACH = timedelta(milliseconds=50)
"""So much longer many can be undone, for each: they are taken back one by one."""
VERDICTS = (Verdict.APPROVED, Verdict.REJECTED, Verdict.CHANGES)
State = Review.State


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a verdict says. until: so long it can be undone, and nothing of it is published.

    why: of one that takes the place of another. asked: the picture that is wanted instead.
    """

    verdict: str
    reasons: Sequence[Reason] = ()
    note: str = ""
    act: UUID = field(default_factory=uuid4)
    until: datetime = field(default_factory=lambda: timezone.now() + UNDO)
    why: str = ""
    asked: Generation | None = None


@dataclass(frozen=True, kw_only=True)
class Stroke:
    """What became of many reviews at once: those that it was done to, and why it was not to the others.

    until: so long it can be undone; None for what undoes.
    """

    act: UUID
    until: datetime | None = None
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
    return _decided(review, by, said)


def decide_many(
    *,
    brand: Brand,
    reviews: Sequence[int],
    by: User,
    verdict: str,
    reasons: Sequence[str] = (),
    note: str = "",
) -> Stroke:
    """Approve or reject several at one stroke; what others hold or decided is told, and hinders none else.

    reviews: their numbers. Raises NotAllowed, Invalid, and NotFound where one is not this brand's.
    """
    require(by, Act.REVIEW, brand)
    numbers = set(reviews)
    if not 1 <= len(numbers) <= AT_ONCE:
        raise Invalid(f"Choose 1 to {AT_ONCE} pictures.")
    if verdict not in (Verdict.APPROVED, Verdict.REJECTED):
        raise Invalid("Several pictures at once can be approved or rejected.")
    chosen = checked_reasons(brand, verdict, reasons, note)
    with transaction.atomic():
        rows = lock_all(brand, numbers)
        until = timezone.now() + UNDO + len(rows) * EACH
        said = Said(verdict=verdict, reasons=chosen, note=note.strip(), until=until)
        stroke = Stroke(act=said.act, until=until)
        for review in rows:
            if why := _why_not(review, by, verdict):
                stroke.refused.append((review, why))
            else:
                stroke.done.append(review)
        _decided_together(stroke.done, by, said)
    return stroke


def undo(*, act: UUID, by: User) -> Stroke:
    """Take back what `by` decided at one stroke, as far as its ten seconds are not over.

    A single picture is theirs to look at again, several wait for whoever comes. Raises NotFound, NotAllowed.
    """
    given = Decision.objects.filter(act=act, decided_by=by).exclude(verdict=Verdict.UNDONE)
    decisions = list(given.select_related("asked").order_by("review_id"))
    if not decisions:
        raise NotFound
    stroke = Stroke(act=act)
    for decision in decisions:
        review = Review.objects.for_desk().get(pk=decision.review_id)
        require(by, Act.REVIEW, review.brand)
        try:
            with transaction.atomic():
                _undone(review, decision, by)
        except Conflict as error:
            stroke.refused.append((review, error.message))
            continue
        stroke.done.append(review)
        if len(decisions) == 1:
            with suppress(BrandkitError):  # somebody else is there already
                claim(review=review, by=by)
    return stroke


def supersede(
    *, review: Review, by: User, verdict: str, why: str, reasons: Sequence[str] = (), note: str = ""
) -> Decision:
    """Give another verdict in place of the last one, and say why. What is published is taken back by it.

    It can't be undone, but superseded again; an approval is published after ten seconds all the same. Where
    the brand wants two, it is a first one again, unless somebody else had given one. Who gave a first
    approval can take that back so, while nobody looks at the picture.
    Raises NotAllowed, Invalid, Conflict where there is no verdict, or somebody was faster.
    """
    require(by, Act.REVIEW, review.brand)
    if review.is_closed_to(by):
        raise NotAllowed(OWN)
    chosen = checked_reasons(review.brand, verdict, reasons, note)
    if not why.strip():
        raise Invalid("Say why the verdict changes.")
    said = Said(verdict=verdict, reasons=chosen, note=note.strip(), why=checked_text(why))
    try:
        with transaction.atomic():
            decision = _superseded(review, by, said)
    except Lost as error:
        raise who_was_faster(review, by) from error
    if review.state == State.RECALLED:
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
    if said.verdict == Verdict.APPROVED:
        require_fit(review)
    start = timezone.now()
    try:
        with transaction.atomic():
            claim(review=review, by=by)
            decision = _decision(review, by, said, seconds=_looked(review, start), undo_until=said.until)
            return _write(decision, said, first=_move(review, by, said))
    except Conflict as error:
        raise who_was_faster(review, by) from error


def _why_not(review: Review, by: User, verdict: str) -> str:
    """One sentence why `by` can't decide so on a locked review; empty where they can."""
    try:
        require_open(review, by)
        if verdict == Verdict.APPROVED:
            require_fit(review)
    except BrandkitError as error:
        return error.message
    if review.is_undecided and not (review.is_held and review.claimed_by_id != by.pk):
        return ""
    return who_was_faster(review, by).message


def _decided_together(reviews: Sequence[Review], by: User, said: Said) -> None:
    """The same verdict on many that are locked and free for it, in as few queries as one takes."""
    start = timezone.now()
    take_all(reviews, by)
    given: dict[bool, list[Decision]] = {True: [], False: []}
    for review in reviews:
        decision = _decision(review, by, said, seconds=_looked(review, start), undo_until=said.until)
        given[_is_first(review, by, said)].append(decision)
    for first, decisions in given.items():
        to, data, changes = _way(by, said, first=first)
        Review.move_all([each.review for each in decisions], to, actor=by, data=data, **changes)
        _write_all(decisions, said, first=first)


def _looked(review: Review, start: datetime) -> float | None:
    """Seconds for which it had been held at `start`; None where nobody held it."""
    since = review.claimed_at
    return (start - since).total_seconds() if since and since < start else None


def _superseded(review: Review, by: User, said: Said) -> Decision:
    """Call it in a transaction. Raises Lost where it is not the verdict any more that `review` tells of."""
    stood = review.state
    lock(review)
    if (stood, review.state) != (State.APPROVED, State.PUBLISHED) and stood != review.state:
        raise Lost
    first = review.is_undecided and review.first_approval_by_id == by.pk
    last = review.decisions.filter(**{"decided_by": by, "verdict": Verdict.APPROVED} if first else {}).last()
    if last is None or (review.is_undecided and not first) or review.state == State.RECALLED:
        words = review.get_state_display().lower()
        raise Conflict(f"There is no verdict to change: this picture is {words}.")
    if said.verdict == last.verdict:
        raise Invalid("That is the verdict already.")
    if said.verdict == Verdict.CHANGES:
        raise Invalid("Changes are asked for while a picture waits. Reject it, and ask for a new one.")
    if said.verdict == Verdict.APPROVED:
        require_fit(review)
    telling.forget(last)
    if review.state == State.PUBLISHED:
        take_back(review.asset_version, by, verdict=said.verdict, **_told(said))
        return _write(_decision(review, by, said, supersedes=last), said)
    if first:
        if review.is_held and review.claimed_by_id != by.pk:
            raise Lost
        take(review, by, {})
    decision = _decision(review, by, said, supersedes=last)
    return _write(decision, said, first=_move(review, by, said))


def _move(review: Review, by: User, said: Said) -> bool:
    """To where the verdict leads; whether that is only the first of two approvals. Raises Conflict."""
    same: dict[str, Any] = {"first_approval_by": review.first_approval_by_id}
    if review.state == State.CLAIMED:
        same["claimed_by"] = by
    first = _is_first(review, by, said)
    to, data, changes = _way(by, said, first=first)
    review.move(to, actor=by, only_if=same, data=data, **changes)
    return first


def _is_first(review: Review, by: User, said: Said) -> bool:
    """Whether it is only the first of two approvals."""
    approved = said.verdict == Verdict.APPROVED
    return approved and review.brand.approvals > 1 and review.first_approval_by_id in (None, by.pk)


def _way(by: User, said: Said, *, first: bool) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """The state that the verdict leads to, what the trail tells, and what changes with it."""
    if first:
        return State.WAITING, {**_told(said), "approval": 1}, {"first_approval_by": by, **NOBODY}
    # A worker publishes it when it can no longer be undone.
    due = said.until if said.verdict == Verdict.APPROVED else None
    changes = {"claimed_by": by, "claimed_until": None, "retry_at": due, "problem": ""}
    return said.verdict, _told(said), changes


def _told(said: Said) -> dict[str, Any]:
    """What the trail tells of a verdict."""
    told: dict[str, Any] = {"reasons": [reason.code for reason in said.reasons], "note": said.note}
    return {**told, "why": said.why} if said.why else told


def _decision(review: Review, by: User, said: Said, **more: Any) -> Decision:
    output = review.output
    return Decision(
        review=review,
        verdict=said.verdict,
        note=said.note,
        why=said.why,
        decided_by=by,
        act=said.act,
        asked=said.asked,
        seen={"output": output.sha256, "flags": [flag["code"] for flag in output.flags]},
        **more,
    )


def _write(decision: Decision, said: Said, *, first: bool = False) -> Decision:
    _write_all([decision], said, first=first)
    return decision


def _write_all(decisions: Sequence[Decision], said: Said, *, first: bool) -> None:
    Decision.objects.bulk_create(decisions)
    DecisionReason.objects.bulk_create(
        DecisionReason(decision=decision, reason=reason, words=reason.words)
        for decision in decisions
        for reason in said.reasons
    )
    if not first:
        telling.remember(decisions)


def _undone(review: Review, decision: Decision, by: User) -> None:
    """Call it in a transaction. Raises Conflict where it is too late."""
    _take_out(decision, review)  # generations are locked before reviews, as where they are asked for
    lock(review)
    if review.decisions.last() != decision:
        raise Conflict("This verdict is undone already, or there is a newer one.")
    late = decision.undo_until is None or decision.undo_until <= timezone.now()
    if late or review.state in (State.PUBLISHED, State.RECALLED):
        raise Conflict("The ten seconds are over. Change the verdict instead, and say why.")
    told = {"undone": decision.verdict}
    if review.is_undecided:  # The first of two approvals. Who looks at it meanwhile goes on: theirs is first.
        same = Review.objects.filter(pk=review.pk, state=review.state, first_approval_by=by)
        if same.update(first_approval_by=None) != 1:
            raise Conflict
        review.first_approval_by = None
        record("review.undone", review, actor=by, **told)
    else:
        review.move(State.WAITING, actor=by, data=told, retry_at=None, **NOBODY)
    Decision.objects.create(
        review=review, verdict=Verdict.UNDONE, decided_by=by, act=decision.act, supersedes=decision
    )
    telling.forget(decision)


def _take_out(decision: Decision, review: Review) -> None:
    """Cancel what it asked for instead, where it still waits and nobody else wanted it."""
    asked = decision.asked
    if asked is None or asked.parent_id != review.output.generation_id or asked.items.exists():
        return
    undone = Decision.objects.filter(verdict=Verdict.UNDONE).values("supersedes")
    if asked.asked_by_decisions.exclude(pk=decision.pk).exclude(pk__in=undone).exists():
        return
    with suppress(Conflict):  # it is being made already, and comes
        cancel(generation=asked, by=decision.decided_by)
