"""How something that stands still is told, and how it is counted."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse

from generation.models import WORKS, Batch, Generation, Work

MOST = 1000
"""Nobody counts further."""

SHOWN = 5
"""Examples of each finding."""


@dataclass(frozen=True, kw_only=True)
class Scope:
    """Whose things are looked at: those of some brands, by number, or of all."""

    brands: Collection[int] | None = None

    @property
    def is_all(self) -> bool:
        return self.brands is None

    def of(self, rows: QuerySet[Any], field: str = "brand") -> QuerySet[Any]:
        return rows if self.brands is None else rows.filter(**{f"{field}__in": self.brands})


@dataclass(frozen=True, kw_only=True)
class Link:
    """Words, and where they lead: a path on this service, or nowhere."""

    words: str
    path: str = ""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that stands still. helps: what to do, in a sentence; do: where to do it.

    count: how many things it concerns, as far as they were counted; noun: what one of them is called.
    """

    title: str
    why: str
    helps: str
    count: int
    noun: str = "picture"
    since: datetime | None = None
    examples: Sequence[Link] = ()
    do: Link | None = None

    @property
    def how_many(self) -> str:
        if self.count > MOST:
            return f"more than {MOST:,} {self.noun}s"
        return f"{self.count:,} {self.noun}{'' if self.count == 1 else 's'}"


def counted(rows: QuerySet[Any]) -> int:
    """How many they are, up to one more than `MOST`."""
    return rows.order_by()[: MOST + 1].count()


@dataclass(frozen=True)
class Works:
    """Rows of all kinds of work, chosen alike."""

    rows: Sequence[QuerySet[Any]]

    @classmethod
    def of(cls, scope: Scope, **chosen: Any) -> "Works":
        return cls([scope.of(model.objects.filter(**chosen)) for model in WORKS.values()])

    def filter(self, *chosen: Any, **more: Any) -> "Works":
        return Works([rows.filter(*chosen, **more) for rows in self.rows])

    def of_open_batches(self) -> "Works":
        """Without those whose batch is paused or over."""
        return Works([_in_open_batches(rows) if rows.model is Generation else rows for rows in self.rows])

    def count(self) -> int:
        return min(MOST + 1, sum(map(counted, self.rows)))

    def first(self, order: str = "pk") -> list[Work]:
        """Some of each kind, to look at."""
        return list(self._first(order))

    def _first(self, order: str) -> Iterator[Work]:
        for rows in self.rows:
            known = ("brand", "subject") if rows.model is Generation else ("brand", "scene")
            yield from rows.select_related(*known).order_by(order)[:SHOWN]


def _in_open_batches(rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows.filter(Q(batch=None) | Q(batch__in=Batch.objects.open()))


def examples(works: Iterable[Work], words: dict[int, str] | None = None) -> list[Link]:
    """Links to their pages. words: more about each, by number."""
    return [Link(words=_named(work, (words or {}).get(work.pk, "")), path=page_of(work)) for work in works]


def _named(work: Work, more: str) -> str:
    name = f"{work.brand}, {work._meta.verbose_name} {work.pk}"
    return f"{name}: {more}" if more else name


def page_of(work: Work) -> str:
    """Where a person looks at it."""
    if isinstance(work, Generation):
        return reverse("studio:picture", args=[work.brand.slug, work.pk])
    return reverse("admin:generation_scenedraft_change", args=[work.pk])
