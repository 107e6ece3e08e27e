"""Which column of a table is which."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from brandkit.common.errors import Invalid

COLUMNS = ("sku", "name", "photo", "scenes", "formats", "variations", "priority")
PROBLEM = "problem"
"""The column that a file to fix has besides; it is read past."""

OTHER_NAMES: Mapping[str, str] = {
    "scene": "scenes",
    "format": "formats",
    "variation": "variations",
    "photos": "photo",
    "problems": PROBLEM,
}


class TableRefused(Invalid):
    """This file can't be read as a table."""

    code = "table_refused"


@dataclass(frozen=True, kw_only=True)
class Columns:
    """labels: one for each column, no two alike, "" where it has none; where: the known ones' places."""

    labels: tuple[str, ...]
    where: Mapping[str, int]

    def cell(self, name: str, cells: Sequence[str]) -> str:
        """A known column's cell of a row; empty where the table, or the row, has none."""
        place = self.where.get(name, len(cells))
        return cells[place] if place < len(cells) else ""

    def kept(self, cells: Sequence[str]) -> dict[str, str]:
        """A row by its columns' labels, to be written out again; without what was wrong with it before."""
        pairs = zip_longest(self.labels, cells[: len(self.labels)], fillvalue="")
        return {label: cell for label, cell in pairs if label and known(label) != PROBLEM}


def known(label: str) -> str:
    """The column that a header means, in any case and with any spaces: "" where it means none."""
    name = "".join(label.casefold().split()).replace("_", "").replace("-", "")
    name = OTHER_NAMES.get(name, name)
    return name if name in (*COLUMNS, PROBLEM) else ""


def unknown(labels: Sequence[str]) -> list[str]:
    """Those of the headers that mean no column."""
    return [label for label in labels if label and not known(label)]


def in_order(labels: Sequence[str]) -> list[str]:
    """The known columns in their usual order, then the others by name."""
    ranks = {name: rank for rank, name in enumerate(COLUMNS)}
    return sorted(set(labels), key=lambda label: (ranks.get(known(label), len(ranks)), label))


def find(header: Sequence[str]) -> Columns:
    """Raises TableRefused where a row could not say what it is about, or says it twice."""
    names = [known(label) for label in header]
    twice = [name for name, times in Counter(names).items() if name and times > 1]
    if twice:
        raise TableRefused(f"There are two columns “{twice[0]}”. Keep one of them.")
    where = {name: place for place, name in enumerate(names) if name}
    if not {"sku", "photo"} & set(where):
        found = ", ".join(f"“{label[:40]}”" for label in header if label) or "nothing"
        raise TableRefused(
            "The first row has to name the columns, with a photo or an SKU among them: "
            f"{', '.join(COLUMNS)}. It says {found}."
        )
    return Columns(labels=_told_apart(header), where=where)


def _told_apart(header: Sequence[str]) -> tuple[str, ...]:
    """The second of two unknown columns alike gets a 2 behind its name, and so on."""
    times: Counter[str] = Counter()
    labels = []
    for label in header:
        times[label] += 1
        labels.append(f"{label} {times[label]}" if label and times[label] > 1 else label)
    return tuple(labels)
