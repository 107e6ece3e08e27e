"""Parts of what waits for a verdict, found at once among a million."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from brandkit.accounts.models import Brand
from brandkit.common.numbers import BIGGEST
from review.models import Review, ReviewQuerySet

FEW = 500
"""So many pictures are known by their numbers; where more fit, an index finds the first of them at once."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """What waits in a brand with numbers above `above`, up to `most`, and with `where`.

    few: the only numbers that it can have, where it is little. Of two conditions a database may walk the
    index of the one that holds for a million, in search of the few for which the other holds: SQLite knows
    nothing of how often they do. So the few are looked up beforehand, each by an index of its own.
    """

    brand: Brand
    where: Q = field(default_factory=Q)
    above: int = 0
    most: int = BIGGEST
    few: frozenset[int] | None = None

    def behind(self, number: int) -> "Part":
        return replace(self, above=max(self.above, number))

    def up_to(self, number: int) -> "Part":
        return replace(self, most=min(self.most, number))

    def with_(self, condition: Q) -> "Part":
        return replace(self, where=self.where & condition)

    def only(self, numbers: Iterable[int]) -> "Part":
        few = frozenset(numbers)
        return replace(self, few=few if self.few is None else self.few & few)

    def narrowed(self, condition: Q) -> "Part":
        """The same, of a condition that an index of the brand's queue knows."""
        part = self.with_(condition)
        if self.few is not None:
            return part
        found = Review.objects.undecided().filter(condition, brand=self.brand).order_by()
        few = list(found.values_list("pk", flat=True)[: FEW + 1])
        return part.only(few) if len(few) <= FEW else part

    def rows(self) -> ReviewQuerySet:
        """Oldest first."""
        waiting = Review.objects.undecided().filter(self.where)
        if self.few is not None:
            # Not by the brand as well: that would be the index to walk.
            return waiting.filter(pk__in=[pk for pk in sorted(self.few) if self.above < pk <= self.most])
        if self.above:
            waiting = waiting.filter(pk__gt=self.above)
        if self.most < BIGGEST:
            waiting = waiting.filter(pk__lte=self.most)
        return waiting.filter(brand=self.brand)


def newest_before(brand: Brand, *, hours: int) -> int:
    """Number of the newest that has waited so long, 0 if none has: all that wait below it have, too."""
    time = timezone.now() - timedelta(hours=hours)
    waiting = Review.objects.undecided().filter(brand=brand, created_at__lt=time)
    return waiting.order_by("-created_at", "-pk").values_list("pk", flat=True).first() or 0


def overdue_before(brand: Brand) -> int:
    """Number of the newest that is overdue, 0 if none is: with it, all that wait longer are."""
    return newest_before(brand, hours=brand.review_due_hours) if brand.review_due_hours else 0
