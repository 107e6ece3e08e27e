"""The accounts with vendors: whether they may be called, and a person's word on it."""

from dataclasses import dataclass
from datetime import datetime

from brandkit.accounts.models import User
from generation.providers.base import Provider


@dataclass(frozen=True, kw_only=True)
class AccountState:
    """Whether an account may be called now, for people.

    Paused: since `paused_since`, until a person resumes it. Closed: until `closed_until`, then it goes on by
    itself. code is told of a pause only; words say what happened. waiting pictures stay queued meanwhile.
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
    """How the account of that provider stands now.."""
    raise NotImplementedError


def pause(name: str, *, by: User | None) -> None:
    """A person stops all calls of an account. name: of the account, or an alias. Raises NotFound, Conflict."""
    raise NotImplementedError


def resume(name: str, *, by: User | None) -> int:
    """Open an account again, and send what waits; gives how many wait. Raises NotFound, Conflict."""
    raise NotImplementedError
