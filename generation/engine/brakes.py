"""What makes everybody on an account stop or slow down. All of it runs under the lock of the account's row.

Whoever locks an account and a piece of work in one transaction locks the account first.
"""

from datetime import datetime, timedelta

from django.utils import timezone

from brandkit.accounts.models import User
from brandkit.common.models import history, record
from generation.limits import limits_of
from generation.models import ProviderAccount, Work
from generation.providers.base import Result, Stopped, TryLater

RECOVERY = timedelta(minutes=5)
"""Until the usual pace is back: vendors count calls by the minute, so this is several of their windows."""

SLOWEST = 1 / 16
"""Part of the usual pace that is always left: two of 32 calls at once, three of 50 a minute."""

SHORT_WAIT = timedelta(seconds=5)
"""Where a vendor says that there were too many calls, and not for how long, or for less."""


def brake(work: Work, result: Result, *, began: datetime) -> None:
    """Where an answer concerns everybody on the account: pause it, or slow it down.

    Call it in the transaction that settles the call, before the work's own row is changed.
    began: when that call did.
    """
    limits = limits_of(work.provider)
    if limits is None:
        return
    if isinstance(result, Stopped):
        pause_after_stop(limits.account, result.code, result.words, began=began)
    elif isinstance(result, TryLater) and (result.slow or result.unreached):
        now, wait = timezone.now(), max(SHORT_WAIT, timedelta(seconds=result.wait or 0))
        if result.unreached:  # an outage may last for hours: the slower it goes, the longer it waits
            wait = SHORT_WAIT / pace_of(locked(limits.account), now)
        slow_down(limits.account, until=now + wait, words=result.words, began=began)


def pause_after_stop(account: str, code: str, words: str, *, began: datetime) -> None:
    """The account is broken. Of several calls that find it so, the first one says it.

    A call that began before a person resumed the account knows nothing of how it is now. (What was resumed
    later than now, was resumed by a clock that went wrong.)
    """
    row = locked(account)
    if not history(row).filter(kind="provider.resumed", at__gt=began, at__lte=timezone.now()).exists():
        pause(row, code, words)


def pause(row: ProviderAccount, code: str, words: str, *, by: User | None = None) -> bool:
    """Nobody calls it any more, until a person resumes it; False where it is paused already."""
    if row.paused_at:
        return False
    row.paused_at, row.paused_by, row.pause_code, row.pause_words = timezone.now(), by, code[:60], words
    row.save(update_fields=["paused_at", "paused_by", "pause_code", "pause_words"])
    record("provider.paused", row, actor=by, account=row.name, code=code, words=words)
    return True


def release(row: ProviderAccount) -> None:
    """It may be called again. Its pace recovers by itself."""
    row.paused_at = row.paused_by = row.closed_until = None
    row.pause_code = row.pause_words = row.closed_words = ""
    row.save(
        update_fields=[
            "paused_at",
            "paused_by",
            "closed_until",
            "pause_code",
            "pause_words",
            "closed_words",
        ]
    )


def slow_down(account: str, *, until: datetime, words: str, began: datetime) -> None:
    """Nobody calls it before `until`, and then at half the pace, once for all calls that were under way."""
    row, now = locked(account), timezone.now()
    if row.closed_until is None or row.closed_until < until:
        row.closed_until, row.closed_words = until, words
    if row.slowed_at is None or row.slowed_at <= began:
        row.pace, row.slowed_at = max(SLOWEST, pace_of(row, now) / 2), now
    row.save(update_fields=["closed_until", "closed_words", "pace", "slowed_at"])


def pace_of(row: ProviderAccount, now: datetime) -> float:
    """Part of the usual speed at which the account may be called, 0 to 1. It recovers evenly."""
    if row.slowed_at is None:
        return 1.0
    recovered = min(1.0, max(0.0, (now - row.slowed_at) / RECOVERY))
    return row.pace + (1 - row.pace) * recovered


def is_shut(row: ProviderAccount, now: datetime) -> bool:
    """Whether nobody may call it now."""
    return bool(row.paused_at or (row.closed_until and row.closed_until > now))


def locked(account: str) -> ProviderAccount:
    """Its row, which nobody else changes until this transaction ends."""
    return ProviderAccount.objects.select_for_update().get_or_create(name=account)[0]
