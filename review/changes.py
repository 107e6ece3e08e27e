"""Asking for changes: what was wrong as lines of the next prompt, and the picture that is wanted instead."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from textwrap import wrap
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from brandkit.accounts.models import User
from generation.models import Generation
from generation.queueing import AGAIN
from generation.selectors import next_variation
from generation.services import changed, request_changed
from generation.wish import LONGEST_CHANGE
from review.claiming import require_judge
from review.deciding import UNDO, checked_reasons, decide
from review.models import Decision, Pin, Reason, Review, Verdict
from review.models.pins import third_of
from templates_app.models import OutputFormat, SceneVersion

SAYS_NOTHING = "other"
"""Code of the reason that tells a model nothing: what was meant stands in the note."""
AFTER = UNDO + timedelta(seconds=1)
"""So long nothing is called: the verdict, which is written a moment later, can be undone till then."""


def place_of(x: float, y: float) -> str:
    """A place in a picture as words, in thirds and in percent. x, y: shares of its width and height."""
    return f"{third_of(x, y)} ({x:.0%} from the left, {y:.0%} from the top)".replace("%", " %")


def lines_of(reasons: Iterable[Reason], note: str, pins: Iterable[Pin]) -> list[str]:
    """What was wrong as lines of a prompt: reasons, the note's lines, and the pins that are not settled."""
    said = [reason.words for reason in reasons if reason.code != SAYS_NOTHING]
    said += note.splitlines()
    said += [f"{place_of(pin.x, pin.y)}: {pin.words}" for pin in pins if pin.resolved_at is None]
    return _once(part for line in said for part in wrap(line, LONGEST_CHANGE))


def lines_for(review: Review, reasons: Iterable[Reason], note: str) -> list[str]:
    """What the next picture is asked for with: the changes that this one brought, and what is wrong now."""
    earlier: list[str] = review.output.generation.changes
    return _once([*earlier, *lines_of(reasons, note, review.pins.all())])


def carried(edited: Sequence[str], before: Sequence[str], now: Sequence[str]) -> list[str]:
    """Lines that a person has edited, after what they were worked out from has changed.

    before, now: what was worked out then and is now. Lines that are no longer worked out go, new ones come
    behind; what the person wrote, changed or deleted stays so.
    """
    kept = [line for line in edited if line in now or line not in before]
    return _once([*kept, *(line for line in now if line not in before)])


def usual_variation(
    parent: Generation,
    *,
    by: User,
    changes: Sequence[str],
    scene_version: SceneVersion,
    output_format: OutputFormat,
) -> int:
    """The parent's number; where that very picture is there or under way, the first that nobody asked for.

    Raises as `generation.services.changed`.
    """
    wanted = changed(
        parent=parent,
        by=by,
        changes=changes,
        scene_version=scene_version,
        output_format=output_format,
        variation=parent.variation,
    )
    return next_variation(wanted) if there_already(wanted) else parent.variation


def there_already(wanted: Generation) -> Generation | None:
    """The same picture, where somebody has asked for it and it is there or under way."""
    same = Generation.objects.filter(brand=wanted.brand_id, wish=wanted.wish)
    return same.exclude(state__in=AGAIN).first()


def ask_for_changes(
    *,
    review: Review,
    by: User,
    reasons: Sequence[str],
    note: str = "",
    scene_version: SceneVersion | None = None,
    output_format: OutputFormat | None = None,
    variation: int | None = None,
    changes: Sequence[str] | None = None,
    act: UUID | None = None,
) -> Decision:
    """Ask for another picture instead, and give the verdict “changes wanted”: both, or neither.

    The new picture (`asked` of the decision) is called for when the verdict can no longer be undone; undoing
    it cancels the picture, and costs nothing. It comes back to `by`. The same picture is asked for only once:
    where it is there, or under way, `asked` is that one, and its state tells.
    reasons: codes of the brand's own. scene_version, output_format: the same where none is given. variation:
    see `usual_variation`. changes: lines in place of those that `lines_for` works out.
    Raises NotAllowed, Invalid, and Conflict with who was faster.
    """
    require_judge(review, by)
    chosen = checked_reasons(review.brand, Verdict.CHANGES, reasons, note)
    parent, brand = review.output.generation, review.brand
    lines = lines_for(review, chosen, note) if changes is None else changes
    scene, wanted = scene_version or parent.scene_version, output_format or parent.output_format
    with transaction.atomic():
        brand.lock()  # what a wish locks first: so the clock is read once all waiting is over
        number = variation or usual_variation(
            parent, by=by, changes=lines, scene_version=scene, output_format=wanted
        )
        asked, _ = request_changed(
            parent=parent,
            by=by,
            changes=lines,
            scene_version=scene,
            output_format=wanted,
            variation=number,
            not_before=timezone.now() + AFTER,
        )
        _bring_back(asked, by)
        return decide(
            review=review, by=by, verdict=Verdict.CHANGES, reasons=reasons, note=note, act=act, asked=asked
        )


def _bring_back(asked: Generation, by: User) -> None:
    """A picture that waits for its verdict already comes to whoever has asked for it now."""
    Review.objects.undecided().filter(output__generation=asked).update(meant_for=by)


def _once(lines: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(" ".join(line.split()) for line in lines if line.strip()))
