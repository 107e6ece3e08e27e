"""What a reviewer wants to see of the queue, and in which order."""

from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.db.models import Q
from django.http import QueryDict
from django.utils import timezone

from brandkit.accounts.models import Brand, User
from brandkit.common.numbers import row_number
from generation.models import Subject
from review.models import Review, ReviewQuerySet
from templates_app.models import SceneTemplate

AGE, PRIORITY, FLAGGED = "age", "priority", "flagged"
# No number says yet how far a picture has drifted from its subject; a flag is what comes nearest to it.
ORDERS = {AGE: "Oldest first", PRIORITY: "Highest priority first", FLAGGED: "Flagged first"}

FEW = 500
"""So many pictures are known by their numbers; where more fit, an index finds the first of them at once."""

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

    def of_queue(self, brand: Brand, rows: ReviewQuerySet) -> ReviewQuerySet:
        """Those of `rows`, undecided ones of `brand`, that are wanted."""
        if self.older_than is not None:
            rows = rows.filter(pk__lte=newest_before(brand, _ago(self.older_than)))
        for part in self._parts(brand):
            rows = rows.filter(few_or_all(brand, part))
        return rows

    def _parts(self, brand: Brand) -> list[Q]:
        """Names as numbers, so that an index finds them; 0 is nobody's and nothing's."""
        parts = []
        if self.batch is not None:
            parts.append(Q(batch=self.batch))
        if self.sku:
            subjects = Subject.objects.filter(brand=brand, sku=self.sku).order_by()
            parts.append(Q(subject__in=list(subjects.values_list("pk", flat=True)[:FEW])))
        if self.scene:
            scenes = SceneTemplate.objects.filter(brand=brand, slug=self.scene)
            parts.append(Q(scene=scenes.values_list("pk", flat=True).first() or 0))
        if self.prompt is not None:
            parts.append(Q(prompt_version=self.prompt))
        if self.provider:
            parts.append(Q(provider=self.provider))
        if self.asked_by:
            people = User.objects.filter(username=self.asked_by)
            parts.append(Q(requested_by=people.values_list("pk", flat=True).first() or 0))
        if self.flagged:
            parts.append(Q(flagged=True))
        return parts


ALL = Wanted()


def few_or_all(brand: Brand, part: Q) -> Q:
    """The same as `part` among what waits in `brand`: by numbers where it is little.

    Of two conditions a database may walk the index of the one that holds for a million, in search of the few
    for which the other holds. SQLite has nothing to tell them apart; so the few are looked up beforehand.
    """
    found = Review.objects.undecided().filter(part, brand=brand).order_by()
    few = list(found.values_list("pk", flat=True)[: FEW + 1])
    return Q(pk__in=few) if len(few) <= FEW else part


def newest_before(brand: Brand, time: datetime) -> int:
    """Number of the newest that came before `time`, 0 if none did: all that wait below it came before, too."""
    waiting = Review.objects.undecided().filter(brand=brand, created_at__lt=time)
    return waiting.order_by("-created_at", "-pk").values_list("pk", flat=True).first() or 0


def overdue_before(brand: Brand) -> int:
    """Number of the newest that is overdue, 0 if none is: with it, all that wait longer are."""
    return newest_before(brand, _ago(brand.review_due_hours)) if brand.review_due_hours else 0


def _ago(hours: int) -> datetime:
    return timezone.now() - timedelta(hours=hours)


def _words(query: QueryDict, name: str) -> str:
    words = query.get(name, "").strip()
    return words if len(words) <= LONGEST and words.isprintable() else ""


def _hours(text: str) -> int | None:
    hours = row_number(text)
    return hours if hours and hours < 100_000 else None
