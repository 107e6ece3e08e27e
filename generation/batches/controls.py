"""A person's word on a batch that is under way or has ended."""

from django.utils import timezone

from brandkit.accounts.models import User
from brandkit.accounts.policy import Act, require
from brandkit.common.errors import Conflict, Invalid
from brandkit.common.models import record
from generation.batches.chores import do_some
from generation.batches.filling import fill_from
from generation.batches.holding import held
from generation.batches.lanes import announce_lane, share_out
from generation.models import Batch, BatchChore, Priority
from generation.provider import get_provider
from generation.usable import check_prompt

State = Batch.State
Kind = BatchChore.Kind


def pause(batch: Batch, by: User | None) -> None:
    """Begin no more of its pictures; those in work end as they do. by: None in the operator's shell.

    Raises Conflict where it is paused or not under way, NotAllowed, NotFound.
    """
    _allow(by, batch)
    with held(batch) as now:
        _check_under_way(now)
        if now.paused_at:
            raise Conflict("This batch is paused already.")
        now.paused_at, now.paused_by = timezone.now(), by
        now.save(update_fields=["paused_at", "paused_by"])
        record("batch.paused", now, actor=by)
    share_out()
    batch.refresh_from_db()


def resume(batch: Batch, by: User | None) -> None:
    """Go on with it. Raises Conflict where it is not paused, NotAllowed, NotFound."""
    _allow(by, batch)
    with held(batch) as now:
        _check_under_way(now)
        if not now.paused_at:
            raise Conflict("This batch is not paused.")
        now.paused_at = now.paused_by = None
        now.save(update_fields=["paused_at", "paused_by"])
        record("batch.resumed", now, actor=by)
        announce_lane(now)
    batch.refresh_from_db()


def cancel(batch: Batch, by: User | None) -> None:
    """Take out of the queue all of it that nobody else waits for, and ask for no more.

    What is made or in work stays: nothing that is finished is lost. Raises Conflict where it is not under
    way, NotAllowed, NotFound.
    """
    _allow(by, batch)
    with held(batch) as now:
        _check_under_way(now)
        now.chores.all().delete()
        now.move(State.CANCELLED, actor=by, paused_at=None, paused_by=None, ended_at=timezone.now())
        BatchChore.objects.create(batch=now, kind=Kind.CANCEL, asked_by=by)
    do_some(batch)
    batch.refresh_from_db()


def retry(batch: Batch, by: User | None, *, reason: str = "", cancelled: bool = False) -> None:
    """Ask again for what was refused or has failed, and go on with the batch.

    reason: a failure's code; only these then. cancelled: also what was cancelled, and what was not yet asked
    for. Raises Conflict where it is still a draft or cancelled without `cancelled`, Invalid where what it is
    made with may not be used any more, NotAllowed, NotFound.
    """
    _allow(by, batch)
    get_provider(batch.provider)
    check_prompt(batch.prompt_version)
    with held(batch) as now:
        if now.state == State.DRAFT:
            raise Conflict("This batch was not started yet.")
        if now.state == State.CANCELLED and not cancelled:
            raise Conflict("This batch is cancelled. Ask again for what was cancelled, then it goes on.")
        if not now.is_under_way:
            now.move(State.RUNNING, actor=by, ended_at=None, data={"asked": "again", "reason": reason})
        data = {"reason": reason, "cancelled": cancelled}
        BatchChore.objects.create(batch=now, kind=Kind.RETRY, asked_by=by, data=data)
        if cancelled and now.lines.filter(filled_at=None, problem="").exists():
            BatchChore.objects.create(batch=now, kind=Kind.FILL, asked_by=by, data=fill_from(now))
    do_some(batch)
    batch.refresh_from_db()


def set_priority(batch: Batch, by: User | None, priority: int) -> None:
    """Before or after the brand's other batches. Raises Invalid, Conflict once it has ended, NotAllowed."""
    _allow(by, batch)
    if priority not in Priority.values:
        raise Invalid(f"A priority is one of: {', '.join(map(str, Priority.values))}.")
    with held(batch) as now:
        if now.state in Batch.OVER:
            raise Conflict("This batch has ended; its priority changes nothing any more.")
        was, now.priority = now.priority, priority
        now.save(update_fields=["priority"])
        record("batch.priority_set", now, actor=by, **{"from": was, "to": priority})
    batch.refresh_from_db()


def _check_under_way(batch: Batch) -> None:
    if not batch.is_under_way:
        raise Conflict(f"This batch is not under way: {batch.get_state_display().lower()}.")


def _allow(by: User | None, batch: Batch) -> None:
    if by:
        require(by, Act.REQUEST, batch.brand)
