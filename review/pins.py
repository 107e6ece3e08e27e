"""Pins: remarks tied to a place in a picture. Each act on one is an event of its review, words and all."""

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from brandkit.accounts.models import User
from brandkit.accounts.policy import Act, may, require
from brandkit.common.errors import Conflict, Invalid, NotAllowed, NotFound
from brandkit.common.models import record
from review.claiming import require_judge, why_closed
from review.models import Pin, Review

LENGTH = 500
"""The most characters that a pin says."""

MOST = 50
"""The most pins of one picture."""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A pin as pages show it. number: its place in the list. mine: put by who looks. open: can be changed."""

    pin: Pin
    number: int
    mine: bool
    open: bool


def add(*, review: Review, by: User, x: float, y: float, words: str) -> Pin:
    """Put a pin, as long as there is no verdict. x, y: shares of the picture's width and height.

    Raises NotAllowed to those who may not decide on the picture, Invalid, Conflict after the verdict.
    """
    require_judge(review, by)
    words = checked_words(words)
    if not (0 <= x <= 1 and 0 <= y <= 1):
        raise Invalid("A pin is in the picture: 0 to 100 % from the left, and from the top.")
    with transaction.atomic():
        _require_undecided(review)
        if review.pins.count() >= MOST:
            raise Invalid(f"A picture has at most {MOST} pins. Delete one first, or edit it.")
        pin = Pin.objects.create(review=review, by=by, x=x, y=y, words=words)
        _record("added", pin, by, x=x, y=y, words=words)
    return pin


def edit(*, pin: Pin, by: User, words: str) -> None:
    """Say something else. Raises NotAllowed to all but who put it, Invalid, Conflict after the verdict."""
    _require_own(pin, by)
    words = checked_words(words)
    if words == pin.words:
        return
    with transaction.atomic():
        _require_undecided(pin.review)
        _change(pin, words=words, edited_at=timezone.now())
        _record("edited", pin, by, words=words)


def delete(*, pin: Pin, by: User) -> None:
    """Take it away; its words stay in the history. Raises as `edit`."""
    _require_own(pin, by)
    with transaction.atomic():
        _require_undecided(pin.review)
        if not Pin.objects.filter(pk=pin.pk, words=pin.words).delete()[0]:
            raise _changed()
        _record("deleted", pin, by, words=pin.words)


def resolve(*, pin: Pin, by: User) -> None:
    """It is settled; also after the verdict. Raises NotAllowed to others than who put it, Conflict."""
    _require_own(pin, by)
    with transaction.atomic():
        _change(pin, resolved_at=timezone.now(), resolved_by=by)
        _record("resolved", pin, by, words=pin.words)


def reopen(*, pin: Pin, by: User) -> None:
    """It is not settled after all. Raises as `resolve`."""
    _require_own(pin, by)
    with transaction.atomic():
        _change(pin, resolved_at=None, resolved_by=None)
        _record("reopened", pin, by, words=pin.words)


def find(review: Review, pk: int) -> Pin:
    """Raises NotFound."""
    pin = review.pins.select_related("review__brand").filter(pk=pk).first()
    if pin is None:
        raise NotFound
    return pin


def for_desk(review: Review, user: User) -> dict[str, Any]:
    """What `review/partials/pins.html` shows: the pins, and whether `user` may put one."""
    pins = list(review.pins.select_related("by"))
    may_pin = review.is_undecided and not why_closed(review, user) and may(user, Act.REVIEW, review.brand)
    shown = [
        Shown(pin=pin, number=number, mine=pin.by_id == user.pk, open=may_pin)
        for number, pin in enumerate(pins, start=1)
    ]
    return {"pins": shown, "may_pin": may_pin and len(pins) < MOST, "pin_length": LENGTH}


def checked_words(words: str) -> str:
    """Without space around them. Raises Invalid where they are no plain text, empty, or too long."""
    words = words.strip()
    if not words or len(words) > LENGTH or "\0" in words:
        raise Invalid(f"A pin says something, in plain text of at most {LENGTH} characters.")
    return words


def _require_own(pin: Pin, by: User) -> None:
    require(by, Act.REVIEW, pin.review.brand)
    if pin.by_id != by.pk:
        raise NotAllowed(f"{pin.by} put this pin, so nobody else changes it.")


def _require_undecided(review: Review) -> None:
    """And nobody decides until the transaction ends. Raises Conflict."""
    if not Review.objects.undecided().select_for_update(no_key=True).filter(pk=review.pk).exists():
        raise Conflict("There is a verdict on this picture already, so its pins stay as they are.")


def _change(pin: Pin, **changes: Any) -> None:
    """If it still is as we think it is. Raises Conflict."""
    same = Pin.objects.filter(pk=pin.pk, words=pin.words, resolved_at=pin.resolved_at)
    if same.update(**changes) != 1:
        raise _changed()
    for name, value in changes.items():
        setattr(pin, name, value)


def _changed() -> Conflict:
    return Conflict("This pin has changed meanwhile. Look at it again.")


def _record(what: str, pin: Pin, by: User, **data: Any) -> None:
    """On the review: a pin that is deleted has no history of its own that anybody could find."""
    record(f"pin.{what}", pin.review, actor=by, pin=pin.pk, **data)
