"""The reasons that a brand begins with."""

from typing import Any

from brandkit.accounts.models import Brand
from review.models import Reason


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
