"""A worker that is killed while it writes a batch: another one goes on, and nothing is there twice."""

import signal

import pytest

from brandkit.accounts.models import Brand
from brandkit.common.models import Event
from generation.batches import asking, controls
from generation.models import Batch, Generation
from tests.generation.batches.plans import as_is, counted, lines_of, pictures, plan_of, truly
from tests.standins.processes import eventually, process

pytestmark = [pytest.mark.worker, pytest.mark.django_db(transaction=True)]
WANTED = 3000


def test_another_worker_goes_on_where_one_was_killed(brand: Brand) -> None:
    batch = asking.ask(plan_of(brand, lines_of(brand, 3, variations=WANTED // 3)))
    controls.pause(batch, None)  # it is written all the same, and nothing is made
    before = as_is(batch).progress.queued
    with process("work", script=[]) as worker:
        eventually(lambda: as_is(batch).progress.queued > before, of=worker)
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    half = as_is(batch)
    assert (half.state, 0 < half.progress.queued < WANTED) == ("filling", True)
    with process("work", script=[]) as worker:
        eventually(lambda: as_is(batch).state == Batch.State.RUNNING, of=worker)
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    made = [(row.subject_id, row.variation) for row in pictures(batch)]
    assert (len(made), len(set(made))) == (WANTED, WANTED)
    assert (Generation.objects.count(), counted(batch)) == (WANTED, truly(batch))
    assert Event.objects.filter(kind="generation.queued").count() == WANTED
