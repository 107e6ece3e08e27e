"""What becomes of each row of a table: a line of a batch, or a problem in words that say what to change."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from brandkit.accounts.models import Brand
from brandkit.common.errors import BrandkitError, Invalid
from generation.batches.plans import Line
from generation.catalogue.columns import Columns
from generation.catalogue.known import Known, shown
from generation.catalogue.table import Row
from generation.intake import NAME_LENGTH, SKU_LENGTH
from generation.models import Priority
from generation.provider import why_not
from generation.providers.base import Provider
from generation.wish import MOST_VARIATIONS
from templates_app.models import OutputFormat, SceneVersion
from templates_app.services import approved_scenes, find_format, find_scene

V = TypeVar("V")
PHOTO_LENGTH = 1000
PRIORITIES: Mapping[str, int] = {
    spelling.casefold(): priority.value
    for priority in Priority
    for spelling in (priority.label, str(priority.value))
}


@dataclass(frozen=True, kw_only=True)
class Usual:
    """What a row asks for where its own cells are empty."""

    scenes: Sequence[SceneVersion] = ()
    formats: Sequence[OutputFormat] = ()
    variations: int = 1
    priority: int = Priority.NORMAL


class Judge:
    """Reads rows for one brand and provider. Scenes and formats go by slug or by name, in any case."""

    def __init__(self, *, brand: Brand, provider: Provider, usual: Usual, columns: Columns) -> None:
        self._columns = columns
        self._usual = usual
        self._scenes = Known(
            ((version.scene.slug, version.scene.name, version) for version in approved_scenes(brand)),
            explain=lambda word: find_scene(brand=brand, slug=word),
        )
        self._formats = Known(
            ((each.slug, each.name, each) for each in brand.formats.filter(active=True)),
            explain=lambda word: find_format(brand=brand, slug=word),
        )
        self._cant = {each.pk: why_not(provider, each) for each in brand.formats.all()}

    def line(self, row: Row) -> Line:
        """The row as its own words have it; whether its photo is there is another question."""
        problems: list[str] = []

        def read(reader: Callable[[str], V], name: str, otherwise: V) -> V:
            try:
                return reader(self._columns.cell(name, row.cells))
            except BrandkitError as error:
                problems.append(error.message)
                return otherwise

        if any(row.cells[len(self._columns.labels) :]):
            problems.append("It has more cells than there are columns. Put a text with commas in quotes.")
        line = Line(
            number=row.number,
            sku=read(_sku, "sku", ""),
            name=read(_name, "name", ""),
            photo=read(_photo, "photo", ""),
            scenes=read(self._read_scenes, "scenes", ()),
            formats=read(self._read_formats, "formats", ()),
            variations=read(self._variations, "variations", 1),
            priority=read(self._priority, "priority", self._usual.priority),
            cells=self._columns.kept(row.cells),
        )
        return with_problem(line, *problems)

    def _read_scenes(self, cell: str) -> Sequence[SceneVersion]:
        scenes = self._scenes.several(cell) if cell else self._usual.scenes
        if not scenes:
            raise Invalid("Name a scene, or choose scenes for the rows that name none.")
        return scenes

    def _read_formats(self, cell: str) -> Sequence[OutputFormat]:
        formats = self._formats.several(cell) if cell else self._usual.formats
        if not formats:
            raise Invalid("Name a format, or choose formats for the rows that name none.")
        for each in formats:
            if words := self._cant[each.pk]:
                raise Invalid(f"The format “{each.name}” can't be made: {words}")
        return formats

    def _variations(self, cell: str) -> int:
        if not cell:
            return self._usual.variations
        number = int(cell) if re.fullmatch(r"[0-9]{1,9}", cell) else 0
        if not 1 <= number <= MOST_VARIATIONS:
            raise Invalid(f"“{shown(cell)}” is no number of variations: 1 to {MOST_VARIATIONS}.")
        return number

    def _priority(self, cell: str) -> int:
        if not cell:
            return self._usual.priority
        if cell.casefold() not in PRIORITIES:
            labels = ", ".join(label.lower() for label in Priority.labels)
            raise Invalid(f"“{shown(cell)}” is no priority. There are: {labels}.")
        return PRIORITIES[cell.casefold()]


def with_problem(line: Line, *problems: str) -> Line:
    """The line with these besides what was wrong with it before."""
    return replace(line, problem=" ".join(filter(None, (line.problem, *problems))))


def without_repeats(lines: Iterable[Line]) -> list[Line]:
    """Where a row asks for just what one above it does, it is told so and left out."""
    first: dict[tuple[object, ...], int] = {}
    told = []
    for line in lines:
        thing = line.subject.pk if line.subject else line.photo
        scenes, formats = (frozenset(each.pk for each in some) for some in (line.scenes, line.formats))
        same = (thing, scenes, formats, line.variations)
        number = line.number if line.problem else first.setdefault(same, line.number)
        told.append(
            line if number == line.number else with_problem(line, f"Row {number} asks for just the same.")
        )
    return told


def _sku(cell: str) -> str:
    return _short(cell, "SKU", SKU_LENGTH)


def _name(cell: str) -> str:
    return _short(cell, "name", NAME_LENGTH)


def _photo(cell: str) -> str:
    return _short(cell, "photo's path or address", PHOTO_LENGTH)


def _short(cell: str, noun: str, most: int) -> str:
    text = " ".join(cell.split())
    if len(text) > most:
        raise Invalid(f"This {noun} has {len(text)} characters. It may have {most}.")
    return text
