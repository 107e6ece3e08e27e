"""What people are told: on their pages, and by e-mail where they have an address and want it."""

from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from brandkit.accounts.models import Brand, Notice, User

KEPT = timedelta(days=90)
"""How long a notice stays on the page after it was seen."""


def tell(
    users: Iterable[User], *, brand: Brand | None, kind: str, words: str, path: str = "", mail: bool = True
) -> None:
    """Tell each of `users` once, in the transaction of what it tells of; workers send the mail later.

    kind: as of events, `batch.ended`. words: one or two whole sentences. path: where to look, on this
    service, beginning with a slash.
    """
    now = timezone.now()
    Notice.objects.bulk_create(
        Notice(
            user=user,
            brand=brand,
            kind=kind,
            words=words,
            path=path,
            mail_at=now if mail and _gets_mail(user) else None,
        )
        for user in {user.pk: user for user in users if user.is_active}.values()
    )


def _gets_mail(user: User) -> bool:
    return bool(settings.BRANDKIT_SENDS_MAIL and user.email and user.mail_notices)


def notices_of(user: User) -> QuerySet[Notice]:
    """Whatever they were told, with the brands that it is about."""
    return Notice.objects.filter(user=user).select_related("brand")


def count_new(user: User) -> int:
    """How many they have not seen; no more than 100 are counted."""
    return Notice.objects.filter(user=user, seen_at=None)[:100].count()


def see(user: User, number: int) -> None:
    """They have seen the notice with this number, if it is theirs."""
    Notice.objects.filter(user=user, pk=number, seen_at=None).update(seen_at=timezone.now())


def see_all(user: User, newest: int) -> None:
    """They have seen everything up to the notice with the number `newest`; what came later stays new."""
    Notice.objects.filter(user=user, seen_at=None, pk__lte=newest).update(seen_at=timezone.now())


def forget_old(at_most: int = 1000) -> None:
    """Delete what was seen long ago."""
    old = Notice.objects.filter(seen_at__lt=timezone.now() - KEPT).order_by("pk")
    Notice.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:at_most])).delete()
