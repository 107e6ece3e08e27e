"""One piece of work from its claim to its end, as "The engine" in docs/architecture.md tells."""

import logging
from collections.abc import Callable
from datetime import datetime
from functools import partial

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction

from brandkit.common.errors import BrandkitError, StorageFailed
from brandkit.common.logs import about
from brandkit.common.models import history
from generation.engine import crew
from generation.engine.calls import LOOK_AT_STORE, call, find_answer
from generation.engine.claims import Claim, LostClaim, let_go, take, take_next
from generation.engine.ends import fail, hold
from generation.engine.finish import finish
from generation.models import Attempt, Work

logger = logging.getLogger(__name__)

OUR_FAULT = "Something went wrong inside brandkit. The operator finds it in the log; ask again after that."
TAKEN_OVER = "Its worker stopped before it could tell more of the answer than the picture."
LOST = "A worker stopped in the middle of a call."
GAVE_UP = "Workers stopped in the middle of {tries} calls for this. The operator should look at their log."
GAVE_UP_FINISHING = (
    "The picture came, but {tries} workers stopped while they opened it. "
    "The operator should look at their log; asking again then costs nothing."
)
NOT_READ = (
    "A picture could not be read from the store or written: {reason}. "
    "Have the operator look at the store and the disk, then ask again."
)


def run(noun: str, pk: int) -> None:
    """Work on a row if it is due, else do nothing: to be told late, twice or wrongly does no harm.

    noun: of which kind, as in `WORKS`. Works in any process; a long one keeps its lease alive within
    `with heartbeat():`.
    """
    claim = take(noun, pk)
    if claim and _call(claim):
        _finish(claim)


def run_next() -> bool:
    """Work on whatever is next in line; False where nothing is due that there is room for.

    In a worker it returns when the call has ended; the picture is finished beside.
    """
    claim = take_next()
    if claim is None:
        return False
    crew.more()  # where there is one, there may be another
    if _call(claim):
        crew.finish(partial(_finish, claim))
    return True


def _call(claim: Claim) -> bool:
    """The first stage; whether there is a picture for the second one."""
    has_come = False
    with about(**claim.facts):
        try:
            _work_or_fail(claim, _have_it_come)
            has_come = _goes_on(claim)
        except LostClaim:
            _say_lost(claim)
        finally:
            if not has_come:
                let_go(claim)
    return has_come


def _finish(claim: Claim) -> None:
    """The second stage."""
    with about(**claim.facts):
        try:
            _work_or_fail(claim, finish)
        except LostClaim:
            _say_lost(claim)
        finally:
            let_go(claim)


def _say_lost(claim: Claim) -> None:
    logger.warning("The %s %s was taken over by another worker.", claim.work.NOUN, claim.work.pk)


def _work_or_fail(claim: Claim, do: Callable[[Claim], None]) -> None:
    try:
        do(claim)
    except (LostClaim, OperationalError, InterfaceError):
        raise  # there is no database to write to: the lease runs out and another worker takes over
    except StorageFailed as error:
        fail(claim, error.code, f"{error.message} {LOOK_AT_STORE}")
    except BrandkitError as error:
        fail(claim, error.code, error.message)
    except OSError as error:
        logger.exception("The %s %s failed.", claim.work.NOUN, claim.work.pk)
        fail(claim, StorageFailed.code, NOT_READ.format(reason=error.strerror or error))
    except Exception:
        logger.exception("The %s %s failed.", claim.work.NOUN, claim.work.pk)
        fail(claim, "internal_error", OUR_FAULT)


def _have_it_come(claim: Claim) -> None:
    if claim.lost_since:
        _look_after_lost_call(claim, claim.lost_since)
    if _goes_on(claim) and not claim.work.fetched:
        call(claim)


def _goes_on(claim: Claim) -> bool:
    return claim.work.state == Work.State.RUNNING


def _look_after_lost_call(claim: Claim, since: datetime) -> None:
    """A worker died: if it was in a call, that one counts as spent, and nobody knows what came of it.

    Where its answer is in the store, nothing is lost. Where the vendor gave a job's number, the next call
    asks for that job.
    """
    work = claim.work
    lost = work.attempts.filter(outcome=Attempt.Outcome.UNKNOWN, started_at__gte=since).last()
    if work.fetched:
        _give_up_on_what_ends_workers(claim)
    elif lost is None:
        return
    elif answer := find_answer(lost):
        _take_over_answer(claim, lost, answer)
    elif settings.BRANDKIT_UNKNOWN_OUTCOME == "hold" and not lost.job:
        hold(claim, LOST)
    elif work.tries >= settings.BRANDKIT_MAX_ATTEMPTS:
        fail(claim, "gave_up", GAVE_UP.format(tries=work.tries))


def _take_over_answer(claim: Claim, lost: Attempt, answer: str) -> None:
    """As its own worker would have noted it."""
    with transaction.atomic():
        claim.note(fetched=answer)
        Attempt.objects.filter(pk=lost.pk).update(outcome=Attempt.Outcome.PICTURE, words=TAKEN_OVER)


def _give_up_on_what_ends_workers(claim: Claim) -> None:
    """A worker died over the picture that came. Trying again is free, but does not go on for ever."""
    came = claim.work.attempts.filter(outcome=Attempt.Outcome.PICTURE).latest("number")
    taken = history(claim.work).filter(kind=f"{claim.work.NOUN}.running", at__gt=came.started_at).count()
    if taken >= settings.BRANDKIT_MAX_ATTEMPTS:
        fail(claim, "gave_up", GAVE_UP_FINISHING.format(tries=taken))
