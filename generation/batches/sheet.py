"""One batch as its page shows it: things down, scenes across, and in each cell small pictures."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from zlib import crc32

from brandkit.common.numbers import row_number
from brandkit.web.templatetags.web import STATES
from generation.batches import selectors
from generation.models import Batch, BatchLine, Generation
from templates_app.models import SceneVersion

HEIGHT = 64
"""Of a small picture, in pixels."""
BLANKS = 12
"""So many places a cell keeps for pictures that are not asked for yet."""


@dataclass(frozen=True, kw_only=True)
class Tile:
    """One picture of a cell. words: what it shows, and how it stands where it is not done."""

    generation: Generation
    words: str

    @property
    def state(self) -> str:
        return self.generation.state

    @property
    def output(self) -> int | None:
        """Number of what came of it."""
        found = getattr(self.generation, "output", None)
        return found.pk if found else None

    @property
    def icon(self) -> str:
        return STATES[self.state][0]

    @property
    def width(self) -> int:
        """Pixels, at `HEIGHT`: as its format is, but for the very narrow and the very wide."""
        wanted = self.generation.output_format
        return min(max(round(HEIGHT * wanted.width / wanted.height), HEIGHT // 2), 2 * HEIGHT)


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A thing in a scene. blanks: pictures that are not asked for yet, as far as there is a place for them.

    elsewhere: another line of the batch asks for the very same.
    """

    scene: SceneVersion
    tiles: Sequence[Tile] = ()
    blanks: int = 0
    elsewhere: bool = False

    @property
    def mark(self) -> str:
        return letters(self.blanks, *((tile.generation.pk, tile.state, tile.output) for tile in self.tiles))


@dataclass(frozen=True, kw_only=True)
class Row:
    """A line of the batch. more: it has pictures that are not shown. fixed: it is shown as it was."""

    line: BatchLine
    cells: Sequence[Cell]
    more: bool = False
    fixed: bool = False

    @property
    def name(self) -> str:
        line = self.line
        return line.subject.name if line.subject else line.name or line.photo or f"Line {line.number}"

    @cached_property
    def marks(self) -> list[str]:
        """Of the line itself, then of each cell."""
        return [letters(self.line.subject_id, self.line.problem), *(cell.mark for cell in self.cells)]

    @property
    def mark(self) -> str:
        """What a page knows of it."""
        return "" if self.fixed else f"{self.line.number}-{'.'.join(self.marks)}"


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """Some lines of a batch. after: what the next page goes on after, where more follow."""

    scenes: list[SceneVersion]
    rows: list[Row]
    after: int | None = None


def page(batch: Batch, *, after: int = 0, state: str = "") -> Sheet:
    """A page of lines; of those in just one state only what is in it."""
    grid = selectors.grid(batch, after=after, state=state)
    return Sheet(scenes=grid.scenes, rows=[of(row, fixed=bool(state)) for row in grid.rows], after=grid.after)


def changed(batch: Batch, known: Iterable[str]) -> list[tuple[Row, list[Cell]]]:
    """Of the lines that a page knows by their marks: those that have changed, and which cells of them."""
    marks = dict(parsed(known))
    news = []
    for row in map(of, selectors.rows_of(batch, marks)):
        old = marks[row.line.number]
        if row.marks != old:
            differ = [mark not in old[n : n + 1] for n, mark in enumerate(row.marks)][1:]
            news.append((row, [cell for cell, other in zip(row.cells, differ, strict=True) if other]))
    return news


def parsed(known: Iterable[str]) -> Iterable[tuple[int, list[str]]]:
    """Number of the line, and its marks."""
    for each in known:
        number, _, marks = each.partition("-")
        line = row_number(number)
        if line is not None:
            yield line, marks.split(".")


def of(row: selectors.Row, *, fixed: bool = False) -> Row:
    cells = [cell(row.line, each, fixed=fixed) for each in row.cells]
    return Row(line=row.line, cells=cells, more=row.more, fixed=fixed)


def cell(line: BatchLine, found: selectors.Cell, *, fixed: bool) -> Cell:
    scene, made = found.scene, [item.generation for item in found.items]
    wanted = len(line.formats) * line.variations if scene.pk in line.scenes and not fixed else 0
    still = 0 if line.filled_at or line.problem else max(0, wanted - len(made))
    return Cell(
        scene=scene,
        tiles=[Tile(generation=each, words=words(line, scene, each)) for each in made],
        blanks=min(still, BLANKS),
        elsewhere=bool(wanted and line.filled_at and not made),
    )


def words(line: BatchLine, scene: SceneVersion, generation: Generation) -> str:
    """Such as "Banana in Kitchen, Square: waiting"."""
    name = line.subject.name if line.subject else line.name
    told = f"{name} in {scene.scene.name}, {generation.output_format.name}"
    if generation.variation > 1:
        told += f", variation {generation.variation}"
    if generation.state == Generation.State.SUCCEEDED:
        return told
    return f"{told}: {generation.get_state_display().lower()}"


def letters(*parts: object) -> str:
    """Four that are others where one of the parts is another."""
    return f"{crc32(repr(parts).encode()) & 0xFFFF:04x}"
