"""What a provider's answer means for the work, for its attempt, and for everybody on the account."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction

from brandkit.common.models import history
from brandkit.common.storage import private_store
from generation import budgets
from generation.engine.brakes import brake
from generation.engine.claims import Claim, LostClaim, stopping
from generation.engine.ends import fail, hold, refuse, try_again
from generation.engine.patience import patiently
from generation.engine.storable import storable
from generation.models import Attempt, BatchProgress, Work
from generation.providers.base import Answer, Failed, Made, Refused, Result, Stopped, TryLater

logger = logging.getLogger(__name__)
Outcome = Attempt.Outcome
OUTCOMES = {
    Made: Outcome.PICTURE,
    Refused: Outcome.REFUSED,
    Failed: Outcome.FAILED,
    TryLater: Outcome.LATER,
    Stopped: Outcome.STOPPED,
}


@dataclass(frozen=True, kw_only=True)
class Call:
    """A call that has ended. job: the vendor's number for it, if any; stored: the name of its bytes."""

    attempt: Attempt
    result: Result
    job: str
    seconds: float
    stored: str


def settle(claim: Claim, call: Call) -> None:
    """Write down what came of it, all or nothing, if the claim is still ours. Raises LostClaim."""

    taken = call.attempt.cost

    def write() -> None:
        with transaction.atomic():
            brake(claim.work, call.result, began=call.attempt.started_at)
            if taken or call.result.cost:
                budgets.locked(claim.work.brand_id)
            _hold(claim)
            _record(call)
            _move_on(claim, call)
            _settle_money(claim.work, call.attempt, taken)

    try:
        patiently(write)
    except LostClaim:
        if isinstance(call.result, Made):
            _remove_unless_taken_over(call)
        raise
    _log(call)


def _log(call: Call) -> None:
    """Without anybody's words: those are in the row."""
    attempt = call.attempt
    came = f"{attempt.outcome}, {attempt.code}" if attempt.code else attempt.outcome
    logger.info("A call to %s: %s; %.1f s, $%s.", attempt.provider, came, call.seconds, attempt.cost)


def _hold(claim: Claim) -> None:
    """Lock the work if it is still ours, as it is now: a try before this one may have been rolled back."""
    work = claim.work
    mine = type(work).objects.select_for_update(of=("self",)).filter(pk=work.pk, claim=claim.token)
    tries = mine.values_list("tries", flat=True).first()
    if tries is None:
        raise LostClaim
    work.tries = tries


def _settle_money(work: Work, attempt: Attempt, taken: Decimal) -> None:
    """taken: what the call was thought to cost when it began."""
    budgets.settle(attempt, taken)
    BatchProgress.objects.add_cost(work.turn, attempt.cost - taken)


def _remove_unless_taken_over(call: Call) -> None:
    """Whoever has the work now found the bytes in the store already, or is to make its own."""
    with transaction.atomic():
        attempt = Attempt.objects.select_for_update().get(pk=call.attempt.pk)
        if attempt.outcome == Outcome.UNKNOWN:
            private_store().delete(call.stored)


def facts_of(result: Result) -> dict[str, Any]:
    """What every answer tells."""
    return {field.name: getattr(result, field.name) for field in fields(Answer)}


def _move_on(claim: Claim, call: Call) -> None:
    match call.result:
        case Made():
            claim.note(fetched=call.stored)
        case Refused(may_pass=True, code=code, words=words) if _may_pass_now(claim.work, call.attempt):
            try_again(claim, code, words)
        case Refused(code=code, words=words):
            refuse(claim, code, words)
        case Failed(code=code, words=words):
            fail(claim, code, words)
        case TryLater() as later:
            _later(claim, later, call.job)
        case Stopped():
            _wait_for_others(claim)


def _later(claim: Claim, later: TryLater, job: str) -> None:
    if later.unreached or (later.job_goes_on and stopping.is_set()):
        _wait_for_others(claim)
    elif later.unknown and not job and settings.BRANDKIT_UNKNOWN_OUTCOME == "hold":
        hold(claim, later.words)
    else:
        try_again(claim, later.code, later.words, wait=later.wait or None)


def _wait_for_others(claim: Claim) -> None:
    """Back into the queue for no fault of its own: until the account is open again, or for another worker."""
    claim.move(Work.State.QUEUED, tries=max(0, claim.work.tries - 1))


def _may_pass_now(work: Work, attempt: Attempt) -> bool:
    """Whether the very same is worth one more try: it is the first refusal since somebody asked."""
    asked = history(work).filter(kind=f"{work.NOUN}.queued", data__asked="again").last()
    refused = work.attempts.filter(outcome=Outcome.REFUSED).exclude(pk=attempt.pk)
    if asked:
        refused = refused.filter(started_at__gte=asked.at)
    return work.tries < settings.BRANDKIT_MAX_ATTEMPTS and not refused.exists()


def _record(call: Call) -> None:
    attempt, result = call.attempt, call.result
    changes: Mapping[str, Any] = {
        **facts_of(result),
        "outcome": _outcome(result),
        "job": call.job,
        "seconds": call.seconds,
        "step": getattr(result, "step", "") or getattr(result, "stage", ""),
        "code": getattr(result, "code", ""),
        "words": getattr(result, "words", ""),
        "told": _told(result),
    }
    for name, value in changes.items():
        longest = getattr(Attempt._meta.get_field(name), "max_length", None)
        setattr(attempt, name, storable(value, longest))
    attempt.save(update_fields=list(changes))


def _outcome(result: Result) -> str:
    """Unknown while nobody knows whether a picture is made, or while one is still being made."""
    if isinstance(result, TryLater) and (result.unknown or result.job_goes_on):
        return Outcome.UNKNOWN
    return OUTCOMES[type(result)]


def _told(result: Result) -> dict[str, Any]:
    if not isinstance(result, Made):
        return {}
    box = result.subject_box
    return {"subject_box": box and box.as_tuple(), "notes": list(result.notes)}
