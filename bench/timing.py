"""How long things take, measured so that a busy moment of the machine hits all of them alike."""

import time
from collections.abc import Callable

RUNS = 5


def shortest(*jobs: Callable[[], object]) -> list[float]:
    """Seconds of each job's best run, in turns."""
    took: list[list[float]] = [[] for _ in jobs]
    for _ in range(RUNS):
        for job, times in zip(jobs, took, strict=True):
            start = time.perf_counter()
            job()
            times.append(time.perf_counter() - start)
    return [min(times) for times in took]
