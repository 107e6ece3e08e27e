"""The seam to the task engine, which is Huey. A message names a row, and is no more than a hint."""

import logging
from functools import partial

from huey import consumer
from huey.contrib.djhuey import HUEY, db_task

from generation import runner
from generation.engine import worker

logger = logging.getLogger(__name__)

run_work = db_task(name="run_work")(runner.run)


def dispatch(noun: str, pk: int) -> None:
    """Tell a worker that something is due. Call it on commit; what gets lost, the sweeper sends."""
    try:
        run_work(noun, pk)
    except Exception:
        logger.exception("The %s %s could not be announced; the sweeper will do it.", noun, pk)


class Scheduler(consumer.Scheduler):  # type: ignore[misc]  # Huey comes without types
    """Huey's own, which is never busy: the one thread that hears at once that the process is to stop."""

    def shutdown(self) -> None:
        worker.stop()


consumer.Consumer.scheduler_class = Scheduler

# Huey calls these in each of a worker's threads; the first one counts.
HUEY.on_startup(name="worker")(partial(worker.begin, dispatch))
HUEY.on_shutdown(name="worker")(worker.stop)
