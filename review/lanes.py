"""The order of the queue: lanes, one behind the other, and in each the oldest first.

Within a lane rows are ordered by their number alone, so that every step is one seek in an index, at the
thousandth row as at the millionth.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Case, IntegerField, Q, Value, When

from brandkit.accounts.models import Brand, User
from generation.models import Priority
from review.models import Review, ReviewQuerySet
from review.wanted import FEW, FLAGGED, PRIORITY, few_or_all, overdue_before

SPLIT: Mapping[str, list[Q]] = {
    PRIORITY: [Q(priority=each) for each in sorted(Priority.values, reverse=True)],
    FLAGGED: [Q(flagged=True), Q(flagged=False)],
}
# Not `meant_for IS NULL`: SQLite would look for that in an index, though it holds for nearly all.
FOR_ANYBODY = ~Q(meant_for__gt=0)


@dataclass(frozen=True, kw_only=True)
class Lane:
    """Rows that come in the order of their numbers: those with `where`, and `what` the order is about.

    anew: what was passed in it is looked at again.
    """

    where: Q
    what: Q | None = None
    anew: bool = False

    @property
    def all(self) -> Q:
        return self.where & self.what if self.what else self.where

    def of(self, brand: Brand, rows: ReviewQuerySet) -> ReviewQuerySet:
        """Those of `rows` that are in it."""
        return rows.filter(self.where, *([few_or_all(brand, self.what)] if self.what else []))


@dataclass(frozen=True, kw_only=True)
class Line:
    """Some rows of a brand's queue, as one person gets them."""

    brand: Brand
    rows: ReviewQuerySet
    lanes: list[Lane]

    def behind(self, after: int, count: int, *, again: bool = False) -> list[Review]:
        """The first `count` behind the row of that number; 0 is before all.

        again: before them what has its place before that row, as far as it has come since, or is overdue.
        """
        place = self._place(after) if after else -1
        found: list[Review] = []
        for number, lane in enumerate(self.lanes):
            if number < place and not again:
                continue
            part = lane.of(self.brand, self.rows)
            if number == place or (number < place and not lane.anew):
                part = part.filter(pk__gt=after)
            found += part[: count - len(found)]
            if len(found) == count:
                break
        return found

    def _place(self, pk: int) -> int:
        """Index of the lane of that row, whether it still waits or not; of the last where there is no row."""
        last = len(self.lanes) - 1
        lanes = [When(lane.all, then=Value(number)) for number, lane in enumerate(self.lanes)]
        place = Case(*lanes, default=Value(last), output_field=IntegerField())
        row = Review.objects.filter(brand=self.brand, pk=pk).order_by()
        found: int | None = row.annotate(place=place).values_list("place", flat=True).first()
        return last if found is None else found


def lanes(brand: Brand, user: User, order: str) -> list[Lane]:
    """What comes back to `user`, what is overdue, the others in that order, and what comes back to others."""
    back = Review.objects.undecided().filter(brand=brand, meant_for__isnull=False)
    mine = back.filter(meant_for=user)
    others = back.exclude(meant_for=user).order_by("meant_for", "pk")
    first, last = (
        Lane(where=Q(pk__in=list(rows.values_list("pk", flat=True)[:FEW]))) for rows in (mine, others)
    )
    return [first, *_by_turns(brand, order), last]


def _by_turns(brand: Brand, order: str) -> list[Lane]:
    """What is meant for nobody in particular. Oldest first, the overdue come first by themselves."""
    if order not in SPLIT:
        return [Lane(where=FOR_ANYBODY)]
    overdue = overdue_before(brand)
    late = Lane(where=FOR_ANYBODY & Q(pk__lte=overdue), anew=True)
    return [late, *(Lane(where=FOR_ANYBODY & Q(pk__gt=overdue), what=what) for what in SPLIT[order])]
