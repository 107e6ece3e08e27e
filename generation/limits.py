"""Whose limits a provider keeps to, as the settings say; nothing is imported for it."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from brandkit.common.errors import NotFound


@dataclass(frozen=True, kw_only=True)
class Limits:
    """An account with a vendor: the aliases of its providers, and the strictest of the limits they name."""

    account: str
    aliases: tuple[str, ...]
    calls_at_once: int | None
    requests_a_minute: float | None

    @property
    def any(self) -> bool:
        return bool(self.calls_at_once or self.requests_a_minute)


def all_limits() -> dict[str, Limits]:
    """Every account of the settings, by its name."""
    aliases = defaultdict(list)
    for alias in settings.BRANDKIT_PROVIDERS:
        aliases[account_of(alias)].append(alias)
    return {account: _limits(account, tuple(own)) for account, own in aliases.items()}


def limits_of(alias: str) -> Limits | None:
    """Those of the account that the provider belongs to; None where it is no longer in the settings."""
    return all_limits()[account_of(alias)] if alias in settings.BRANDKIT_PROVIDERS else None


def find_account(name: str) -> Limits:
    """By the account's own name, or by an alias. Raises NotFound, naming those that there are."""
    known = all_limits()
    found = known.get(name) or limits_of(name)
    if found is None:
        raise NotFound(f"There is no provider “{name}”. There is: {', '.join(sorted(known)) or 'none'}.")
    return found


def account_of(alias: str) -> str:
    """The name of a configured provider's account: its own, unless the settings name a shared one."""
    return str(option(alias, "account") or alias)


def option(alias: str, name: str) -> Any:
    """What the settings say of a provider; None where they say nothing."""
    return settings.BRANDKIT_PROVIDERS[alias].get("OPTIONS", {}).get(name)


def _limits(account: str, aliases: tuple[str, ...]) -> Limits:
    return Limits(
        account=account,
        aliases=aliases,
        calls_at_once=_strictest(aliases, "calls_at_once"),
        requests_a_minute=_strictest(aliases, "requests_a_minute"),
    )


def _strictest(aliases: tuple[str, ...], name: str) -> Any:
    """What is no number above zero stops the start anyway, by E002."""
    given = (option(alias, name) for alias in aliases)
    return min((each for each in given if isinstance(each, int | float) and each > 0), default=None)
