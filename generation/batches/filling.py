"""Turning a batch's lines into pictures that are asked for: in chunks, each whole or not at all.

How far it came stands in the lines and in the chore, written with the chunk: a worker that is killed loses
nothing, and of two that write the same chunk one comes late and writes nothing.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from itertools import islice
from typing import Any

from django.utils import timezone

from brandkit.common.errors import Invalid
from generation.batches.ends import end_if_done
from generation.batches.holding import held, let_go, next_chore, take
from generation.batches.photos import with_photos
from generation.batches.plans import Cell, Wishes, Written
from generation.batches.problems import mark, mark_rest
from generation.models import Batch, BatchChore, BatchItem, BatchLine, BatchProgress, Generation
from generation.services import add_all
from generation.usable import check_format, check_makeable, check_prompt, check_scene
from templates_app.models import OutputFormat

State = Batch.State
Asked = tuple[Cell, Generation | Invalid]
CHUNK = 800
"""Pictures that are written at once: for about a fifth of a second nobody else of the brand can ask."""


@dataclass(kw_only=True)
class Chunk:
    """What one transaction writes.

    lines: all that it has pictures of; cells: these, with their line's row number. line, pictures: the number
    of the one that is written in part after it, and how many of its pictures are then.
    """

    lines: list[BatchLine] = field(default_factory=list)
    cells: list[Cell] = field(default_factory=list)
    line: int = 0
    pictures: int = 0


def fill_some(batch: Batch, *, photos: bool = True) -> bool:
    """Write the next chunk of `batch`; gives whether all is written now.

    photos: take in those that it needs, for some seconds; else it ends at the first of them. A line that
    can't be made is marked with its problem and left out.
    """
    chore = next_chore(batch)
    if chore is None or chore.kind != BatchChore.Kind.FILL:
        return chore is None
    if not take(chore):
        return False
    try:
        return _fill(batch, chore, photos)
    finally:
        let_go(chore)


def _fill(batch: Batch, chore: BatchChore, photos: bool) -> bool:
    written = Written(batch)
    try:
        wishes = _wishes(written)
    except Invalid as error:
        return _give_up(chore, error.message)
    left = batch.lines.filter(filled_at=None, problem="").select_related("subject").order_by("number")
    lines = list(left[: CHUNK + 1])
    ready = with_photos(chore, lines, most=CHUNK, take_in=photos)
    chunk = _chunk(written, chore, ready)
    rows = list(zip(chunk.cells, wishes.rows(chunk.cells), strict=True))
    problems = _problems(wishes, rows)
    return _write(chore, wishes, chunk, rows, problems, more=len(lines) > len(ready) or len(lines) > CHUNK)


def fill_from(batch: Batch) -> dict[str, int]:
    """Where a batch whose filling was stopped is to go on: what a chore for it keeps."""
    line = batch.lines.filter(filled_at=None, problem="").order_by("number").first()
    return {"line": line.number, "pictures": line.items.count()} if line else {}


def _wishes(written: Written) -> Wishes:
    """Raises Invalid where the prompt or the provider can't be used any more."""
    plan = written.plan()
    check_prompt(plan.prompt_version)
    wishes = Wishes(plan, written.batch)
    wishes.check()
    return wishes


def _chunk(written: Written, chore: BatchChore, lines: Iterable[BatchLine]) -> Chunk:
    chunk = Chunk()
    for row in lines:
        if row.problem:
            continue
        start = _begun(chore, row)
        some = list(islice(written.line(row).wanted(line=row.pk, start=start), CHUNK - len(chunk.cells)))
        chunk.lines.append(row)
        chunk.cells += some
        if start + len(some) < row.pictures:
            chunk.line, chunk.pictures = row.number, start + len(some)
            break
    return chunk


def _begun(chore: BatchChore, row: BatchLine) -> int:
    """How many pictures of the line were written before."""
    return int(chore.data["pictures"]) if chore.data.get("line") == row.number else 0


def _problems(wishes: Wishes, rows: Iterable[Asked]) -> dict[int, str]:
    """Words by line, for those of which a picture can't be asked for."""
    why_not = cache(partial(_why_not, wishes))
    problems: dict[int, str] = {}
    for cell, row in rows:
        words = why_not(cell.scene) or why_not(cell.format) or (isinstance(row, Invalid) and row.message)
        if words:
            problems.setdefault(cell.line, words)
    return problems


def _why_not(wishes: Wishes, thing: Any) -> str:
    """Empty where it may be used. It may have been retired since the batch was asked for."""
    try:
        if isinstance(thing, OutputFormat):
            check_format(thing)
            check_makeable(wishes.provider, [thing])
        else:
            check_scene(thing)
    except Invalid as error:
        return error.message
    return ""


def _write(
    chore: BatchChore,
    wishes: Wishes,
    chunk: Chunk,
    rows: Iterable[Asked],
    problems: Mapping[int, str],
    *,
    more: bool,
) -> bool:
    wanted = [(cell, row) for cell, row in rows if cell.line not in problems and isinstance(row, Generation)]
    with held(chore.batch_id) as batch:
        same = next_chore(batch)
        if not batch.is_under_way or same is None or _place(same) != _place(chore):
            return False
        counts = _add(batch, wishes, wanted)
        done = [line.pk for line in chunk.lines if line.pk not in problems and line.number != chunk.line]
        BatchLine.objects.filter(pk__in=done).update(filled_at=timezone.now())
        counts["filled"] += len(done)
        for line in chunk.lines:
            if line.pk in problems:
                counts.update(mark(line, problems[line.pk], begun=_begun(chore, line)))
        last = not more and not chunk.line
        _note(same, chunk, last=last)
        if last and batch.state == State.FILLING:
            batch.move(State.RUNNING, actor=chore.asked_by)
        BatchProgress.objects.add_counts({batch.pk: counts})
    if last:
        end_if_done(batch)
    return last


def _add(batch: Batch, wishes: Wishes, wanted: Sequence[tuple[Cell, Generation]]) -> Counter[str]:
    """Ask for them, and hold what comes of it; gives what to count. The same picture twice is one."""
    answers = add_all(
        [row for _, row in wanted],
        brand=batch.brand,
        by=batch.requested_by,
        references=wishes.references,
        lane=batch,
    )
    rows: dict[int, tuple[Cell, Generation]] = {}
    for (cell, _), (row, _) in zip(wanted, answers, strict=True):
        rows.setdefault(row.pk, (cell, row))
    # Unordered: else SQLite walks the batch's whole index for the order's sake.
    there = BatchItem.objects.filter(batch=batch, generation__in=rows).order_by()
    known = set(there.values_list("generation", flat=True))
    items = [
        BatchItem(batch=batch, line_id=cell.line, generation=row, new=row.batch_id == batch.pk)
        for cell, row in rows.values()
        if row.pk not in known
    ]
    BatchItem.objects.bulk_create(items)
    counts = Counter(item.generation.state for item in items)
    counts["reused"] = sum(not item.new for item in items)
    counts["wanted"] = len(items) - len(wanted)
    return counts


def _note(chore: BatchChore, chunk: Chunk, *, last: bool) -> None:
    """How far it came."""
    if last:
        chore.delete()
        return
    chore.data |= {"line": chunk.line, "pictures": chunk.pictures}
    chore.save(update_fields=["data"])


def _place(chore: BatchChore) -> tuple[Any, ...]:
    return chore.pk, chore.data.get("line", 0), chore.data.get("pictures", 0)


def _give_up(chore: BatchChore, words: str) -> bool:
    """Nothing more can be asked for; what was asked for goes on."""
    with held(chore.batch_id) as batch:
        same = next_chore(batch)
        if not batch.is_under_way or same is None or same.pk != chore.pk:
            return False
        same.delete()
        batch.refusal = words
        batch.save(update_fields=["refusal"])
        if batch.state == State.FILLING:
            batch.move(State.RUNNING, actor=chore.asked_by, data={"refusal": words})
        mark_rest(batch, words)
    end_if_done(batch)
    return True
