"""The first stage: call the provider, and have the picture's bytes safe in the private store."""

import logging
import os
import threading
import time
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from brandkit.common.errors import Invalid, StorageFailed
from brandkit.common.logs import also
from brandkit.common.storage import is_full, keep, private_store
from generation import budgets
from generation.budgets import OverBudget
from generation.engine import crew, store_brake
from generation.engine.claims import Claim, LostClaim, stopping
from generation.engine.jobs import NotedJob, job_at_work
from generation.engine.patience import release_connection
from generation.engine.results import Call, facts_of, settle
from generation.engine.room import may_begin
from generation.engine.sending import picture_request, what_is_sent
from generation.engine.sink import Sink
from generation.engine.store_brake import store_failed, store_takes
from generation.imaging.sniff import HEAD, JPEG, PNG, WEBP, sniff
from generation.models import Attempt, BatchProgress, Generation, Work
from generation.provider import get_provider
from generation.providers.base import Failed, Job, Made, PictureRequest, Provider, Result, TryLater

logger = logging.getLogger(__name__)
ENDINGS = {PNG: ".png", JPEG: ".jpg", WEBP: ".webp"}
LOOK_AT_STORE = "Have the operator look at the store, then ask again."
_cores = threading.BoundedSemaphore(len(os.sched_getaffinity(0)))


class ProviderGone(Invalid):
    """What was asked for waited longer than its provider was there."""

    code = "provider_gone"


def call(claim: Claim) -> None:
    """Make one Attempt; afterwards the work is `fetched`, or has been moved on. Raises LostClaim.

    Where this process is about to stop, or nobody may call this account any more, the work goes back into the
    queue instead.
    """
    provider = _provider_of(claim.work)
    if not _turn_comes(claim):
        return claim.move(Work.State.QUEUED)
    if not store_takes():
        due = timezone.now() + timedelta(seconds=store_brake.WAIT)
        return claim.move(Work.State.QUEUED, retry_at=due)
    request = picture_request(claim.work)
    with _core(provider):
        if stopping.is_set():
            return claim.move(Work.State.QUEUED)
        attempt = _begin_or_wait(claim, provider, request)
        if attempt is None:
            return None
        release_connection()
        also(attempt=attempt.pk)
        with Sink() as sink:
            done = _make(provider, request, sink, NotedJob(claim, attempt), attempt)
    return settle(claim, done)


def _provider_of(work: Work) -> Provider:
    try:
        return get_provider(work.provider)
    except Invalid as error:
        raise ProviderGone(
            f"The provider “{work.provider}” is no longer set up. Ask the operator to bring it back and try "
            "again, or ask for this with another provider."
        ) from error


def answer_name(attempt: Attempt, part: str) -> str:
    """Where an attempt's picture is kept: a name for each call, so that nobody deletes another's."""
    work = attempt.work
    folder = "outputs" if isinstance(work, Generation) else "drafts"
    return f"{folder}/{work.brand_id}/{work.pk}/{attempt.number}-{part}"


def find_answer(attempt: Attempt) -> str:
    """The name of the bytes that a call left before anybody could note them; empty where there are none.

    What is in the store is whole: see `keep`.
    """
    names = (answer_name(attempt, f"answer{ending}") for ending in ("", *ENDINGS.values()))
    return next(filter(private_store().exists, names), "")


def _turn_comes(claim: Claim) -> bool:
    """Wait for the turn that came with the claim; False where the call is not to begin after all."""
    if claim.turn:
        release_connection()
        stopping.wait(max(0.0, (claim.turn - timezone.now()).total_seconds()))
        crew.more()  # in the next one's turn, whose room this was
    return not stopping.is_set() and may_begin(claim.work)


def _core(provider: Provider) -> AbstractContextManager[object]:
    """What is computed on this machine waits for a core; the lease goes on meanwhile."""
    return _cores if provider.computes else nullcontext()


def _begin_or_wait(claim: Claim, provider: Provider, request: PictureRequest) -> Attempt | None:
    """None where the brand's budget has no room for the call: the work waits for it in the queue."""
    try:
        return _begin(claim, provider, request)
    except OverBudget as over:
        with transaction.atomic():
            budgets.locked(claim.work.brand_id)
            claim.note(price=over.cost)
            claim.move(Work.State.QUEUED)
        return None


def _begin(claim: Claim, provider: Provider, request: PictureRequest) -> Attempt:
    """Written and committed before the call: a call that never comes back is known, and counts as spent.

    A job that is asked for again has been paid for, and is sent nothing.
    """
    work, job = claim.work, job_at_work(claim.work)
    pictures = () if job else provider.sends(request)
    cost = Decimal(0) if job else provider.price(size=request.size, pictures=len(pictures))
    with transaction.atomic():
        began = timezone.now()
        if cost:
            began = budgets.charge(budgets.locked(work.brand_id), work, cost)
        claim.note(tries=work.tries + 1, reserved=work.reserved)
        attempt = Attempt.objects.create(
            **{work.NOUN: work},
            brand_id=work.brand_id,
            number=work.attempts.count() + 1,
            provider=work.provider,
            model=provider.model,  # another than was asked for, where the settings have changed since
            sent=what_is_sent(pictures),
            job=job,
            started_at=began,
            cost=cost,
        )
        if cost:
            budgets.count(attempt, cost, calls=1)
        BatchProgress.objects.add_cost(work.turn, cost)
        return attempt


def _make(provider: Provider, request: PictureRequest, sink: Sink, job: NotedJob, attempt: Attempt) -> Call:
    """Ask, and put what comes into the store."""
    began = time.monotonic()
    result = _ask(provider, request, sink, job, attempt)
    seconds = time.monotonic() - began
    name = answer_name(attempt, f"answer{_ending(sink)}")
    if isinstance(result, Made):
        result = _keep(result, sink, name)
    return Call(attempt=attempt, result=result, job=job.id, seconds=seconds, stored=name)


def _ask(provider: Provider, request: PictureRequest, sink: Sink, job: Job, attempt: Attempt) -> Result:
    try:
        result = provider.make(request, sink, job)
    except LostClaim:
        raise
    except Exception as error:
        logger.exception("Provider %s raised.", provider.alias)
        words = f"{provider.name} broke off ({type(error).__name__})."
        result = TryLater(code="provider_error", words=words, unknown=True, cost=attempt.cost)
        if is_full(error):  # it has room for its answers on our disk, too
            return _not_stored(result, error)
    return _not_stored(result, sink.error) if sink.error else result


def _ending(sink: Sink) -> str:
    sink.seek(0)
    return ENDINGS.get(sniff(sink.read(HEAD)).media_type or "", "")


def _keep(made: Made, sink: Sink, name: str) -> Result:
    """Put the bytes under their name, whole or not at all."""
    if sink.seek(0, os.SEEK_END) == 0:
        return TryLater(code="empty_answer", words="The answer held no picture.", **facts_of(made))
    try:
        keep(private_store(), name, sink)
    except (OSError, StorageFailed) as error:
        store_failed()
        return _not_stored(made, error)
    return made


def _not_stored(result: Result, error: Exception) -> Failed:
    """Not tried again by itself: every try would be paid for, and the disk would still be full."""
    what = f"The picture could not be stored: {getattr(error, 'strerror', None) or error}."
    words = str(error) if isinstance(error, StorageFailed) else what
    return Failed(code="storage_failed", words=f"{words} {LOOK_AT_STORE}", step="store", **facts_of(result))
