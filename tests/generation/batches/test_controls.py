"""What people do with a batch: pause, resume, cancel, ask again, priority; and how it ends."""

from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from brandkit.accounts.models import Brand, Notice, User
from brandkit.common.errors import Conflict, Invalid, NotFound
from brandkit.common.models import history
from generation import budgets, services
from generation.batches import asking, chores, controls, filling
from generation.batches.chores import clear_lanes, work_off
from generation.batches.ends import end_finished
from generation.models import Batch, BatchProgress, Budget, Generation
from tests.factories import make_prompt, make_user
from tests.factories import set_state as set_version
from tests.generation.batches.plans import (
    as_is,
    asked,
    counted,
    lines_of,
    pictures,
    plan_of,
    set_state,
    truly,
)

pytestmark = pytest.mark.django_db
FAKE = "generation.providers.fake.Fake"


@pytest.fixture
def priced(settings: Any) -> None:
    """A picture of the provider `fake` costs ten cents."""
    options = {"prices": {"1K": "0.1"}}
    fake = {"BACKEND": FAKE, "OPTIONS": options}
    settings.BRANDKIT_PROVIDERS = {**settings.BRANDKIT_PROVIDERS, "fake": fake}


def states(batch: Batch) -> list[str]:
    assert counted(batch) == truly(batch)
    return [row.state for row in pictures(batch)]


def kinds(batch: Batch) -> list[str]:
    return [event.kind.removeprefix("batch.") for event in history(batch)][3:]


# Pause and resume


def test_it_pauses_and_goes_on(brand: Brand, designer: User, told: list[int]) -> None:
    batch = asked(brand)
    controls.pause(batch, designer)
    assert (batch.paused_at is not None, batch.paused_by, batch.state) == (True, designer, "running")
    assert not Batch.objects.open().exists()
    with pytest.raises(Conflict, match="paused already"):
        controls.pause(batch, designer)
    told.clear()
    controls.resume(batch, designer)
    assert (batch.paused_at, batch.paused_by, kinds(batch)) == (None, None, ["paused", "resumed"])
    with pytest.raises(Conflict, match="not paused"):
        controls.resume(batch, designer)
    assert states(batch) == ["queued", "queued"]


def test_one_that_ends_while_it_is_paused_goes_on_when_it_is_retried(brand: Brand) -> None:
    batch = asked(brand)
    set_state("running", *pictures(batch))
    controls.pause(batch, None)
    set_state("failed", *pictures(batch))
    end_finished()
    assert (as_is(batch).state, as_is(batch).paused_at) == ("ended", None)
    controls.retry(batch, None)
    assert (states(batch), Batch.objects.open().get()) == (["queued", "queued"], batch)


def test_what_another_batch_waits_for_is_not_held_up_by_a_pause(brand: Brand) -> None:
    lines, prompt = lines_of(brand, 3), make_prompt(brand)
    first = asked(brand, lines, prompt_version=prompt)
    second = asked(brand, lines[:2], prompt_version=prompt)
    assert [row.batch_id for row in pictures(second)] == [first.pk] * 2
    controls.pause(first, None)
    assert [row.batch_id for row in pictures(first)] == [second.pk, second.pk, first.pk]
    third = asked(brand, lines[2:], prompt_version=prompt)
    assert [row.batch_id for row in pictures(third)] == [third.pk]
    assert (states(first), states(second), states(third)) == (["queued"] * 3, ["queued"] * 2, ["queued"])


def test_a_persons_single_wish_leaves_the_batchs_turn(brand: Brand) -> None:
    [line] = lines_of(brand, 1)
    plan = plan_of(brand, [line])
    batch = asking.ask(plan)
    controls.pause(batch, None)
    assert line.subject
    made, new = services.request(
        brand=brand,
        by=None,
        subject=line.subject,
        scene_version=line.scenes[0],
        prompt_version=plan.prompt_version,
        output_format=line.formats[0],
    )
    assert (new, made.batch, counted(batch)) == (False, None, {"queued": 1})


# Cancel


def test_cancel_loses_nothing_that_is_finished_or_in_work(brand: Brand, designer: User) -> None:
    batch = asked(brand, lines_of(brand, 4))
    made, in_work, *_ = pictures(batch)
    set_state("succeeded", made)
    set_state("running", in_work)
    controls.cancel(batch, designer)
    assert (batch.state, states(batch)) == ("cancelled", ["succeeded", "running", "cancelled", "cancelled"])
    assert (batch.ended_at is not None, kinds(batch)) == (True, ["cancelled"])
    last = history(pictures(batch)[3]).last()
    assert last
    assert (last.kind, last.actor) == ("generation.cancelled", designer)
    with pytest.raises(Conflict, match="not under way"):
        controls.cancel(batch, designer)
    work_off()
    assert batch.chores.count() == 0


def test_cancel_leaves_what_another_batch_waits_for(brand: Brand) -> None:
    lines, prompt = lines_of(brand, 3), make_prompt(brand)
    first = asked(brand, lines, prompt_version=prompt)
    second = asked(brand, lines[:2], prompt_version=prompt)
    controls.cancel(first, None)
    assert states(second) == ["queued", "queued"]
    assert states(first) == ["queued", "queued", "cancelled"]
    assert [row.batch_id for row in pictures(first)] == [second.pk, second.pk, first.pk]


def test_cancel_gives_it_to_an_open_batch_rather_than_to_a_paused_one(brand: Brand) -> None:
    lines, prompt = lines_of(brand, 1), make_prompt(brand)
    first, second, third = (asked(brand, lines, prompt_version=prompt) for _ in range(3))
    controls.pause(third, None)
    controls.cancel(first, None)
    assert [row.batch_id for row in pictures(first)] == [second.pk]
    controls.cancel(second, None)
    assert [row.batch_id for row in pictures(first)] == [third.pk]
    controls.cancel(third, None)
    assert states(first) == ["cancelled"]


def test_cancel_goes_on_in_small_steps(brand: Brand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chores, "AT_ONCE", 2)
    batch = asked(brand, 5)
    controls.cancel(batch, None)
    assert states(batch) == ["cancelled"] * 2 + ["queued"] * 3
    work_off()
    assert states(batch) == ["cancelled"] * 5
    assert batch.chores.count() == 0


def test_cancel_ends_the_writing_and_asking_again_goes_on_with_it(
    brand: Brand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filling, "CHUNK", 4)
    batch = asking.ask(plan_of(brand, lines_of(brand, 3, scenes=3)))
    controls.cancel(batch, None)
    work_off()
    assert (as_is(batch).state, states(batch)) == ("cancelled", ["cancelled"] * 4)
    with pytest.raises(Conflict, match="cancelled"):
        controls.retry(batch, None)
    controls.retry(batch, None, cancelled=True)
    work_off()
    assert (as_is(batch).state, states(batch)) == ("running", ["queued"] * 9)
    progress = as_is(batch).progress
    assert (progress.wanted, progress.filled, progress.left) == (9, 3, 9)


def test_what_comes_back_into_the_queue_of_a_cancelled_batch_is_cancelled(brand: Brand) -> None:
    batch = asked(brand, 1)
    [row] = pictures(batch)
    set_state("running", row)
    controls.cancel(batch, None)
    row.refresh_from_db()
    row.move("queued")
    assert states(batch) == ["queued"]
    clear_lanes()
    work_off()
    assert states(batch) == ["cancelled"]


def test_cancel_gives_back_the_money_that_was_set_aside(brand: Brand, priced: None) -> None:
    Budget.objects.create(brand=brand, month=budgets.month_of(timezone.now()), limit=Decimal("0.25"))
    batch = asked(brand, 4, provider="fake")
    assert [row.reserved for row in pictures(batch)] == [Decimal("0.1"), Decimal("0.1"), None, None]
    assert Budget.objects.get(brand=brand).reserved == Decimal("0.2")
    controls.cancel(batch, None)
    assert (states(batch), Budget.objects.get(brand=brand).reserved) == (["cancelled"] * 4, Decimal(0))
    assert [row.reserved for row in pictures(batch)] == [0, 0, 0, 0]
    controls.retry(batch, None, cancelled=True)
    assert [row.reserved for row in pictures(batch)] == [Decimal("0.1"), Decimal("0.1"), None, None]
    assert (states(batch), Budget.objects.get(brand=brand).reserved) == (["queued"] * 4, Decimal("0.2"))


# Again


def failed(brand: Brand) -> Batch:
    """Of five pictures: made, refused, failed for two reasons, cancelled; it has ended."""
    batch = asked(brand, 5)
    made, refused, full, broken, cancelled = pictures(batch)
    set_state("succeeded", made)
    set_state("refused", refused, failure_code="policy", failure_words="No.")
    set_state("failed", full, failure_code="full", failure_words="Full.")
    set_state("failed", broken, failure_code="broken", failure_words="Broken.")
    set_state("cancelled", cancelled)
    end_finished()
    return as_is(batch)


def test_it_asks_again_for_all_that_failed(
    brand: Brand, designer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chores, "AT_ONCE", 2)
    batch = failed(brand)
    assert (batch.state, batch.ended_at is not None) == ("ended", True)
    controls.retry(batch, designer)
    work_off()
    assert (states(batch), as_is(batch).state) == (
        ["succeeded", "queued", "queued", "queued", "cancelled"],
        "running",
    )
    row = pictures(batch)[1]
    assert (row.asked_again_by, row.failure_code, row.tries, row.ended_at) == (designer, "", 0, None)
    assert (as_is(batch).ended_at, batch.chores.count()) == (None, 0)


def test_it_asks_again_by_reason(brand: Brand) -> None:
    batch = failed(brand)
    controls.retry(batch, None, reason="full")
    assert states(batch) == ["succeeded", "refused", "queued", "failed", "cancelled"]


def test_it_asks_again_for_what_was_cancelled(brand: Brand) -> None:
    batch = failed(brand)
    controls.retry(batch, None, cancelled=True)
    assert states(batch) == ["succeeded", *["queued"] * 4]


def test_what_fails_again_while_it_is_asked_for_is_not_asked_for_for_ever(
    brand: Brand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chores, "AT_ONCE", 1)
    batch = failed(brand)
    controls.retry(batch, None)
    first = pictures(batch)[1]
    set_state("refused", first, failure_code="policy", failure_words="No.")
    work_off()
    assert states(batch) == ["succeeded", "refused", "queued", "queued", "cancelled"]


def test_it_is_not_asked_again_with_a_prompt_that_was_retired(brand: Brand) -> None:
    batch = failed(brand)
    set_version(batch.prompt_version, "retired")
    with pytest.raises(Invalid, match="retired"):
        controls.retry(batch, None)
    assert (as_is(batch).state, states(batch)[1]) == ("ended", "refused")


def test_a_single_one_is_asked_again_out_of_its_cancelled_batch(brand: Brand) -> None:
    batch = asked(brand, 1)
    controls.cancel(batch, None)
    [row] = pictures(batch)
    services.retry(generation=row, by=None)
    assert (row.state, row.batch, counted(batch)) == ("queued", None, {"queued": 1})


# The end


def test_it_ends_when_nothing_is_left_and_tells_who_asked(brand: Brand, designer: User) -> None:
    batch = asked(brand, 2, by=designer)
    one, other = pictures(batch)
    set_state("succeeded", one)
    end_finished()
    assert (as_is(batch).state, Notice.objects.count()) == ("running", 0)
    set_state("failed", other, failure_code="full", failure_words="Full.")
    end_finished()
    end_finished()
    assert as_is(batch).state == "ended"
    notice = Notice.objects.get()
    assert (notice.user, notice.kind, notice.brand) == (designer, "batch.ended", brand)
    assert notice.words == "The batch “Spring” has ended: 1 made or there before, 1 failed."
    assert notice.path == f"/b/{brand.slug}/batches/{batch.pk}/"


def test_a_batch_of_what_is_all_there_ends_at_once(brand: Brand) -> None:
    lines, prompt = lines_of(brand, 2), make_prompt(brand)
    first = asked(brand, lines, prompt_version=prompt)
    set_state("succeeded", *pictures(first))
    second = asked(brand, lines, prompt_version=prompt)
    assert (second.state, counted(second), second.progress.reused) == ("ended", {"succeeded": 2}, 2)


def test_a_wrong_count_is_put_right_before_the_end(brand: Brand) -> None:
    batch = asked(brand, 2)
    BatchProgress.objects.filter(batch=batch).update(queued=0)
    end_finished()
    assert (as_is(batch).state, states(batch)) == ("running", ["queued", "queued"])


# Priority, and who may


def test_it_sets_a_priority(brand: Brand, designer: User) -> None:
    batch = asked(brand)
    controls.set_priority(batch, designer, 3)
    assert (batch.priority, kinds(batch)) == (3, ["priority_set"])
    with pytest.raises(Invalid):
        controls.set_priority(batch, designer, 4)
    controls.cancel(batch, None)
    with pytest.raises(Conflict):
        controls.set_priority(batch, designer, 1)
    assert as_is(batch).priority == 3


def test_strangers_do_nothing_with_it(brand: Brand) -> None:
    batch, stranger = asked(brand), make_user()
    for act in (controls.pause, controls.resume, controls.cancel, controls.retry):
        with pytest.raises(NotFound):
            act(batch, stranger)
    with pytest.raises(NotFound):
        controls.set_priority(batch, stranger, 3)
    assert (states(batch), kinds(batch)) == (["queued", "queued"], [])


def test_a_chore_that_fails_holds_up_no_other_batch(
    brand: Brand, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(filling, "CHUNK", 1)
    broken, good = asking.ask(plan_of(brand)), asking.ask(plan_of(brand))
    real = services.add_all

    def fail(*args: Any, lane: Batch, **kwargs: Any) -> Any:
        if lane == broken:
            raise RuntimeError
        return real(*args, lane=lane, **kwargs)

    monkeypatch.setattr(filling, "add_all", fail)
    work_off()
    assert (as_is(broken).state, as_is(good).state) == ("filling", "running")
    assert f"A step of batch {broken.pk} failed" in caplog.text
    assert Generation.objects.count() == 3
