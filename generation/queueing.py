"""What all kinds of work share: into the queue, out of it, and into it once more, one or many at a time."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from brandkit.accounts.models import Brand, User
from brandkit.common.errors import Conflict
from brandkit.common.models import record_all
from generation import budgets, tasks
from generation.models import BatchProgress, Generation, Work

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

    wanted: all of the same person, and due at the same time. by: who does it, perhaps for them. among: the
    rows of that kind. send: False where the caller runs it itself. The rows that were there are locked until
    the transaction ends, so that their states stay as they are told here.
    """
    with transaction.atomic():
        brand.lock()
        # Unordered: else SQLite walks the brand's whole index for the order's sake.
        there = among.filter(brand=brand, wish__in={work.wish for work in wanted}).order_by()
        known = {work.wish: work for work in locked(there, like=wanted)}
        new = {work.wish: work for work in wanted if work.wish not in known}
        again = [work for work in known.values() if work.state in AGAIN]
        lanes = {work.wish: lane_of(work) for work in wanted}
        for work in again:
            _set(work, lanes[work.wish])
        if again:
            queue_again(again, by, asker=wanted[0].requested_by, not_before=wanted[0].retry_at)
        set_aside(new.values())
        among.model._default_manager.bulk_create(new.values())
        record_all(f"{among.model.NOUN}.queued", new.values(), actor=by)
        if send:
            announce([*new.values(), *again])
    rows = known | new
    return [(rows[work.wish], work.wish in new) for work in wanted]


def locked(rows: QuerySet[W], *, like: Sequence[Work] = ()) -> list[W]:
    """`rows`, of one brand, locked in rising order; before them the budget, if any of them or `like` costs.

    Call it in the transaction that moves them.
    """
    there = list(rows)
    works: list[Work] = [*like, *there]
    priced = next((work for work in works if work.price or work.reserved), None)
    if priced:
        budgets.locked(priced.brand_id)
    return list(rows.select_for_update(of=("self",)).order_by("pk")) if there else []


def lane_of(work: Work) -> dict[str, Any]:
    """In whose turn it is made, and how soon."""
    own = {"batch_id": work.batch_id} if isinstance(work, Generation) else {}
    return {"priority": work.priority, **own}


def take_out(work: Work, by: User | None) -> None:
    """Out of the queue while it waits there. Raises Conflict where it is in work or has ended."""
    if work.state == State.RUNNING:
        raise Conflict("This picture is being made already; it can't be cancelled any more.")
    with transaction.atomic():
        _lock(work)
        take_out_all([work], by)


def take_out_all(works: Sequence[Work], by: User | None) -> None:
    """The same for locked ones of one brand and kind. Raises Conflict where one does not wait."""
    held = [work for work in works if work.reserved]
    if held:
        budgets.release(budgets.locked(held[0].brand_id), held)
    for work in works:
        work.reserved = budgets.NONE
    _move(works, State.CANCELLED, by, {}, retry_at=None, ended_at=timezone.now())


def put_back(work: Work, by: User | None, *, send: bool = True) -> None:
    """Queue again what was refused, failed or cancelled, as a single wish. Raises Conflict."""
    if work.state not in AGAIN:
        stands = work.get_state_display().lower()
        raise Conflict(f"Only what ended without a picture is made again; this one is {stands}.")
    with transaction.atomic():
        _lock(work)
        if isinstance(work, Generation):
            work.batch = None
        queue_again([work], by, asker=by)
        if send:
            announce([work])


def queue_again(
    works: Sequence[Work], by: User | None, *, asker: User | None, not_before: datetime | None = None
) -> None:
    """Queue anew what ended without a picture: locked ones of one brand and kind, in the lanes they name.

    by: who does it, for `asker`. not_before: when its call may begin; at once where it is None.
    """
    set_aside(works)
    _move(
        works,
        State.QUEUED,
        by,
        {"asked": "again"},
        asked_again_by=asker,
        tries=0,
        retry_at=not_before,
        started_at=None,
        ended_at=None,
        failure_code="",
        failure_words="",
    )


def set_aside(works: Iterable[Work]) -> None:
    """The price of each in the budget of their one brand; what is free needs none. Saves no work."""
    priced = [work for work in works if work.price and not work.fetched]
    if priced:
        budgets.reserve(budgets.locked(priced[0].brand_id), priced)


def _lock(work: Work) -> None:
    """Raises Conflict where it is not as we think any more."""
    same = locked(type(work).objects.filter(pk=work.pk, state=work.state), like=[work])
    if not same:
        raise Conflict(f"This {work.NOUN} is no longer {work.state}: somebody else was faster.")
    work.reserved = same[0].reserved  # it may have been admitted meanwhile


def _move(works: Sequence[Work], to: str, by: User | None, data: Mapping[str, Any], **changes: Any) -> None:
    """Move locked rows: an UPDATE for all that are alike, an event each; then their batches count them."""
    alike = defaultdict(list)
    for work in works:
        if to not in work.MOVES[work.state]:
            raise Conflict(f"This {work.NOUN} is {work.state}; it can't become {to}.")
        alike[work.state, work.reserved, *lane_of(work).values()].append(work)
    moved: dict[str, list[int]] = defaultdict(list)
    for (state, *_), some in alike.items():
        own = {"state": to, "reserved": some[0].reserved, **lane_of(some[0]), **changes}
        rows = type(some[0]).objects.filter(pk__in=[work.pk for work in some], state=state)
        if rows.update(**own) != len(some):
            raise Conflict(f"One {some[0].NOUN} is no longer {state}: somebody else was faster.")
        record_all(f"{some[0].NOUN}.{to}", some, actor=by, **{"from": state}, **data)
        for work in some:
            _set(work, own)
        moved[state] += [work.pk for work in some if isinstance(work, Generation)]
    BatchProgress.objects.count_moves(moved, to)


def _set(work: Work, changes: Mapping[str, Any]) -> None:
    for name, value in changes.items():
        setattr(work, name, value)


def announce(works: Iterable[Work]) -> None:
    """Have workers look at the line once this transaction is committed."""
    if times := len(list(works)):
        transaction.on_commit(partial(tasks.dispatch, min(times, MOST_SENT)))
