"""The order of the queue: lanes, one behind the other, and in each the oldest first.

Within a lane rows are ordered by their number alone, so that every step is one seek in an index, at the
thousandth row as at the millionth.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.db.models import Case, IntegerField, Q, Value, When

from brandkit.accounts.models import Brand, User
from brandkit.common.numbers import BIGGEST
from generation.models import Priority
from review.models import Review, ReviewQuerySet
from review.parts import FEW, Part, overdue_before
from review.wanted import FLAGGED, PRIORITY

SPLIT: Mapping[str, list[Q]] = {
    PRIORITY: [Q(priority=each) for each in sorted(Priority.values, reverse=True)],
    FLAGGED: [Q(flagged=True), Q(flagged=False)],
}
# Not `meant_for IS NULL`: SQLite would look for that in an index, though it holds for nearly all.
FOR_ANYBODY = ~Q(meant_for__gt=0)


@dataclass(frozen=True, kw_only=True)
class Lane:
    """Rows that come in the order of their numbers: just `these`, or what is meant for nobody in particular.

    Of the latter, those with numbers above `above`, up to `most`, and with `what`. anew: what was passed in
    it is looked at again.
    """

    these: list[int] | None = None
    what: Q | None = None
    above: int = 0
    most: int = BIGGEST
    anew: bool = False

    @property
    def condition(self) -> Q:
        if self.these is not None:
            return Q(pk__in=self.these)
        return FOR_ANYBODY & Q(pk__gt=self.above, pk__lte=self.most) & (self.what or Q())

    def of(self, part: Part) -> Part:
        """What of `part` is in it."""
        if self.these is not None:
            return part.only(self.these)
        part = part.behind(self.above).up_to(self.most).with_(FOR_ANYBODY)
        return part.narrowed(self.what) if self.what else part


@dataclass(frozen=True, kw_only=True)
class Line:
    """A part of the queue in somebody's order. fit: takes rows, and gives those of them that are theirs."""

    part: Part
    lanes: list[Lane]
    fit: Callable[[ReviewQuerySet], ReviewQuerySet]

    def behind(self, after: int, count: int, *, again: bool = False) -> list[Review]:
        """The first `count` behind the row of that number; 0 is before all.

        again: before them what has its place before that row, as far as it has come since, or is overdue.
        """
        if self.part.few == frozenset():
            return []
        place = self._place(after) if after else -1
        if self.part.few is not None:
            return self._of_few(place, after, count, again=again)
        found: list[Review] = []
        for number, lane in enumerate(self.lanes):
            if number < place and not again:
                continue
            part = lane.of(self.part)
            if number == place or (number < place and not lane.anew):
                part = part.behind(after)
            found += self.fit(part.rows())[: count - len(found)]
            if len(found) == count:
                break
        return found

    def _of_few(self, place: int, after: int, count: int, *, again: bool) -> list[Review]:
        """The same of so few that they are simply sorted."""
        rows = self.fit(self.part.rows()).annotate(place=self._case()).order_by("place", "pk")
        numbers = []
        for number, pk in rows.values_list("place", "pk"):
            since = again and (pk > after or self.lanes[number].anew)
            if number > place or (pk > after if number == place else since):
                numbers.append(pk)
        found = {review.pk: review for review in self.fit(self.part.only(numbers[:count]).rows())}
        return [found[pk] for pk in numbers[:count] if pk in found]

    def _place(self, pk: int) -> int:
        """Index of the lane of that row, whether it still waits or not; of the last where there is no row."""
        row = Review.objects.filter(brand=self.part.brand, pk=pk).order_by()
        found: int | None = row.annotate(place=self._case()).values_list("place", flat=True).first()
        return len(self.lanes) - 1 if found is None else found

    def _case(self) -> Case:
        lanes = [When(lane.condition, then=Value(number)) for number, lane in enumerate(self.lanes)]
        return Case(*lanes, default=Value(len(lanes) - 1), output_field=IntegerField())


def lanes(brand: Brand, user: User, order: str) -> list[Lane]:
    """What comes back to `user`, what is overdue, the others in that order, and what comes back to others."""
    back = Review.objects.undecided().filter(brand=brand, meant_for__isnull=False)
    mine = back.filter(meant_for=user)
    others = back.exclude(meant_for=user).order_by("meant_for", "pk")
    first, last = (Lane(these=list(rows.values_list("pk", flat=True)[:FEW])) for rows in (mine, others))
    return [first, *_by_turns(brand, order), last]


def _by_turns(brand: Brand, order: str) -> list[Lane]:
    """What is meant for nobody in particular. Oldest first, the overdue come first by themselves."""
    if order not in SPLIT:
        return [Lane()]
    overdue = overdue_before(brand)
    return [Lane(most=overdue, anew=True), *(Lane(above=overdue, what=what) for what in SPLIT[order])]
