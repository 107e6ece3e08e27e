"""How work ends where there is no picture: told to people in sentences."""

from datetime import timedelta
from random import SystemRandom

from django.conf import settings
from django.utils import timezone

from generation.engine.claims import Claim
from generation.models import Work

State = Work.State
FIRST_WAIT = 5.0
LONGEST_WAIT = 300.0
HELD = "{what} So it is not known whether a picture was made and paid for. Ask again to have it made anew."
_random = SystemRandom()


def fail(claim: Claim, code: str, words: str) -> None:
    """For good, until a person asks again. Raises LostClaim."""
    claim.move(State.FAILED, failure_code=code, failure_words=words, ended_at=timezone.now())


def refuse(claim: Claim, code: str, words: str) -> None:
    """The model would not: trying again costs money and gives the same. Raises LostClaim."""
    claim.move(State.REFUSED, failure_code=code, failure_words=words, ended_at=timezone.now())


def hold(claim: Claim, what: str) -> None:
    """Nobody knows what came of a call, and the operator wants a person's word first. Raises LostClaim.

    what: a sentence on what happened.
    """
    fail(claim, "outcome_unknown", HELD.format(what=what))


def try_again(claim: Claim, code: str, words: str, *, wait: float | None = None) -> None:
    """Back into the queue, until the tries are used up; due in `wait` seconds if told. Raises LostClaim."""
    tries = claim.work.tries
    if tries >= settings.BRANDKIT_MAX_ATTEMPTS:
        ended = f"It did not work after {tries} tries. The last one: {words} Try again later."
        return fail(claim, code, ended)
    due = timezone.now() + timedelta(seconds=backoff(tries) if wait is None else wait)
    claim.move(State.QUEUED, retry_at=due)
    return None


def backoff(tries: int) -> float:
    """Seconds to wait after so many tries: exponential with full jitter.

    Any time up to twice as long as before, so that those who failed together do not come back together.
    Source: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
    """
    return _random.uniform(0, min(LONGEST_WAIT, FIRST_WAIT * 2 ** max(0, tries - 1)))
