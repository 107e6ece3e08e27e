"""What a batch would make, cost and take, before anything is asked for."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice

from brandkit.common.errors import Invalid
from generation import budgets
from generation.batches.pace import seconds_for
from generation.batches.plans import Cell, Line, Plan, Wishes, Written
from generation.models import Batch, Generation
from generation.provider import price_of
from generation.queueing import AGAIN

AT_ONCE = 500
CENT_PARTS = Decimal("0.00001")
LOOKED_AT = 20_000
"""Pictures that are looked for one by one; of more, the rest is taken to be like these."""


@dataclass(frozen=True, kw_only=True)
class Problem:
    """A line of which nothing can be made, and why."""

    number: int
    words: str


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """pictures: wanted in all; there: made already, or on their way; new: to be made now.

    price: US dollars; None where a price is not known. seconds: until the last is made, if nothing else is;
    None where nobody knows. left: what the budget leaves before it; None where there is no limit. exact:
    False where there were too many to look at each. problems: of lines that are left out.
    """

    pictures: int = 0
    there: int = 0
    new: int = 0
    price: Decimal | None = None
    seconds: float | None = None
    left: Decimal | None = None
    exact: bool = True
    problems: Sequence[Problem] = ()

    @property
    def over(self) -> Decimal:
        """How much more it costs than the budget leaves; zero where it fits."""
        if self.price is None or self.left is None:
            return Decimal(0)
        return max(Decimal(0), self.price - self.left)


def of(what: Plan | Batch, *, look_at: int = LOOKED_AT) -> Estimate:
    """Look at every line. A query or two for 500 pictures; nothing is written.

    look_at: about so many pictures, those of the first lines, are looked for one by one. A line whose photo
    is still to be taken in counts as new. Raises Invalid where its provider is not there.
    """
    if isinstance(what, Batch):
        written = Written(what)
        rows = what.lines.select_related("subject").order_by("number")
        looked = _Looked(written.plan(), look_at)
        looked.at(map(written.line, rows.iterator(chunk_size=1000)))
    else:
        looked = _Looked(what, look_at)
        looked.at(what.lines)
    return looked.estimate()


class _Looked:
    """Adds up what there is to see."""

    def __init__(self, plan: Plan, look_at: int) -> None:
        self._plan, self._look_at = plan, look_at
        self._wishes = Wishes(plan)
        self._problems: dict[int, str] = {}
        self._seen: set[str] = set()
        self._there = self._new = self._unseen = 0
        self._price = self._price_unseen = Decimal(0)
        self._unpriced = False

    def at(self, lines: Iterable[Line]) -> None:
        cells = self._cells(lines)
        while some := list(islice(cells, AT_ONCE)):
            self._look(some)

    def _cells(self, lines: Iterable[Line]) -> Iterator[Cell]:
        looked_at = 0
        for line in lines:
            if line.problem:
                self._problems[line.number] = line.problem
                continue
            price = self._price_of(line)
            if line.subject is None:
                self._new += line.pictures
                self._price += price
            elif looked_at > self._look_at:
                self._unseen += line.pictures
                self._price_unseen += price
            else:
                looked_at += line.pictures
                yield from line.wanted(line=line.number)

    def _look(self, cells: Sequence[Cell]) -> None:
        rows = {}
        for cell, row in zip(cells, self._wishes.rows(cells), strict=True):
            if isinstance(row, Invalid):
                self._problems.setdefault(cell.line, row.message)
            elif row.wish not in self._seen:
                rows[row.wish] = row
        same = Generation.objects.filter(brand=self._plan.brand, wish__in=rows).exclude(state__in=AGAIN)
        there = set(same.values_list("wish", flat=True))
        self._seen |= set(rows)
        self._there += len(there)
        self._new += len(rows) - len(there)
        self._price += sum((row.price for wish, row in rows.items() if wish not in there), Decimal(0))

    def _price_of(self, line: Line) -> Decimal:
        """Without further photos."""
        prices = [price_of(self._plan.provider, size=each.size, pictures=2) for each in line.formats]
        self._unpriced |= None in prices
        return sum((price or Decimal(0) for price in prices), Decimal(0)) * (
            len(line.scenes) * line.variations
        )

    def estimate(self) -> Estimate:
        seen = self._there + self._new
        share = self._new / seen if seen else 1.0
        new = self._new + round(self._unseen * share)
        price = self._price + self._price_unseen * Decimal(share)
        return Estimate(
            pictures=seen + self._unseen,
            there=seen + self._unseen - new,
            new=new,
            price=None if self._unpriced else price.quantize(CENT_PARTS),
            seconds=seconds_for(self._plan.provider, new),
            left=budgets.left(self._plan.brand),
            exact=not self._unseen,
            problems=[Problem(number=number, words=words) for number, words in self._problems.items()],
        )
