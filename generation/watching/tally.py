"""Every attempt that was ever made, summed up for counters that only rise."""

import threading
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple

from django.db.models import Case, Count, IntegerField, Max, Q, QuerySet, Sum, Value, When
from django.utils import timezone

from generation.models import Attempt

BUCKETS = (1.0, 2.5, 5.0, 10.0, 20.0, 30.0, 45.0, 60.0, 90.0, 120.0, 180.0, 300.0, 600.0)
"""Upper ends in seconds; slower ones go into one more."""

SETTLED = timedelta(hours=1)
"""No call takes longer: an older attempt stays as it is."""


class Line(NamedTuple):
    """What a counter tells apart."""

    brand: int
    provider: str
    model: str
    outcome: str


@dataclass
class Sums:
    """Of all attempts of one line. took: how many ended in each bucket."""

    attempts: int = 0
    dollars: float = 0.0
    seconds: float = 0.0
    took: Counter[int] = field(default_factory=Counter)

    def rise_to(self, other: "Sums") -> None:
        """Take over what is more there; nothing becomes less."""
        self.attempts = max(self.attempts, other.attempts)
        self.dollars = max(self.dollars, other.dollars)
        self.seconds = max(self.seconds, other.seconds)
        self.took |= other.took

    def add(self, other: "Sums") -> None:
        self.attempts += other.attempts
        self.dollars += other.dollars
        self.seconds += other.seconds
        self.took.update(other.took)


Lines = dict[Line, Sums]


class Tally:
    """Sums old attempts once, and what is newer each time: a million rows are read by the first look only.

    No number ever falls, which Prometheus would take for a new beginning: a call that still waits for its
    answer is not counted before it has one, or an hour has passed. Where an attempt turns out to be another
    one, the number that it leaves stands still until that is reached again.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: Lines = defaultdict(Sums)
        self._told: Lines = defaultdict(Sums)
        self._until = 0
        """All attempts up to this number are in it."""

    def read(self) -> Lines:
        with self._lock:
            self._settle()
            found: Lines = defaultdict(Sums)
            for line, sums in self._known.items():
                found[line].add(sums)
            waits = Q(outcome=Attempt.Outcome.UNKNOWN, seconds=None)
            _add(found, Attempt.objects.filter(pk__gt=self._until).exclude(waits))
            for line, sums in found.items():
                self._told[line].rise_to(sums)
            return self._told

    def _settle(self) -> None:
        newer = Attempt.objects.filter(pk__gt=self._until)
        settled = newer.filter(started_at__lt=timezone.now() - SETTLED)
        newest: int = settled.aggregate(newest=Max("pk"))["newest"] or 0
        if newest:
            _add(self._known, newer.filter(pk__lte=newest))
            self._until = newest


def _add(lines: Lines, attempts: QuerySet[Attempt]) -> None:
    groups = attempts.order_by().values("brand", "provider", "model", "outcome", took=_bucket())
    sums = groups.annotate(attempts=Count("pk"), dollars=Sum("cost"), total=Sum("seconds"))
    names = ("brand", "provider", "model", "outcome", "took", "attempts", "dollars", "total")
    for brand, provider, model, outcome, took, count, dollars, seconds in sums.values_list(*names):
        ended = Counter() if took is None else Counter({took: count})
        lines[Line(brand, provider, model, outcome)].add(Sums(count, float(dollars), seconds or 0.0, ended))


def _bucket() -> Case:
    """The number of the bucket that an attempt's time falls into; null where it has none."""
    ends = [When(seconds__lte=end, then=Value(number)) for number, end in enumerate(BUCKETS)]
    slower = When(seconds__isnull=False, then=Value(len(BUCKETS)))
    return Case(*ends, slower, default=None, output_field=IntegerField())


def cumulative(took: Counter[int]) -> Iterable[tuple[str, float]]:
    """Buckets as Prometheus wants them: each end with all that were no slower."""
    count = 0
    for number, end in enumerate((*BUCKETS, None)):
        count += took[number]
        yield ("+Inf" if end is None else str(end)), count
