"""What was imported and not started yet: every row's verdict on a page."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from brandkit.accounts.models import Brand
from brandkit.common.errors import NotFound
from generation.batches import asking
from generation.catalogue import importing, table
from generation.catalogue.archive import Photos, Zip
from generation.catalogue.columns import unknown
from generation.catalogue.foreground import here
from generation.catalogue.importing import Order
from generation.catalogue.photos import is_address
from generation.models import Batch, BatchLine
from templates_app.models import OutputFormat, SceneVersion

LINES = 100
"""So many rows a page."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """A row as it was read. photo: what becomes of its photo, in words."""

    line: BatchLine
    scenes: str
    formats: str
    photo: str


@dataclass(frozen=True, kw_only=True)
class Page:
    """Some verdicts; `after` is the row that the next page begins after, None at the end."""

    verdicts: list[Verdict]
    after: int | None


def draft(order: Order, *, file: Path, file_name: str, photos: Path | None) -> tuple[Batch, Sequence[str]]:
    """Write down what a table asks for, with nothing asked for yet; and what to know of how it was read.

    The zip is kept where a photo of it is still to be taken in. Raises TableRefused, PhotosRefused, Invalid,
    NotAllowed, NotFound, StorageFailed; nothing is left then.
    """
    found = table.read(file)
    with _opened(photos) as there:
        plan, _ = importing.estimated(importing.plan(order, found, file_name, there))
    needed = photos if any(here(line) for line in plan.lines) else None
    with file.open("rb") as source, needed.open("rb") if needed else nullcontext() as zipped:
        batch = asking.draft(plan, source=source, photos=zipped)
    return batch, found.notes


@contextmanager
def _opened(photos: Path | None) -> Iterator[Photos | None]:
    if photos is None:
        yield None
        return
    with photos.open("rb") as file:
        yield Zip(file)


def find(brand: Brand, pk: int) -> Batch:
    """Raises NotFound."""
    found = Batch.objects.filter(brand=brand, pk=pk).select_related("brand", "requested_by", "progress")
    batch = found.select_related("prompt_version__template__brand").first()
    if batch is None:
        raise NotFound
    return batch


def page(batch: Batch, *, after: int = 0, bad: bool = False) -> Page:
    """Verdicts of the rows below the one of that number. bad: only of those that nothing can be made of."""
    lines = batch.lines.filter(number__gt=after).select_related("subject").order_by("number")
    found = list((lines.exclude(problem="") if bad else lines)[: LINES + 1])
    scenes = {each.pk: each.scene.name for each in _scenes(batch)}
    formats = dict(OutputFormat.objects.filter(brand=batch.brand_id).values_list("pk", "name"))
    verdicts = [
        Verdict(
            line=line,
            scenes=_names(scenes, line.scenes),
            formats=_names(formats, line.formats),
            photo=_photo_words(line),
        )
        for line in found[:LINES]
    ]
    return Page(verdicts=verdicts, after=found[LINES - 1].number if len(found) > LINES else None)


def unused_columns(batch: Batch) -> list[str]:
    """Columns of the file that mean nothing here."""
    first = batch.lines.order_by("number").first()
    return unknown(sorted(first.cells)) if first else []


def _scenes(batch: Batch) -> Sequence[SceneVersion]:
    return list(SceneVersion.objects.filter(pk__in=batch.scenes).select_related("scene"))


def _names(names: dict[int, str], pks: Sequence[int]) -> str:
    return ", ".join(names[pk] for pk in pks if pk in names)


def _photo_words(line: BatchLine) -> str:
    if line.problem:
        return ""
    if line.subject:
        return "is here already"
    if is_address(line.photo):
        return "is fetched once it starts"
    return "is taken in once it starts" if line.photo else ""
