"""Which photos many pictures are made of: ticked one by one, all that a search finds, all of a batch."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.http import QueryDict

from brandkit.accounts.models import Brand
from brandkit.common.numbers import row_numbers
from generation.models import Batch, BatchLine, Subject

SHOWN = 24
"""So many photos are shown to tick; a search brings others."""

BATCHES = 50
"""So many batches are offered to take the photos of."""

TICKED = 2000
"""So many can be chosen one by one."""

GROUPS = 20


@dataclass(frozen=True, kw_only=True)
class Group:
    """Photos that were chosen together. name, value: of the form's field that says so."""

    name: str
    value: str
    words: str
    count: int


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Photos by number, by the words of searches (none: every photo), and by the numbers of batches."""

    ticked: Sequence[int] = ()
    searches: Sequence[str] = ()
    batches: Sequence[int] = ()

    @classmethod
    def of(cls, form: QueryDict) -> "Choice":
        """What a form holds; what can be no number is left out."""
        return cls(
            ticked=row_numbers(form.getlist("subject"))[:TICKED],
            searches=list(dict.fromkeys(words.strip() for words in form.getlist("found")))[:GROUPS],
            batches=list(dict.fromkeys(row_numbers(form.getlist("of"))))[:GROUPS],
        )

    def subjects(self, brand: Brand) -> QuerySet[Subject]:
        """Every chosen photo of the brand once, the oldest first."""
        wanted = Q(pk__in=self.ticked)
        for words in self.searches:
            wanted |= named(words)
        if self.batches:
            wanted |= Q(pk__in=things_of(brand, self.batches))
        return Subject.objects.filter(wanted, brand=brand).order_by("pk")

    def groups(self, brand: Brand) -> list[Group]:
        """What was chosen together, as the page shows it. A batch that is not the brand's is left out."""
        searches = [
            Group(name="found", value=words, words=found_words(words), count=found(brand, words).count())
            for words in self.searches
        ]
        batches = Batch.objects.filter(brand=brand, pk__in=self.batches)
        return searches + [
            Group(
                name="of",
                value=str(batch.pk),
                words=f"All of “{batch.name}”",
                count=Subject.objects.filter(pk__in=things_of(brand, [batch.pk])).count(),
            )
            for batch in batches
        ]


def named(words: str) -> Q:
    return Q(name__icontains=words) | Q(sku__icontains=words) if words else Q(pk__isnull=False)


def found(brand: Brand, words: str) -> QuerySet[Subject]:
    """All whose name or SKU holds the words."""
    return Subject.objects.filter(named(words), brand=brand)


def found_words(words: str) -> str:
    return f"All that are found by “{words}”" if words else "Every photo"


def things_of(brand: Brand, batches: Sequence[int]) -> QuerySet[BatchLine, Any]:
    """The photos of these batches, for a query to look into."""
    lines = BatchLine.objects.filter(batch__brand=brand, batch__in=batches, subject__isnull=False)
    return lines.values("subject")


def to_tick(brand: Brand, words: str, ticked: Sequence[int]) -> list[Subject]:
    """The ticked ones, then the newest that the words find."""
    first = list(Subject.objects.filter(brand=brand, pk__in=ticked))
    others = found(brand, words).exclude(pk__in=[subject.pk for subject in first])
    return first + list(others[:SHOWN])


def to_take_from(brand: Brand) -> list[Batch]:
    """Batches whose photos can be chosen together, newest first."""
    return list(Batch.objects.filter(brand=brand).exclude(state=Batch.State.DRAFT)[:BATCHES])
