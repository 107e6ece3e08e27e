"""The seam to the task engine, which is Huey. A message carries a number only, and is no more than a hint."""

import logging
from functools import partial

from huey.contrib.djhuey import HUEY, db_task

from generation import runner
from generation.engine import worker

logger = logging.getLogger(__name__)

run_generation = db_task(name="run_generation")(runner.run)


def dispatch(generation_id: int) -> None:
    """Tell a worker that a generation is due. Call it on commit; what gets lost, the sweeper sends."""
    try:
        run_generation(generation_id)
    except Exception:
        logger.exception("Generation %s could not be announced; the sweeper will do it.", generation_id)


# Huey calls these in each of a worker's threads; the first one counts.
HUEY.on_startup(name="worker")(partial(worker.begin, dispatch))
HUEY.on_shutdown(name="worker")(worker.stop)
