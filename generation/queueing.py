"""What all kinds of work share: into the queue, out of it, and into it once more."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import TypeVar

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from brandkit.accounts.models import Brand, User
from brandkit.common.errors import Conflict
from brandkit.common.models import record
from generation import budgets, tasks
from generation.models import Work

W = TypeVar("W", bound=Work)
State = Work.State
AGAIN = frozenset({State.REFUSED, State.FAILED, State.CANCELLED})
"""Ended without a picture: asked for once more, it is queued once more."""

MOST_SENT = 8
"""Messages for however many pictures: a worker that takes one up looks for more by itself."""


def get_or_add(
    wanted: Sequence[W], *, among: QuerySet[W], brand: Brand, by: User | None, send: bool = True
) -> list[tuple[W, bool]]:
    """The row of each wish, and whether it is new. What is new, or is asked for again, is queued and sent.

    among: the rows of that kind. send: False where the caller runs it itself.
    """
    with transaction.atomic():
        brand.lock()
        known = {
            work.wish: work for work in among.filter(brand=brand, wish__in={work.wish for work in wanted})
        }
        again = [work for work in known.values() if work.state in AGAIN]
        new = {work.wish: work for work in wanted if work.wish not in known}
        _queue_again(again, by)
        _set_aside(brand, new.values())
        among.model._default_manager.bulk_create(new.values())
        for work in new.values():
            record(f"{work.NOUN}.queued", work, actor=by)
        if send:
            announce([*new.values(), *again])
    rows = known | new
    return [(rows[work.wish], work.wish in new) for work in wanted]


def take_out(work: Work, by: User | None) -> None:
    """Out of the queue while it waits there. Raises Conflict where it is in work or has ended."""
    if work.state == State.RUNNING:
        raise Conflict("This picture is being made already; it can't be cancelled any more.")
    with transaction.atomic():
        if work.price:
            budget = budgets.locked(work.brand_id)
            work.refresh_from_db(fields=["reserved"])  # it may have been admitted meanwhile
            budgets.release(budget, [work])
        work.move(State.CANCELLED, actor=by, ended_at=timezone.now(), retry_at=None, reserved=budgets.NONE)


def put_back(work: Work, by: User | None, *, send: bool = True) -> None:
    """Queue again what was refused, failed or cancelled. Raises Conflict."""
    if work.state not in AGAIN:
        stands = work.get_state_display().lower()
        raise Conflict(f"Only what ended without a picture is made again; this one is {stands}.")
    with transaction.atomic():
        _queue_again([work], by)
        if send:
            announce([work])


def _queue_again(works: Sequence[Work], by: User | None) -> None:
    if works:
        _set_aside(works[0].brand, works)
    for work in works:
        work.move(
            State.QUEUED,
            actor=by,
            data={"asked": "again"},
            asked_again_by=by,
            tries=0,
            retry_at=None,
            started_at=None,
            ended_at=None,
            failure_code="",
            failure_words="",
            reserved=work.reserved,
        )


def _set_aside(brand: Brand, works: Iterable[Work]) -> None:
    """The price of each in the brand's budget; what is free needs none."""
    priced = [work for work in works if work.price and not work.fetched]
    if priced:
        budgets.reserve(budgets.locked(brand.pk), priced)


def announce(works: Iterable[Work]) -> None:
    """Have workers look at the line once this transaction is committed."""
    if times := len(list(works)):
        transaction.on_commit(partial(tasks.dispatch, min(times, MOST_SENT)))
