"""Why a picture still waits, and until when, in words."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.conf import settings
from django.utils import timezone

from generation.budgets import money, standings
from generation.models import Attempt, Budget, Generation, Work
from generation.provider import get_provider
from generation.provider_accounts import AccountState, states_of
from generation.providers.base import Provider

HELD = "Begins in some seconds, unless the reviewer who wants it takes that back."


def why_waiting(pictures: Sequence[Work]) -> dict[int, str]:
    """Number to a sentence or two, for those of the pictures that wait for more than their turn.

    pictures: all of one kind.
    """
    if not pictures:
        return {}
    kind = pictures[0].NOUN
    queued = [picture for picture in pictures if picture.state == Work.State.QUEUED]
    unfunded = [picture for picture in queued if picture.reserved is None]
    funded = [picture for picture in queued if picture.reserved is not None]
    shut = _shut({picture.provider for picture in funded})
    later = {picture.pk: picture.retry_at for picture in funded if picture.provider not in shut}
    due = {pk: when for pk, when in later.items() if when and when > timezone.now()}
    held = [each.pk for each in funded if each.pk in due and _is_held(each)]
    return {
        **_for_the_budget(unfunded),
        **{picture.pk: shut[picture.provider] for picture in funded if picture.provider in shut},
        **_tried_before(kind, due),
        **dict.fromkeys(held, HELD),
    }


def shut_words(name: str, account: AccountState) -> str:
    """Since when or until when nobody calls a provider, and what happened; empty where it is open."""
    if account.paused_since:
        return f"{name} has been paused since {clock(account.paused_since)}. {account.words}".rstrip()
    if account.closed_until:
        return f"{name} takes no calls until {clock(account.closed_until)}. {account.words}".rstrip()
    return ""


def clock(when: datetime) -> str:
    """As people here read it: "14:05" today, "23 November, 09:00" on other days."""
    local = timezone.localtime(when)
    if local.date() == timezone.localdate():
        return local.strftime("%H:%M")
    return f"{local.day} {local:%B, %H:%M}"


def budget_words(budget: Budget) -> str:
    """Why nothing more is made of what a brand asks for, and what helps."""
    if budget.limit is None:
        return "Waits for the budget; it goes on in a moment."
    return (
        f"Waits for the budget of {budget.month:%B}: {money(budget.committed)} of {money(budget.limit)} are "
        "spent or promised. It goes on by itself once an owner has raised the limit, or in the next month."
    )


def _is_held(work: Work) -> bool:
    """Whether it came of a verdict that may still be undone."""
    return isinstance(work, Generation) and work.parent_id is not None and work.started_at is None


def _for_the_budget(pictures: Sequence[Work]) -> dict[int, str]:
    if not pictures:
        return {}
    budgets = standings(picture.brand_id for picture in pictures)
    return {picture.pk: budget_words(budgets[picture.brand_id]) for picture in pictures}


def _shut(aliases: Iterable[str]) -> dict[str, str]:
    """Of these providers, those that nobody calls now, with the words for it.

    One that is no longer in the settings is left out: a worker will say so.
    """
    providers = [get_provider(alias) for alias in aliases if alias in settings.BRANDKIT_PROVIDERS]
    states = states_of(providers)
    words = {provider.alias: _why_shut(provider, states[provider.account]) for provider in providers}
    return {alias: why for alias, why in words.items() if why}


def _why_shut(provider: Provider, account: AccountState) -> str:
    then = "as soon as the operator has resumed the provider" if account.paused_since else "then"
    words = shut_words(provider.name, account)
    return words and f"{words} This picture goes on by itself {then}."


def _tried_before(kind: str, due: dict[int, datetime]) -> dict[int, str]:
    """Number to when it is tried again, and after what."""
    attempts = Attempt.objects.filter(**{f"{kind}__in": due}).order_by("number")
    last = {getattr(attempt, f"{kind}_id"): attempt.words for attempt in attempts}
    return {pk: _next_try(when, last.get(pk, "")) for pk, when in due.items()}


def _next_try(when: datetime, words: str) -> str:
    after = f", after this: {words}" if words else "."
    return f"The next try is at {clock(when)}{after}"
