"""The rows that nothing can be made of, as a file to mend and to import again."""

import codecs
import csv
from collections.abc import Iterable, Iterator, Mapping

from brandkit.common.spreadsheets import as_text
from generation.catalogue.columns import COLUMNS, PROBLEM, in_order
from generation.catalogue.table import separator_of
from generation.models import Batch, BatchLine, Priority
from templates_app.models import OutputFormat, SceneVersion

AT_ONCE = 500


class _Echo:
    """What the CSV writer writes to: it is handed on."""

    def write(self, line: str) -> str:
        return line


def of_batch(batch: Batch) -> Iterator[bytes]:
    """Those of a batch, as they came; of lines that came from no file, what they ask for."""
    bad = batch.lines.exclude(problem="").order_by("number").iterator(AT_ONCE)
    if batch.source:
        rows = ((line.cells, line.problem) for line in bad)
    else:
        cells = _Cells(batch)
        rows = ((cells.of(line), line.problem) for line in bad)
    return written(rows, _separator(batch))


def written(rows: Iterable[tuple[Mapping[str, str], str]], separator: str = ",") -> Iterator[bytes]:
    """CSV as every spreadsheet opens it, piece by piece. rows: each one's cells by label, and its problem.

    The labels are those of the first row. What looks like a formula is written so that it stays text.
    """
    writer = csv.writer(_Echo(), delimiter=separator)
    labels: list[str] = []
    for cells, problem in rows:
        if not labels:
            labels = in_order(list(cells))
            yield codecs.BOM_UTF8 + writer.writerow([*map(as_text, labels), PROBLEM]).encode()
        kept = [as_text(str(cells.get(label, ""))) for label in labels]
        yield writer.writerow([*kept, as_text(problem)]).encode()
    if not labels:
        yield codecs.BOM_UTF8 + writer.writerow([*COLUMNS, PROBLEM]).encode()


class _Cells:
    """Lines that were chosen on a page, as the rows that would ask for the same."""

    def __init__(self, batch: Batch) -> None:
        formats = OutputFormat.objects.filter(brand=batch.brand_id)
        scenes = SceneVersion.objects.filter(pk__in=batch.scenes)
        self._formats = dict(formats.values_list("pk", "slug"))
        self._scenes = dict(scenes.values_list("pk", "scene__slug"))

    def of(self, line: BatchLine) -> dict[str, str]:
        return {
            "sku": line.sku,
            "name": line.name,
            "photo": line.photo,
            "scenes": "; ".join(self._scenes[pk] for pk in line.scenes if pk in self._scenes),
            "formats": "; ".join(self._formats[pk] for pk in line.formats if pk in self._formats),
            "variations": str(line.variations),
            "priority": Priority(line.priority).label.lower(),
        }


def _separator(batch: Batch) -> str:
    """As the file had it that came: what a spreadsheet takes apart depends on its country."""
    if not batch.source:
        return ","
    try:
        with batch.source.open("rb") as file:
            return separator_of(file)
    except OSError:  # the file to fix does not need it
        return ","
