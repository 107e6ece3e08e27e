"""Whatever happens, and in whatever order: the books are the sums of the rows, and no limit is passed."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from brandkit.accounts.models import Role
from brandkit.common.errors import Conflict
from generation import drafting, services
from generation.batches import asking, controls
from generation.batches.chores import work_off
from generation.budget_line import look_after, set_limit
from generation.engine.claims import _held
from generation.models import WORKS, Attempt, Batch, Budget, Generation, SceneDraft, Work
from generation.providers.base import Job, PictureRequest, Result, TryLater
from generation.providers.fake import Fake
from generation.runner import run
from tests.factories import make_format, make_prompt, make_scene, make_subject, make_user
from tests.generation.batches.plans import plan_of
from tests.generation.money import check_batch, check_books, priced

pytestmark = pytest.mark.django_db
STEPS = 50
DOES = ["picture", "refuse", "fail", "later", "lost", "job", "text", "raise", "kill"]
LIMITS = [None, *map(Decimal, ("0.00", "0.60", "1.50", "3.00"))]


class Killed(BaseException):
    """The worker is gone in the middle of a call."""


class Play:
    """A brand in which everything happens by chance, the same for the same seed."""

    def __init__(self, brand: Any, chance: Random, clock: Any) -> None:
        self.brand, self.chance, self.clock = brand, chance, clock
        self.curator = make_user(brand, Role.CURATOR)
        self.subject, self.scene, self.prompt = make_subject(brand), make_scene(brand), make_prompt(brand)
        self.format = make_format(brand)
        self.variation = 0
        self.highest = Decimal(0)

    def steps(self) -> list[Callable[[], object]]:
        return [
            *[self.ask] * 4,
            *[self.work] * 10,
            self.draft,
            self.batch,
            self.pause_or_resume,
            self.end_batch,
            self.cancel,
            self.retry,
            self.limit,
            self.time,
            self.clock_moves,
        ]

    def go(self) -> None:
        with suppress(Conflict, Killed):  # as people and workers meet them
            self.chance.choice(self.steps())()

    def one(self, **state: Any) -> Work | None:
        model = self.chance.choice([Generation, Generation, SceneDraft])
        found = list(model.objects.filter(**state).order_by("pk"))
        return self.chance.choice(found) if found else None

    def ask(self) -> None:
        self.variation += 1
        services.request(
            brand=self.brand,
            by=None,
            subject=self.subject,
            scene_version=self.scene,
            prompt_version=self.prompt,
            output_format=self.format,
            variation=self.variation,
        )

    def draft(self) -> None:
        words = f"A shelf, {self.chance.random()}"
        drafting.draft_from_words(
            scene=self.scene.scene, words=words, ratio="1:1", size="1K", by=self.curator, provider="fake"
        )

    def batch(self) -> None:
        self.variation += 1
        asking.ask(plan_of(self.brand, 3, provider="fake"))

    def pause_or_resume(self) -> None:
        if batch := Batch.objects.open().first():
            controls.pause(batch, None)
        elif batch := Batch.objects.exclude(paused_at=None).first():
            controls.resume(batch, None)

    def end_batch(self) -> None:
        if batch := Batch.objects.order_by("-pk").first():
            if self.chance.random() < 0.5:
                controls.cancel(batch, None)
            else:
                controls.retry(batch, None, cancelled=True)

    def cancel(self) -> None:
        match self.one(state="queued"):
            case Generation() as generation:
                services.cancel(generation=generation, by=None)
            case SceneDraft() as draft:
                drafting.cancel(draft=draft, by=self.curator)

    def retry(self) -> None:
        match self.one(state__in=["refused", "failed", "cancelled"]):
            case Generation() as generation:
                services.retry(generation=generation, by=None)
            case SceneDraft() as draft:
                drafting.retry(draft=draft, by=self.curator)

    def limit(self) -> None:
        set_limit(brand=self.brand, by=None, limit=self.chance.choice(LIMITS))

    def work(self) -> None:
        """What is due, or has been left by a killed worker; some of it before its time."""
        past = timezone.now() - timedelta(seconds=1)
        if work := self.one(state__in=["queued", "running"]):
            type(work).objects.filter(pk=work.pk, state="queued").update(retry_at=None)
            type(work).objects.filter(pk=work.pk, state="running").update(lease_until=past)
            run(work.NOUN, work.pk)

    def time(self) -> None:
        look_after()
        work_off()

    def clock_moves(self) -> None:
        moves = [timedelta(days=11), timedelta(hours=1), timedelta(hours=-1)]
        self.clock.shift(self.chance.choice(moves))

    def answer(self, provider: Fake, request: PictureRequest, sink: Any, job: Job) -> Result:
        """What comes of a call: most often no picture, which is quicker to finish."""
        cost = Decimal(0) if job.id else provider.price(size=request.size, pictures=len(request.pictures))
        facts = {"cost": cost, "response_id": "", "parameters": {}}
        match does := self.chance.choice(DOES):
            case "kill":
                raise Killed
            case "job":
                if not job.id:
                    job.note(f"job-{self.chance.random()}")
                return TryLater(code="at_work", words="It is at work.", job_goes_on=True, cost=cost)
            case "lost":
                return TryLater(code="lost", words="No answer came.", unknown=True, cost=cost)
            case "refuse":
                facts["cost"] = min(cost, Decimal("0.02"))
            case "fail" | "later":
                facts["cost"] = Decimal(0)
        return provider._answer({"do": does}, request, sink, facts)

    def check(self) -> None:
        check_books(self.brand)
        for batch in Batch.objects.select_related("progress"):
            check_batch(batch.progress)
        self.check_limit()

    def check_limit(self) -> None:
        """Nobody began a call that the limit of then did not allow: `spent` only grows within it."""
        budget = Budget.objects.filter(brand=self.brand).first()
        if budget and budget.limit is not None and budget.spent > budget.limit:
            assert budget.spent <= self.highest, "spent more past the limit"
        self.highest = budget.spent if budget else Decimal(0)


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(datetime(2026, 11, 20, 12, 0, tzinfo=UTC), tick=False) as traveller:
        yield traveller


@pytest.mark.parametrize("seed", [2, 4])
def test_the_books_are_the_sums_of_the_rows(
    seed: int, settings: Any, brand: Any, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    priced(settings)
    play = Play(brand, Random(seed), clock)
    monkeypatch.setattr(Fake, "make", lambda *call: play.answer(*call))
    for _ in range(STEPS):
        play.go()
        _held.clear()  # of those that were killed
        play.check()
    assert Attempt.objects.count() > 5
    assert {model.__name__ for model in WORKS.values() if model._default_manager.exists()}
