"""What a catalogue run is to be, before and after it is written down."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice, product
from typing import Any

from brandkit.accounts.models import Brand, User
from brandkit.common.errors import Invalid
from generation.models import Batch, BatchLine, Generation, Priority, Reference, Subject
from generation.provider import get_provider
from generation.providers.base import Provider
from generation.references import sent_by
from generation.wish import Wish
from templates_app.models import OutputFormat, PromptVersion, SceneVersion


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One picture of a line: line is its place in the plan, or its row's number."""

    line: int
    subject: Subject
    scene: SceneVersion
    format: OutputFormat
    variation: int
    priority: int


@dataclass(frozen=True, kw_only=True)
class Line:
    """One thing with all that is wanted of it, as `BatchLine` keeps it: a subject, or a photo to take in.

    problem: why nothing can be made of it; such a line is written down and left out.
    """

    number: int
    sku: str = ""
    name: str = ""
    photo: str = ""
    subject: Subject | None = None
    scenes: Sequence[SceneVersion] = ()
    formats: Sequence[OutputFormat] = ()
    variations: int = 1
    priority: int = Priority.NORMAL
    cells: Mapping[str, Any] = field(default_factory=dict)
    problem: str = ""

    @property
    def pictures(self) -> int:
        """How many it asks for, if it can."""
        return 0 if self.problem else len(self.scenes) * len(self.formats) * self.variations

    def wanted(self, *, line: int, start: int = 0) -> Iterator[Cell]:
        """Its pictures from the one at `start` on, the first variation of all before the second of any."""
        if self.subject is None or self.problem:
            return
        every = product(range(1, self.variations + 1), self.scenes, self.formats)
        for variation, scene, output_format in islice(every, start, None):
            yield Cell(
                line=line,
                subject=self.subject,
                scene=scene,
                format=output_format,
                variation=variation,
                priority=self.priority,
            )


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A whole catalogue run. by: None in the operator's shell. variables: over the prompt's usual values.

    source_name: what the imported file is called where it comes from.
    """

    brand: Brand
    by: User | None
    name: str
    prompt_version: PromptVersion
    provider: Provider
    variables: Mapping[str, Any] = field(default_factory=dict)
    priority: int = Priority.NORMAL
    lines: Sequence[Line] = ()
    source_name: str = ""


class Wishes:
    """Turns cells into Generations that are not saved yet. lane: the batch in whose turn they are made."""

    def __init__(self, plan: Plan, lane: Batch | None = None) -> None:
        self.provider = plan.provider
        self.references: Mapping[int, Sequence[Reference]] = {}
        self._lane = lane
        self._wish = Wish(
            brand=plan.brand,
            by=plan.by,
            prompt=plan.prompt_version,
            provider=plan.provider,
            variation=1,
            variables=plan.variables,
        )

    def check(self) -> None:
        """Raises Invalid for a variable that the prompt does not have."""
        self._wish.own_values()

    def rows(self, cells: Sequence[Cell]) -> list[Generation | Invalid]:
        """The row of each, or why it can't be asked for. One query, where the provider takes further photos.

        What is to be sent with them stands in `references` then, by a subject's number.
        """
        subjects = {cell.subject.pk: cell.subject for cell in cells}
        self.references = sent_by(self.provider, subjects.values())
        of = {
            number: replace(self._wish, variation=number, references=self.references)
            for number in {cell.variation for cell in cells}
        }
        return [self._row(of[cell.variation], cell) for cell in cells]

    def _row(self, wish: Wish, cell: Cell) -> Generation | Invalid:
        try:
            row = wish.row(cell.subject, cell.scene, cell.format)
        except Invalid as error:
            return error
        row.batch, row.priority = self._lane, cell.priority
        return row


class Written:
    """A batch as its rows tell it: its plan without lines, and its lines as they are asked for."""

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        self._scenes = SceneVersion.objects.select_related("scene").in_bulk(batch.scenes)
        self._formats = {each.pk: each for each in OutputFormat.objects.filter(brand=batch.brand_id)}

    def plan(self) -> Plan:
        """Raises Invalid where its provider is no longer in the settings."""
        return Plan(
            brand=self.batch.brand,
            by=self.batch.requested_by,
            name=self.batch.name,
            prompt_version=self.batch.prompt_version,
            provider=get_provider(self.batch.provider),
            variables=self.batch.variables,
            priority=self.batch.priority,
            source_name=self.batch.source_name,
        )

    def line(self, row: BatchLine) -> Line:
        """The row's subject should be there already."""
        return Line(
            number=row.number,
            sku=row.sku,
            name=row.name,
            photo=row.photo,
            subject=row.subject,
            scenes=[self._scenes[pk] for pk in row.scenes],
            formats=[self._formats[pk] for pk in row.formats],
            variations=row.variations,
            priority=row.priority,
            cells=row.cells,
            problem=row.problem,
        )
