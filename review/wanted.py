"""What a reviewer wants to see of the queue, and in which order."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from urllib.parse import urlencode

from django.db.models import Q
from django.http import QueryDict

from brandkit.accounts.models import Brand, User
from brandkit.common.numbers import row_number
from generation.models import Subject
from review.parts import FEW, Part, newest_before
from templates_app.models import SceneTemplate

AGE, PRIORITY, FLAGGED = "age", "priority", "flagged"
# No number says yet how far a picture has drifted from its subject; a flag is what comes nearest to it.
ORDERS = {AGE: "Oldest first", PRIORITY: "Highest priority first", FLAGGED: "Flagged first"}

LONGEST = 150
"""No name that is asked for has more characters."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A part of the queue; empty means all of it.

    batch, prompt: numbers, the latter of a PromptVersion. sku: a subject's, exactly. scene: a slug; provider:
    an alias; asked_by: a sign-in name. older_than: hours since the picture came.
    """

    batch: int | None = None
    sku: str = ""
    scene: str = ""
    prompt: int | None = None
    provider: str = ""
    flagged: bool = False
    older_than: int | None = None
    asked_by: str = ""
    order: str = AGE

    @classmethod
    def of(cls, query: QueryDict) -> "Wanted":
        """As an address names it; what makes no sense there is left out."""
        words = {name: _words(query, name) for name in ("sku", "scene", "provider", "asked_by")}
        order = query.get("order", AGE)
        return cls(
            batch=row_number(query.get("batch", "")),
            prompt=row_number(query.get("prompt", "")),
            flagged=query.get("flagged") == "yes",
            older_than=_hours(query.get("older_than", "")),
            order=order if order in ORDERS else AGE,
            **words,
        )

    @property
    def is_narrow(self) -> bool:
        return self != Wanted(order=self.order)

    @property
    def query(self) -> str:
        """What an address says to have the same again, as `batch=7&order=priority`; empty for everything."""
        said = {each.name: getattr(self, each.name) for each in fields(self)}
        usual = Wanted()
        differ = {name: value for name, value in said.items() if value != getattr(usual, name)}
        return urlencode({name: "yes" if value is True else value for name, value in differ.items()})

    def part_of(self, brand: Brand) -> Part:
        """The part of what waits in `brand` that is wanted."""
        part = Part(brand=brand)
        if self.older_than is not None:
            newest = newest_before(brand, hours=self.older_than)
            part = part.up_to(newest) if newest else part.only(())
        for condition in self._conditions(brand):
            part = part.narrowed(condition)
        return part

    def _conditions(self, brand: Brand) -> Iterator[Q]:
        """Names as numbers, so that an index finds them; 0 is nobody's and nothing's."""
        if self.batch is not None:
            yield Q(batch=self.batch)
        if self.sku:
            subjects = Subject.objects.filter(brand=brand, sku=self.sku).order_by()
            yield Q(subject__in=list(subjects.values_list("pk", flat=True)[:FEW]))
        if self.scene:
            scenes = SceneTemplate.objects.filter(brand=brand, slug=self.scene)
            yield Q(scene=scenes.values_list("pk", flat=True).first() or 0)
        if self.prompt is not None:
            yield Q(prompt_version=self.prompt)
        if self.provider:
            yield Q(provider=self.provider)
        if self.asked_by:
            people = User.objects.filter(username=self.asked_by)
            yield Q(requested_by=people.values_list("pk", flat=True).first() or 0)
        if self.flagged:
            yield Q(flagged=True)


ALL = Wanted()


def _words(query: QueryDict, name: str) -> str:
    words = query.get(name, "").strip()
    return words if len(words) <= LONGEST and words.isprintable() else ""


def _hours(text: str) -> int | None:
    hours = row_number(text)
    return hours if hours and hours < 100_000 else None
