"""Why a brand rejects pictures: what it begins with, what is offered, and what its owners make of it."""

from typing import Any

from django.db import transaction

from brandkit.accounts.models import Brand, User
from brandkit.common.errors import Conflict, Invalid
from brandkit.common.models import record
from review.models import DecisionReason, Reason


def give_starting_reasons(sender: type[Brand], instance: Brand, created: bool, **signal: Any) -> None:
    """Receives `post_save` of brands."""
    if created and not signal.get("raw"):
        Reason.objects.bulk_create(
            Reason(brand=instance, code=code, words=words, position=position)
            for position, (code, words) in enumerate(Reason.STARTING.items(), start=1)
        )


def offered(brand: Brand) -> list[Reason]:
    """What a verdict can be given with, in the brand's order."""
    return list(Reason.objects.filter(brand=brand, active=True))


def is_used(reason: Reason) -> bool:
    """Whether a verdict was given with it."""
    return DecisionReason.objects.filter(reason=reason).exists()


def keep(reason: Reason, *, by: User) -> None:
    """Add a reason, or change its words, its place, and whether it is offered.

    Raises Invalid, with nothing changed, where none would be left to reject with.
    """
    kind = "reason.changed" if reason.pk else "reason.added"
    with transaction.atomic():
        reason.brand.lock()
        if not reason.active:
            _require_another(reason)
        reason.save()
        told = {"words": reason.words, "position": reason.position, "active": reason.active}
        record(kind, reason, actor=by, code=reason.code, **told)


def delete(reason: Reason, *, by: User) -> None:
    """Delete one that no verdict was given with. Raises Conflict, Invalid, with nothing deleted."""
    with transaction.atomic():
        reason.brand.lock()
        if is_used(reason):
            raise Conflict(f"Verdicts were given with “{reason}”, so it stays. Switch it off instead.")
        _require_another(reason)
        record("reason.deleted", reason, actor=by, code=reason.code, words=reason.words)
        reason.delete()


def _require_another(reason: Reason) -> None:
    """Raises Invalid where no other one is offered."""
    others = Reason.objects.filter(brand=reason.brand, active=True).exclude(pk=reason.pk)
    if not others.exists():
        raise Invalid(f"“{reason}” is the last reason: without one, nothing can be rejected.")
