"""How long so many pictures take, as far as one can know."""

import math
import os
from datetime import timedelta
from itertools import pairwise
from statistics import median

from django.conf import settings
from django.utils import timezone

from generation.engine.claims import lease
from generation.limits import limits_of
from generation.models import Attempt, Generation, WorkerSign
from generation.providers.base import Provider

ATTEMPTS = 500
"""The newest calls of all providers, among which the provider's own are looked for."""
LOOK_BACK = timedelta(minutes=10)
MOST = 200
IDLE = timedelta(minutes=2)
"""A longer time without a picture is a pause, and no part of the pace."""


def seconds_for(provider: Provider, pictures: int) -> float | None:
    """Until that many are made, if nothing else is; None where nobody knows how long one takes."""
    if pictures <= 0:
        return 0.0
    limits = limits_of(provider.alias)
    a_minute = limits.requests_a_minute if limits else None
    by_pace = 60 * pictures / a_minute if a_minute else 0.0
    one = _seconds_of_one(provider)
    if one is None:
        return by_pace or None
    at_once = _at_once(provider, limits.calls_at_once if limits else None)
    return max(by_pace, math.ceil(pictures / at_once) * one)


def rate(batch: int) -> float | None:
    """Pictures a minute that a batch makes at present; None where too few came of late."""
    now = timezone.now()
    own = Generation.objects.filter(batch=batch, ended_at__gte=now - LOOK_BACK).order_by("-ended_at")
    ends = [now, *(end for end in own.values_list("ended_at", flat=True)[:MOST] if end)]
    pauses = (place for place, (later, sooner) in enumerate(pairwise(ends), 1) if later - sooner > IDLE)
    ends = ends[1 : next(pauses, None)]
    if len(ends) < 2:
        return None
    return 60 * len(ends) / max(1.0, (now - ends[-1]).total_seconds())


def workers() -> int:
    """Worker processes that live."""
    return WorkerSign.objects.filter(seen_at__gte=timezone.now() - lease()).count()


def _seconds_of_one(provider: Provider) -> float | None:
    newest = Attempt.objects.order_by("-pk").values_list("provider", "outcome", "seconds")[:ATTEMPTS]
    took = [
        seconds
        for alias, outcome, seconds in newest
        if alias == provider.alias and outcome == Attempt.Outcome.PICTURE and seconds is not None
    ]
    return median(took) if took else None


def _at_once(provider: Provider, limit: float | None) -> int:
    """Calls of all workers together; one worker is taken to run where none does now."""
    cores = len(os.sched_getaffinity(0))
    threads = min(settings.BRANDKIT_WORKER_THREADS, cores if provider.computes else 10**6)
    at_once = threads * max(1, workers())
    return max(1, min(int(at_once), int(limit)) if limit else int(at_once))
