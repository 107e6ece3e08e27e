"""The accounts with vendors: whether they may be called, and a person's word on it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from brandkit.accounts.models import User
from brandkit.common.errors import Conflict
from brandkit.common.models import record
from generation import tasks
from generation.engine import brakes
from generation.engine.room import has_account
from generation.limits import Limits, all_limits, find_account
from generation.models import WORKS, ProviderAccount, Work
from generation.providers.base import Provider

BY_HAND = "by_hand"


@dataclass(frozen=True, kw_only=True)
class AccountState:
    """Whether an account may be called now, for people.

    Paused: since `paused_since`, until a person resumes it. Closed: until `closed_until`, then it goes on by
    itself. code is told of a pause only; words say what happened. What waits stays queued meanwhile.
    going_slowly: open, and called less often than usual for some minutes.
    """

    name: str
    paused_since: datetime | None = None
    closed_until: datetime | None = None
    code: str = ""
    words: str = ""
    going_slowly: bool = False

    @property
    def is_open(self) -> bool:
        return not (self.paused_since or self.closed_until)


def state_of(provider: Provider) -> AccountState:
    """How the account of that provider stands now."""
    return states_of([provider])[provider.account]


def states_of(providers: Iterable[Provider]) -> Mapping[str, AccountState]:
    """How the accounts of these providers stand now, by the account's name."""
    return _states([provider.account for provider in providers])


def state_of_row(row: ProviderAccount) -> AccountState:
    """How the account stands now, by its row."""
    now = timezone.now()
    if row.paused_at:
        return AccountState(
            name=row.name, paused_since=row.paused_at, code=row.pause_code, words=row.pause_words
        )
    if brakes.is_shut(row, now):
        return AccountState(name=row.name, closed_until=row.closed_until, words=row.closed_words)
    return AccountState(name=row.name, going_slowly=brakes.pace_of(row, now) < 1)


def all_states() -> Mapping[str, AccountState]:
    """Every account of the settings, by its name."""
    return _states(list(all_limits()))


def know_all() -> None:
    """Give every account of the settings its row, also where nobody has called it yet."""
    rows = [ProviderAccount(name=name) for name, limits in all_limits().items() if has_account(limits)]
    ProviderAccount.objects.bulk_create(rows, ignore_conflicts=True)


def waiting(limits: Limits) -> int:
    """Work in the queue for the providers of an account."""
    queued = (model.objects.filter(state=Work.State.QUEUED) for model in WORKS.values())
    return sum(works.filter(provider__in=limits.aliases).count() for works in queued)


def pause(name: str, *, by: User | None) -> None:
    """A person stops all calls of an account; those under way end as they do.

    name: of the account, or the alias of a provider. by: None in the operator's shell.
    Raises NotFound, and Conflict where it is paused already.
    """
    account = find_account(name).account
    with transaction.atomic():
        if not brakes.pause(brakes.locked(account), BY_HAND, f"{by or 'The operator'} paused it.", by=by):
            raise Conflict(f"{account} is paused already.")


def resume(name: str, *, by: User | None) -> int:
    """Open a paused or closed account again, and have workers go on; gives how many wait.

    name and by as in `pause`. Raises NotFound, and Conflict where it is open.
    """
    limits = find_account(name)
    with transaction.atomic():
        row, now = brakes.locked(limits.account), timezone.now()
        if not brakes.is_shut(row, now):
            raise Conflict(f"{limits.account} is not paused.")
        brakes.release(row)
        _forget_waits(limits)
        record("provider.resumed", row, actor=by, account=row.name)
        transaction.on_commit(tasks.dispatch)
    return waiting(limits)


def _forget_waits(limits: Limits) -> None:
    """What was told to wait for a quota, say, need not wait any more; what has never been begun was not."""
    for model in WORKS.values():
        tried = model.objects.filter(started_at__isnull=False)
        queued = tried.filter(state=Work.State.QUEUED, provider__in=limits.aliases)
        queued.filter(retry_at__gt=timezone.now()).update(retry_at=None)


def _states(names: list[str]) -> dict[str, AccountState]:
    rows = {row.name: row for row in ProviderAccount.objects.filter(name__in=names)}
    return {name: state_of_row(rows.get(name) or ProviderAccount(name=name)) for name in names}
