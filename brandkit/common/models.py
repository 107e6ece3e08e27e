"""The trail: what happened, to what, by whom."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db import models

Actor = AbstractBaseUser | AnonymousUser | None


class Event(models.Model):
    """One thing that happened. Written in the transaction of the change itself, and never changed after.

    Brand and object are kept as plain numbers: the trail outlives what it tells of.
    """

    at = models.DateTimeField(auto_now_add=True)
    kind = models.CharField(max_length=60)
    brand_id = models.BigIntegerField(null=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    object_type = models.CharField(max_length=60)
    object_id = models.BigIntegerField()
    data = models.JSONField(default=dict)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["object_type", "object_id", "id"], name="event_of_object"),
            models.Index(fields=["brand_id", "-id"], name="event_of_brand"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.kind}"


def record(kind: str, row: models.Model, *, actor: Actor = None, **data: Any) -> Event:
    """Write the event `kind` about `row`. Call it inside the transaction of the change that it tells."""
    event = _event(kind, row, actor, data)
    event.save(force_insert=True)
    return event


def record_all(kind: str, rows: Iterable[models.Model], *, actor: Actor = None, **data: Any) -> None:
    """The same for many rows."""
    Event.objects.bulk_create(_event(kind, row, actor, data) for row in rows)


def _event(kind: str, row: models.Model, actor: Actor, data: dict[str, Any]) -> Event:
    return Event(
        kind=kind,
        brand_id=brand_of(row),
        actor_id=getattr(actor, "pk", None),
        object_type=row._meta.label_lower,
        object_id=row.pk,
        data=data,
    )


def brand_of(row: models.Model) -> int | None:
    """The number of the brand that a row belongs to: its `brand_id`, or its own number if it is a brand."""
    if row._meta.label_lower == "accounts.brand":
        return int(row.pk)
    return getattr(row, "brand_id", None)


def history(row: models.Model) -> models.QuerySet[Event]:
    """All events of one row, oldest first."""
    return (
        Event.objects.filter(object_type=row._meta.label_lower, object_id=row.pk)
        .select_related("actor")
        .order_by("id")
    )


class IdempotentCall(models.Model):
    """One POST to the API under a caller's `Idempotency-Key`, and the answer that the same call gets again.

    asked: SHA-256 of method, path and body. status: null while it is still under way.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    asked = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    headers = models.JSONField(default=dict)
    body = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "key"], name="one_call_a_key"),
        ]
        indexes: ClassVar = [models.Index(fields=["created_at"], name="call_by_age")]

    def __str__(self) -> str:
        return f"{self.key} of {self.user}"
