"""Long lists on pages: as fast at the end of a million rows as at the start, steady while rows arrive.

There are no totals: counting costs more than the page itself.
"""

from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Generic, TypeVar

from django.db.models import Model, QuerySet

M = TypeVar("M", bound=Model)


@dataclass(frozen=True, kw_only=True)
class Page(Generic[M]):
    """Some rows, newest first. older, newer: what the links to the pages beside it name; None for no page."""

    rows: list[M]
    older: int | None
    newer: int | None


def newest_first(
    rows: "QuerySet[M]", size: int, *, by: str = "pk", before: int | None = None, after: int | None = None
) -> Page[M]:
    """The `size` rows next to a number: those below `before`, or those above `after`; else the newest.

    by: a number that no two rows share, with an index. The newest too where nothing is beyond the number.
    """
    number = attrgetter(by)
    if after is not None:
        nearest: list[Any] = list(rows.filter(**{f"{by}__gt": after}).order_by(by)[: size + 1])
        if len(nearest) > size:
            shown = nearest[size - 1 :: -1]
            return Page(rows=shown, older=number(shown[-1]), newer=number(shown[0]))
        before = None
    found: list[Any] = list(_below(rows, by, before).order_by(f"-{by}")[: size + 1])
    if not found and before is not None:
        return newest_first(rows, size, by=by)
    shown = found[:size]
    older = number(shown[-1]) if len(found) > size else None
    return Page(rows=shown, older=older, newer=None if before is None else number(shown[0]))


def _below(rows: "QuerySet[M]", by: str, before: int | None) -> "QuerySet[M]":
    return rows if before is None else rows.filter(**{f"{by}__lt": before})
