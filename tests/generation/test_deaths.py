"""A worker is killed at every point of its work: nothing is lost, nothing is made or paid twice.

BRANDKIT_DEATHS says how many die at each point: one, unless somebody wants to be very sure.
"""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from brandkit.accounts.models import Brand
from brandkit.common.models import Event
from generation import budgets
from generation.models import Attempt, Budget, Generation, Output
from review.models import Review
from tests.factories import make_brand
from tests.generation.scenarios.play import outcomes, use, wanted
from tests.generation.scenarios.scenario import PICTURE
from tests.generation.scripts import outputs_stored
from tests.standins.deaths import POINTS
from tests.standins.gemini import GeminiServer, gemini_server
from tests.standins.processes import Process, environment_of_test

pytestmark = [pytest.mark.worker, pytest.mark.django_db(transaction=True)]
DEATHS = int(os.environ.get("BRANDKIT_DEATHS", "1"))
LEASE = 3

IN_CALL = ("after the attempt is written", "while sending", "after the answer", "while storing bytes")
"""Nobody knows then what came of the call, so it counts as spent."""
PAID = dict.fromkeys(POINTS, ("picture",)) | dict.fromkeys(IN_CALL, ("unknown", "picture"))
REACHED = dict.fromkeys(("after the answer", "while storing bytes"), 2)
"""Requests that reached the vendor whole; where it is not one."""


@pytest.fixture
def gemini(settings: LazySettings) -> Iterator[GeminiServer]:
    with gemini_server() as server:
        use(settings, "gemini.Gemini", key=server.key, url=server.url)
        yield server


class Nursery:
    """Forks workers, one at a time."""

    def __init__(self, process: Process) -> None:
        self._process = process

    def worker(self, works: list[Generation], *, dies: str = "") -> int:
        """Its exit status: minus the signal that ended it."""
        order = {"point": dies, "works": [(work.NOUN, work.pk) for work in works]}
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


@contextmanager
def nursery(settings: LazySettings) -> Iterator[Nursery]:
    environment = environment_of_test(
        TEST_PROVIDERS=json.dumps(settings.BRANDKIT_PROVIDERS),
        BRANDKIT_LEASE_SECONDS=str(LEASE),
        BRANDKIT_UNKNOWN_OUTCOME="retry",
    )
    command = [sys.executable, "-m", "tests.standins.deaths"]
    with subprocess.Popen(
        command, cwd=settings.BASE_DIR, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        try:
            yield Nursery(process)
        finally:
            process.kill()


def test_it_loses_nothing_and_pays_nothing_twice_wherever_it_is_killed(
    gemini: GeminiServer, settings: LazySettings
) -> None:
    brand = make_brand()
    works = {point: [asked_for(brand) for _ in range(DEATHS)] for point in POINTS}
    with nursery(settings) as workers:
        for point, work in [(point, work) for point, own in works.items() for work in own]:
            assert workers.worker([work], dies=point) == -signal.SIGKILL, point
            check_is_free_after_its_lease(work)
        assert workers.worker([work for own in works.values() for work in own]) == 0
    assert {point: [outcomes(work) for work in own] for point, own in works.items()} == {
        point: [paid] * DEATHS for point, paid in PAID.items()
    }
    check_each_ended_once()
    check_money(gemini)
    check_files()


def asked_for(brand: Brand) -> Generation:
    """With its price set aside."""
    work = wanted(brand, price=PICTURE)
    with transaction.atomic():
        budgets.reserve(budgets.locked(brand.pk), [work])
        work.save(update_fields=["reserved"])
    return work


def check_is_free_after_its_lease(work: Generation) -> None:
    work.refresh_from_db()
    assert work.state == "running"
    assert work.lease_until is not None
    assert work.lease_until <= timezone.now() + timedelta(seconds=LEASE)


def check_each_ended_once() -> None:
    pictures = len(POINTS) * DEATHS
    assert Generation.objects.filter(state="succeeded").count() == Generation.objects.count() == pictures
    assert Output.objects.count() == Review.objects.count() == pictures
    told = Counter(Event.objects.values_list("kind", flat=True))
    assert (told["generation.succeeded"], told["review.waiting"]) == (pictures, pictures)


def check_money(gemini: GeminiServer) -> None:
    """Never more calls than attempts, and the budget bears what the attempts cost."""
    assert len(gemini.asked) == sum(REACHED.get(point, 1) for point in POINTS) * DEATHS
    assert len(gemini.asked) <= Attempt.objects.count()
    budget = Budget.objects.get()
    assert budget.spent == Attempt.objects.aggregate(Sum("cost"))["cost__sum"]
    assert budget.spent == PICTURE * sum(map(len, PAID.values())) * DEATHS
    assert budget.reserved == 0


def check_files() -> None:
    """No picture without its bytes, no bytes without their picture."""
    rows: Any = Output.objects.values_list("picture", "preview", "thumbnail")
    assert sorted(f"private/{name}" for names in rows for name in names) == outputs_stored()
