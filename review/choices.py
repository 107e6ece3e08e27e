"""What the queue can be narrowed down to: just what is in it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from brandkit.accounts.models import Brand, Membership, User
from generation.models import Batch
from generation.provider import get_providers
from review.models import Review
from review.wanted import AGE, ALL, ORDERS, Wanted
from templates_app.models import PromptVersion, SceneTemplate

M = TypeVar("M", bound=Model)

OFFERED = 100
"""So many of a kind at most; what is wanted is always among them."""

WAITED = {4: "4 hours", 24: "1 day", 72: "3 days", 168: "1 week"}
"""Hours that a picture may have waited, as they are offered."""


@dataclass(frozen=True, kw_only=True)
class Field:
    """One thing that the queue is narrowed down by. every: the words for all of it; options: value and words.

    value: what is wanted of it now; usual: where nothing is.
    """

    name: str
    label: str
    every: str
    options: list[tuple[Any, str]]
    value: Any
    usual: Any = None

    @property
    def told(self) -> str:
        """What it is narrowed down to, in words; empty where it is not."""
        return "" if self.value in ("", self.usual) else dict(self.options).get(self.value, str(self.value))


@dataclass(frozen=True, kw_only=True)
class Choices:
    """The fields of the form. told: what is wanted now, in words."""

    fields: list[Field]
    told: list[str]


def choices(brand: Brand, wanted: Wanted = ALL) -> Choices:
    """What can be chosen in `brand`, in a number of queries that is always the same."""
    fields = [
        _field("batch", "Batch", "Every batch", wanted, _batches(brand, wanted)),
        _field("scene", "Scene", "Every scene", wanted, _scenes(brand, wanted)),
        _field("prompt", "Prompt", "Every prompt", wanted, _prompts(brand, wanted)),
        _field(
            "provider",
            "Provider",
            "Every provider",
            wanted,
            [(provider.alias, provider.name) for provider in get_providers()],
        ),
        _field("asked_by", "Asked for by", "Anybody", wanted, _people(brand, wanted)),
        _field("older_than", "Waits over", "Any time", wanted, list(WAITED.items())),
        _field("order", "Order", "", wanted, list(ORDERS.items()), usual=AGE),
    ]
    told = [*(field.told for field in fields), wanted.sku, "Flagged only" if wanted.flagged else ""]
    return Choices(fields=fields, told=[words for words in told if words])


def _field(
    name: str, label: str, every: str, wanted: Wanted, options: list[tuple[Any, str]], usual: Any = None
) -> Field:
    """With what is wanted, though nobody offers it."""
    value = getattr(wanted, name)
    if value and value not in dict(options):
        options = [*options, (value, f"{value} hours" if name == "older_than" else str(value))]
    return Field(name=name, label=label, every=every, options=options, value=value, usual=usual)


def _batches(brand: Brand, wanted: Wanted) -> list[tuple[Any, str]]:
    batches = Batch.objects.filter(brand=brand).order_by("-pk")
    return _named(_waiting(brand, batches, "batch", Q(pk=wanted.batch)), "pk")


def _scenes(brand: Brand, wanted: Wanted) -> list[tuple[Any, str]]:
    scenes = SceneTemplate.objects.filter(brand=brand).order_by("name")
    return _named(_waiting(brand, scenes, "scene", Q(slug=wanted.scene)), "slug")


def _prompts(brand: Brand, wanted: Wanted) -> list[tuple[Any, str]]:
    prompts = PromptVersion.objects.filter(template__brand=brand).select_related("template")
    newest = prompts.order_by("template__name", "-number")
    return _named(_waiting(brand, newest, "prompt_version", Q(pk=wanted.prompt)), "pk")


def _people(brand: Brand, wanted: Wanted) -> list[tuple[Any, str]]:
    members = Membership.objects.filter(brand=brand).values("user")
    people = User.objects.filter(Q(pk__in=members) | Q(is_superuser=True)).order_by("username")
    return _named(_waiting(brand, people, "requested_by", Q(username=wanted.asked_by)), "username")


def _waiting(brand: Brand, rows: QuerySet[M], name: str, wanted: Q) -> QuerySet[M]:
    """Those of `rows` that a waiting review names so, and the wanted one."""
    there = Review.objects.undecided().filter(brand=brand, **{name: OuterRef("pk")}).order_by()
    return rows.filter(Exists(there) | wanted)[:OFFERED]


def _named(rows: Iterable[Model], value: str) -> list[tuple[Any, str]]:
    return [(getattr(row, value), str(row)) for row in rows]
