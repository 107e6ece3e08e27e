"""What people are told: on their pages, and by e-mail where they have an address and want it."""

from collections.abc import Iterable

from django.utils import timezone

from brandkit.accounts.models import Brand, Notice, User


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
            mail_at=now if mail and user.email else None,
        )
        for user in {user.pk: user for user in users if user.is_active}.values()
    )
