"""What pages and API show of batches: reads only, and none that grows with the batch."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import QuerySet

from brandkit.accounts.models import Brand
from brandkit.common.errors import NotFound
from generation.batches.pace import rate, workers
from generation.models import Batch, BatchItem, BatchLine, BatchProgress, Generation
from generation.provider import get_provider
from generation.provider_accounts import state_of
from generation.waiting import clock, shut_words
from templates_app.models import SceneVersion

State = Generation.State
BATCHES = 25
"""So many a page."""
PICTURES = 400
"""About so many a page of the grid; a line with more of them shows the first ones."""
LINES = 25
FAILURES = 1_000
"""So many that failed, and so many that were refused, are looked at to tell why."""


@dataclass(frozen=True, kw_only=True)
class BatchPage:
    """Some batches with their progress, newest first; `before` names the last one where there are older."""

    batches: list[Batch]
    before: int | None


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How a batch goes on. spent: US dollars. writing: lines that are still to be asked for.

    rate: pictures a minute at present; None where too few came of late. seconds: until the last one is made
    at that rate; None where nobody knows. waits: why nothing goes on, in a sentence or two; empty where all
    is well.
    """

    spent: Decimal
    rate: float | None
    seconds: float | None
    waits: str
    writing: int


@dataclass(frozen=True, kw_only=True)
class Cell:
    """The pictures of a line in one scene."""

    scene: SceneVersion
    items: list[BatchItem]


@dataclass(frozen=True, kw_only=True)
class Row:
    """A line with its cells, one for each scene of the batch. more: it has pictures that are not shown."""

    line: BatchLine
    cells: list[Cell]
    more: bool = False


@dataclass(frozen=True, kw_only=True)
class Grid:
    """Some rows of a batch; `after` is what the next page begins after, None at the end."""

    scenes: list[SceneVersion]
    rows: list[Row]
    after: int | None


@dataclass(frozen=True, kw_only=True)
class Failure:
    """Why pictures ended without one, and how many of the newest `FAILURES` did so."""

    code: str
    words: str
    count: int


def page_of_batches(brand: Brand, before: int | None = None) -> BatchPage:
    """The brand's batches, newest first, from below the number `before`."""
    found = list(_batches(brand).filter(**({"pk__lt": before} if before else {}))[: BATCHES + 1])
    return _page(found)


def some_batches(brand: Brand, pks: Iterable[int]) -> BatchPage:
    """Those of these numbers that are the brand's, newest first."""
    return _page(list(_batches(brand).filter(pk__in=list(pks)[:BATCHES])))


def batch(brand: Brand, pk: int) -> Batch:
    """One with its progress. Raises NotFound."""
    found = _batches(brand).filter(pk=pk).first()
    if found is None:
        raise NotFound
    return found


def progress(batch: Batch) -> Progress:
    """How it goes on now."""
    row = BatchProgress.objects.get(batch=batch)
    pace = rate(batch.pk) if batch.is_under_way or row.running > 0 else None
    why = waits(batch, row)
    return Progress(
        spent=row.spent,
        rate=pace,
        seconds=60 * row.left / pace if pace and not why else None,
        waits=why,
        writing=max(0, row.lines - row.filled),
    )


def waits(batch: Batch, row: BatchProgress) -> str:
    """Why nothing of it goes on; empty where it does, or where nothing is left to do."""
    if not batch.is_under_way or row.left == 0:
        return ""
    if batch.paused_at:
        by = f" by {batch.paused_by}" if batch.paused_by else ""
        return f"Paused since {clock(batch.paused_at)}{by}. It goes on when somebody resumes it."
    try:
        provider = get_provider(batch.provider)
    except Exception:
        return ""
    return shut_words(provider.name, state_of(provider)) or _no_budget(batch, row) or _no_worker()


def grid(batch: Batch, *, after: int = 0, state: str = "") -> Grid:
    """Rows of lines and scenes, from after line `after`.

    state: only pictures in that state, of the batch's own turn; `after` then numbers a picture.
    """
    scenes = SceneVersion.objects.select_related("scene").in_bulk(batch.scenes)
    columns = [scenes[pk] for pk in batch.scenes if pk in scenes]
    if state:
        return _grid_of_state(batch, columns, after, state)
    found = batch.lines.filter(number__gt=after).select_related("subject").order_by("number")
    lines = _as_many(list(found[: LINES + 1]))
    shown = lines[: min(LINES, len(lines))]
    items = _items(BatchItem.objects.filter(line__in=shown).order_by("line", "pk"), len(shown))
    more = found.filter(number__gt=shown[-1].number).exists() if shown else False
    return Grid(scenes=columns, rows=_rows(shown, columns, items), after=shown[-1].number if more else None)


def rows_of(batch: Batch, lines: Iterable[int]) -> list[Row]:
    """The rows of lines of these numbers, in order."""
    scenes = SceneVersion.objects.select_related("scene").in_bulk(batch.scenes)
    columns = [scenes[pk] for pk in batch.scenes if pk in scenes]
    wanted = batch.lines.filter(number__in=list(lines)[: 4 * LINES])
    found = list(wanted.select_related("subject").order_by("number"))
    items = _items(BatchItem.objects.filter(line__in=found).order_by("line", "pk"), len(found))
    return _rows(found, columns, items)


def problems(batch: Batch) -> QuerySet[BatchLine]:
    """Lines of which nothing could be made, in order."""
    return batch.lines.exclude(problem="").order_by("number")


def failures(batch: Batch) -> list[Failure]:
    """Why pictures of its own turn ended without one, the most frequent first."""
    own = Generation.objects.filter(batch=batch).order_by("-pk").values_list("failure_code", "failure_words")
    ended = [each for state in (State.REFUSED, State.FAILED) for each in own.filter(state=state)[:FAILURES]]
    words = dict(ended)
    counts = Counter(code for code, _ in ended)
    return [
        Failure(code=code, words=words[code], count=count)
        for code, count in sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    ]


def _batches(brand: Brand) -> QuerySet[Batch]:
    rows = Batch.objects.filter(brand=brand).order_by("-pk")
    return rows.select_related("brand", "progress", "requested_by", "paused_by", "prompt_version__template")


def _page(found: list[Batch]) -> BatchPage:
    shown = found[:BATCHES]
    return BatchPage(batches=shown, before=shown[-1].pk if len(found) > BATCHES else None)


def _no_budget(batch: Batch, row: BatchProgress) -> str:
    own = Generation.objects.filter(batch=batch, state=State.QUEUED)
    if (
        not own.filter(reserved=None).exists()
        or own.filter(reserved__isnull=False).exists()
        or row.running > 0
    ):
        return ""
    return "It waits for the brand's budget. An owner can raise it; else it goes on next month."


def _no_worker() -> str:
    return "" if workers() else "No worker runs at present. The operator starts one with manage.py serve."


def _as_many(lines: list[BatchLine]) -> list[BatchLine]:
    """The first of these, with about `PICTURES` together, one at least."""
    total = 0
    for count, line in enumerate(lines):
        total += line.pictures
        if total > PICTURES:
            return lines[: max(1, count)]
    return lines


def _items(items: QuerySet[BatchItem], lines: int) -> list[BatchItem]:
    shown = items.select_related("generation__output_format", "generation__output")
    return list(shown[: PICTURES * max(1, lines) if lines <= 1 else 4 * PICTURES])


def _rows(
    lines: Sequence[BatchLine], scenes: Sequence[SceneVersion], items: Iterable[BatchItem]
) -> list[Row]:
    cells: dict[tuple[int, int], list[BatchItem]] = defaultdict(list)
    count: dict[int, int] = defaultdict(int)
    for item in items:
        cells[item.line_id, item.generation.scene_version_id].append(item)
        count[item.line_id] += 1
    return [
        Row(
            line=line,
            cells=[Cell(scene=scene, items=cells[line.pk, scene.pk]) for scene in scenes],
            more=line.filled_at is not None and count[line.pk] >= PICTURES,
        )
        for line in lines
    ]


def _grid_of_state(batch: Batch, scenes: list[SceneVersion], after: int, state: str) -> Grid:
    own = Generation.objects.filter(batch=batch, state=state, pk__gt=after).order_by("pk")
    pks = list(own.values_list("pk", flat=True)[: PICTURES // 4 + 1])
    shown = pks[: PICTURES // 4]
    found = BatchItem.objects.filter(batch=batch, generation__in=shown).order_by("generation")
    items = list(found.select_related("generation__output_format", "generation__output", "line__subject"))
    lines = {item.line_id: item.line for item in items}
    return Grid(
        scenes=scenes,
        rows=_rows(list(lines.values()), scenes, items),
        after=shown[-1] if len(pks) > len(shown) else None,
    )
