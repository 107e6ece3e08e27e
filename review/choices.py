"""What the queue can be narrowed down to: just what is in it."""

from collections.abc import Iterable
from typing import Any, TypeVar

from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from brandkit.accounts.models import Brand, Membership, User
from generation.models import Batch
from generation.provider import get_providers
from review.models import Review
from review.wanted import ALL, ORDERS, Wanted
from templates_app.models import PromptVersion, SceneTemplate

M = TypeVar("M", bound=Model)
Choice = tuple[Any, str]

OFFERED = 100
"""So many of a kind at most; what is wanted is always among them."""

WAITED = {4: "4 hours", 24: "1 day", 72: "3 days", 168: "1 week"}
"""Hours that a picture may have waited, as they are offered."""


def choices(brand: Brand, wanted: Wanted = ALL) -> dict[str, list[Choice]]:
    """For every field of the form the values that it can have, each with its words."""
    scenes = SceneTemplate.objects.filter(brand=brand).order_by("name")
    batches = Batch.objects.filter(brand=brand).order_by("-pk")
    prompts = PromptVersion.objects.filter(template__brand=brand).select_related("template")
    members = Membership.objects.filter(brand=brand).values("user")
    people = User.objects.filter(Q(pk__in=members) | Q(is_superuser=True)).order_by("username")
    newest = prompts.order_by("template__name", "-number")
    return {
        "batches": _named(_waiting(brand, batches, "batch", Q(pk=wanted.batch)), "pk"),
        "scenes": _named(_waiting(brand, scenes, "scene", Q(slug=wanted.scene)), "slug"),
        "prompts": _named(_waiting(brand, newest, "prompt_version", Q(pk=wanted.prompt)), "pk"),
        "people": _named(_waiting(brand, people, "requested_by", Q(username=wanted.asked_by)), "username"),
        "providers": _with([(each.alias, each.name) for each in get_providers()], wanted.provider),
        "hours": _with(list(WAITED.items()), wanted.older_than),
        "orders": list(ORDERS.items()),
    }


def _waiting(brand: Brand, rows: QuerySet[M], name: str, wanted: Q) -> QuerySet[M]:
    """Those of `rows` that a waiting review names so, and the wanted one."""
    there = Review.objects.undecided().filter(brand=brand, **{name: OuterRef("pk")}).order_by()
    return rows.filter(Exists(there) | wanted)[:OFFERED]


def _named(rows: Iterable[Model], value: str) -> list[Choice]:
    return [(getattr(row, value), str(row)) for row in rows]


def _with(found: list[Choice], wanted: object) -> list[Choice]:
    """With what is wanted though nobody offers it."""
    known = {value for value, _ in found}
    return found if not wanted or wanted in known else [*found, (wanted, f"{wanted}")]
