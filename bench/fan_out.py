"""How long it takes to ask for 200,000 pictures as one batch, against saving them one by one.

Run as `python -m bench.fan_out [pictures]`, on SQLite in a folder of its own. A tenth of the pictures is
written, then a few hundred others are saved one by one, and so on in turns, so that a busy moment of the
machine hits both. One by one is a loop over wishes of the same kind: each row with its event, its place
in a batch and the batch's count, in a transaction of its own. The bare rows, made beforehand and saved with
nothing else, are told beside it.

A thread beside takes from the line as a worker does: it must get a picture before the last one is written.
Memory is what the process grows by. Ends with status 1 if a goal is missed.
"""

import gc
import resource
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from bench.database import demo_in

if TYPE_CHECKING:
    from brandkit.accounts.models import Brand
    from generation.batches.plans import Cell, Plan
    from generation.models import Batch, Generation, Subject

GOAL = 5.0
MEMORY_GOAL = 200.0
"""Megabytes."""
PICTURES = 200_000
A_LINE = 200
TURNS = 10
ONE_BY_ONE = 200
"""In each turn."""


def subjects(brand: "Brand", count: int, *, first: int) -> "list[Subject]":
    """So many things that no two pictures could be the same of; they have no files, and need none here."""
    from generation.models import Subject

    like = {"width": 2000, "height": 2000, "box": [0.2, 0.2, 0.8, 0.8], "confidence": 0.9}
    rows = (
        Subject(
            brand=brand,
            name=f"Thing {number}",
            slug=f"thing-{number}",
            sku=f"T-{number}",
            original_sha256=f"{number:064x}",
            original_width=2000,
            original_height=2000,
            **like,
        )
        for number in range(first, first + count)
    )
    return Subject.objects.bulk_create(rows, batch_size=500)


def plan(pictures: int, *, first: int) -> "Plan":
    """The demo's scenes, formats and prompt, in as many variations as give `A_LINE` pictures a thing."""
    from brandkit.accounts.models import Brand
    from generation.batches.plans import Line, Plan
    from generation.provider import get_provider
    from templates_app.demo import BRAND
    from templates_app.models import OutputFormat
    from templates_app.services import approved_scenes, find_prompt

    brand = Brand.objects.get(slug=BRAND)
    scenes = list(approved_scenes(brand))
    formats = list(OutputFormat.objects.filter(brand=brand, active=True))
    variations = A_LINE // (len(scenes) * len(formats))
    lines = -(-pictures // (len(scenes) * len(formats) * variations))
    return Plan(
        brand=brand,
        by=None,
        name="A whole catalogue",
        prompt_version=find_prompt(brand=brand),
        provider=get_provider("compositor"),
        lines=[
            Line(number=number, subject=subject, scenes=scenes, formats=formats, variations=variations)
            for number, subject in enumerate(subjects(brand, lines, first=first), start=1)
        ],
    )


def one_by_one(batch: "Batch", wanted: "Iterator[Cell]", wishes_of: "Plan") -> tuple[float, float]:
    """Seconds for a picture: saved with what belongs to it, and the bare row."""
    from generation.batches.plans import Wishes

    wishes, lines = Wishes(wishes_of, batch), {line.number: line.pk for line in batch.lines.all()}
    start = time.perf_counter()
    for _ in range(ONE_BY_ONE):
        cell = next(wanted)
        [row] = wishes.rows([cell])
        save(batch, lines[cell.line], row)  # type: ignore[arg-type] # none of these is refused
    whole = time.perf_counter() - start
    rows = wishes.rows([next(wanted) for _ in range(ONE_BY_ONE)])
    start = time.perf_counter()
    for row in rows:
        row.save(force_insert=True)  # type: ignore[union-attr]
    return whole / ONE_BY_ONE, (time.perf_counter() - start) / ONE_BY_ONE


def save(batch: "Batch", line: int, row: "Generation") -> None:
    """As it would be without queueing for many."""
    from django.db import transaction

    from brandkit.common.models import record
    from generation.models import BatchItem, BatchProgress

    with transaction.atomic():
        row.save(force_insert=True)
        record("generation.queued", row)
        BatchItem.objects.create(batch=batch, line_id=line, generation=row, new=True)
        BatchProgress.objects.add_counts({batch.pk: {"queued": 1}})


def take_first(taken: list[float], stop: threading.Event) -> None:
    """Do as a worker does, until there is something to take."""
    from django.db import connection

    from generation.engine.claims import let_go, take_next

    while not stop.is_set():
        if claim := take_next():
            taken.append(time.perf_counter())
            let_go(claim)
            break
        stop.wait(0.05)
    connection.close()


def memory() -> float:
    """The most that this process has had, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(pictures: int) -> bool:
    """Print the lines. False if a goal is missed."""
    from generation.batches import asking

    many, few = plan(pictures, first=1), plan(2 * (TURNS + 1) * ONE_BY_ONE, first=10**6)
    other = asking.draft(few)
    wanted = (cell for line in few.lines for cell in line.wanted(line=line.number))
    one_by_one(other, wanted, few)  # the first round loads what is needed
    taken: list[float] = []
    stop = threading.Event()
    worker = threading.Thread(target=take_first, args=(taken, stop))
    before = memory()
    start = time.perf_counter()
    batch = asking.draft(many)
    worker.start()
    asking.start(batch, None)
    took, singles = time.perf_counter() - start, []
    for turn in range(1, TURNS + 1):
        took += fill(batch, batch.progress.wanted * turn // TURNS)
        singles.append(one_by_one(other, wanted, few))
    ended = time.perf_counter()
    stop.set()
    worker.join()
    return told(batch, took, singles, memory() - before, bool(taken) and taken[0] < ended)


def fill(batch: "Batch", until: int) -> float:
    """Seconds until so many of its pictures are written, or all."""
    from generation.batches.chores import do_some
    from generation.models import BatchProgress

    start = time.perf_counter()
    while do_some(batch):
        if BatchProgress.objects.get(batch=batch).queued >= until and until < batch.progress.wanted:
            break
    return time.perf_counter() - start


def told(batch: "Batch", took: float, singles: list[tuple[float, float]], grown: float, early: bool) -> bool:
    from generation.models import BatchItem

    count = BatchItem.objects.filter(batch=batch).count()
    assert count == batch.progress.wanted
    whole, bare = (sum(times) / len(singles) for times in zip(*singles, strict=True))
    faster = whole * count / took
    print(
        f"{count:,} pictures asked for as one batch: {took:.1f} s, {1e6 * took / count:.0f} us each; "
        f"saved one by one {1e6 * whole:.0f} us each (the bare rows {1e6 * bare:.0f} us): "
        f"{faster:.1f} times as fast (goal at least {GOAL:.0f}) {'ok' if faster >= GOAL else 'OVER'}"
    )
    small = grown < MEMORY_GOAL
    print(f"memory grown by {grown:.0f} MB (goal under {MEMORY_GOAL:.0f}) {'ok' if small else 'OVER'}")
    print(f"the first was taken before the last was written: {'ok' if early else 'NO'}")
    return faster >= GOAL and small and early


def main() -> int:
    pictures = int(sys.argv[1]) if len(sys.argv) > 1 else PICTURES
    with tempfile.TemporaryDirectory() as folder:
        demo_in(folder)
        gc.freeze()  # as `manage.py work` does
        return 0 if measure(pictures) else 1


if __name__ == "__main__":
    sys.exit(main())
