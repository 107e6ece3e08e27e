"""The first stage: call the provider, and have the picture's bytes safe in the private store."""

import logging
import os
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import fields
from typing import Any

from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from brandkit.common.errors import StorageFailed
from brandkit.common.storage import keep, private_store
from generation.engine.claims import Claim, LostClaim, stopping
from generation.engine.ends import fail, refuse, try_again
from generation.engine.sending import picture_request, what_is_sent
from generation.engine.sink import Sink
from generation.imaging.sniff import HEAD, JPEG, PNG, WEBP, sniff
from generation.models import Attempt, Generation, Work
from generation.provider import get_provider
from generation.providers.base import (
    Answer,
    Failed,
    Job,
    Made,
    PictureRequest,
    Provider,
    Refused,
    Result,
    Stopped,
    TryLater,
)

logger = logging.getLogger(__name__)
Outcome = Attempt.Outcome
OUTCOMES = {
    Made: Outcome.PICTURE,
    Refused: Outcome.REFUSED,
    Failed: Outcome.FAILED,
    TryLater: Outcome.LATER,
    Stopped: Outcome.STOPPED,
}
ENDINGS = {PNG: ".png", JPEG: ".jpg", WEBP: ".webp"}
WAITS = (1, 2, 4, 8)
_cores = threading.BoundedSemaphore(len(os.sched_getaffinity(0)))


def call(claim: Claim) -> None:
    """Make one Attempt; afterwards the work is `fetched`, or has been moved on. Raises LostClaim.

    Where this process is about to stop, it goes back into the queue instead.
    """
    provider = get_provider(claim.work.provider)
    request = picture_request(claim.work)
    with _turn(provider):
        if stopping.is_set():
            return claim.move(Work.State.QUEUED)
        attempt = _begin(claim, provider, request)
        release_connection()
        with Sink() as sink:
            began = time.monotonic()
            result = _ask(provider, request, sink, attempt)
            seconds = time.monotonic() - began
            name = answer_name(attempt, f"answer{_ending(sink)}")
            if isinstance(result, Made):
                result = _keep(result, sink, name)
    return _settle(claim, attempt, result, seconds, name)


def answer_name(attempt: Attempt, part: str) -> str:
    """Where an attempt's picture is kept: a name for each call, so that nobody deletes another's."""
    work = attempt.work
    folder = "outputs" if isinstance(work, Generation) else "drafts"
    return f"{folder}/{work.brand_id}/{work.pk}/{attempt.number}-{part}"


def remove_answer(attempt: Attempt) -> None:
    """Delete the bytes that a call may have left before anybody could note them."""
    for ending in ("", *ENDINGS.values()):
        private_store().delete(answer_name(attempt, f"answer{ending}"))


def release_connection() -> None:
    """A call takes minutes: nobody keeps a connection for that long. (In a test's transaction it stays.)"""
    if not connection.in_atomic_block:
        connection.close()


def _turn(provider: Provider) -> AbstractContextManager[object]:
    """What is computed on this machine waits for a core; the lease goes on meanwhile."""
    return _cores if provider.computes else nullcontext()


def _begin(claim: Claim, provider: Provider, request: PictureRequest) -> Attempt:
    """Written and committed before the call: a call that never comes back is known, and counts as spent."""
    work, pictures = claim.work, provider.sends(request)
    with transaction.atomic():
        claim.note(tries=work.tries + 1)
        return Attempt.objects.create(
            **{work.NOUN: work},
            number=work.attempts.count() + 1,
            provider=work.provider,
            model=work.model,
            sent=what_is_sent(pictures),
            started_at=timezone.now(),
            cost=provider.price(size=request.size, pictures=len(pictures)),
        )


def _ask(provider: Provider, request: PictureRequest, sink: Sink, attempt: Attempt) -> Result:
    try:
        result = provider.make(request, sink, Job(attempt.job))
    except Exception as error:
        logger.exception("Provider %s raised.", provider.alias)
        words = f"{provider.name} broke off ({type(error).__name__})."
        result = TryLater(code="provider_error", words=words, cost=attempt.cost)
    return _not_stored(result, sink.error) if sink.error else result


def _ending(sink: Sink) -> str:
    sink.seek(0)
    return ENDINGS.get(sniff(sink.read(HEAD)).media_type or "", "")


def _keep(made: Made, sink: Sink, name: str) -> Result:
    """Put the bytes under their name, whole or not at all."""
    if sink.seek(0, os.SEEK_END) == 0:
        return TryLater(code="empty_answer", words="The answer held no picture.", **_facts(made))
    try:
        keep(private_store(), name, sink)
    except (OSError, StorageFailed) as error:
        return _not_stored(made, error)
    return made


def _not_stored(result: Result, error: Exception) -> Failed:
    """Not tried again by itself: every try would be paid for, and the disk would still be full."""
    reason = getattr(error, "strerror", None) or str(error)
    words = f"The picture could not be stored: {reason}. Have the operator look at the store, then ask again."
    return Failed(code="storage_failed", words=words, step="store", **_facts(result))


def _facts(result: Result) -> dict[str, Any]:
    return {field.name: getattr(result, field.name) for field in fields(Answer)}


def _settle(claim: Claim, attempt: Attempt, result: Result, seconds: float, name: str) -> None:
    """Write down what came of it, all or nothing, if the claim is still ours."""

    def write() -> None:
        with transaction.atomic():
            _move_on(claim, result, name)
            _record(attempt, result, seconds)

    try:
        patiently(write)
    except LostClaim:
        if isinstance(result, Made):
            private_store().delete(name)
        raise


def patiently(write: Callable[[], None]) -> None:
    """What has been paid for is not forgotten because the database is away for a moment."""
    for wait in WAITS:
        try:
            return write()
        except (OperationalError, InterfaceError):
            logger.warning("The database does not answer; trying again in %s seconds.", wait)
            connection.close()
            time.sleep(wait)
    return write()


def _move_on(claim: Claim, result: Result, name: str) -> None:
    match result:
        case Made():
            claim.note(fetched=name)
        case Refused():
            refuse(claim, result.code, result.words)
        case Failed():
            fail(claim, result.code, result.words)
        case TryLater():
            try_again(claim, result.code, result.words, wait=result.wait)
        case Stopped():
            words = f"The provider can't be used: {result.words} Tell the operator, then ask again."
            fail(claim, result.code, words)


def _record(attempt: Attempt, result: Result, seconds: float) -> None:
    changes = {
        **_facts(result),
        "outcome": OUTCOMES[type(result)],
        "seconds": seconds,
        "step": getattr(result, "step", "") or getattr(result, "stage", ""),
        "code": getattr(result, "code", ""),
        "words": getattr(result, "words", ""),
    }
    if isinstance(result, Made):
        box = result.subject_box
        changes["told"] = {"subject_box": box and box.as_tuple(), "notes": list(result.notes)}
    for name, value in changes.items():
        setattr(attempt, name, value)
    attempt.save(update_fields=list(changes))
