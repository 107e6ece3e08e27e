"""What the keys of the desk and of the grid do, and each person's own choice of them.

A key is named as a browser's `event.key` names it: what it types, whatever the layout of the keyboard.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from brandkit.accounts.models import User
from brandkit.common.errors import Invalid
from review.models import DeskKeys

DESK, GRID = "desk", "grid"
BOTH = frozenset({DESK, GRID})

NAMED = {
    "ArrowLeft": "←",
    "ArrowRight": "→",
    "ArrowUp": "↑",
    "ArrowDown": "↓",
    "PageUp": "Page Up",
    "PageDown": "Page Down",
    "Home": "Home",
    "End": "End",
}
"""The keys that type nothing and can be given away, as people read them."""

PAGE_S_OWN = {
    "": "Space presses buttons and picks pictures",
    "space": "Space presses buttons and picks pictures",
    "tab": "Tab goes from one thing to the next",
    "enter": "Enter presses buttons and sends forms",
    "return": "Enter presses buttons and sends forms",
    "esc": "Escape closes what is open",
    "escape": "Escape closes what is open",
}
"""What every page needs for itself, and why."""


@dataclass(frozen=True)
class Action:
    """Something that a key and a button do alike.

    key: the usual one. places: where it works; no two of a place have the same key.
    """

    name: str
    group: str
    words: str
    key: str
    places: frozenset[str] = frozenset({DESK})


ACTIONS = (
    Action("approve", "Deciding", "Approve", "a", BOTH),
    Action("reject", "Deciding", "Reject", "r", BOTH),
    Action("changes", "Deciding", "Ask for changes", "c"),
    Action("undo", "Deciding", "Undo", "u", BOTH),
    Action("skip", "Deciding", "Skip, and put it back", "s"),
    Action("note", "Deciding", "Write a note", "n"),
    Action("view-one", "Looking", "The picture alone", "1"),
    Action("view-side", "Looking", "Side by side", "2"),
    Action("view-slider", "Looking", "Slider between two", "3"),
    Action("view-blink", "Looking", "Blink between two", "4"),
    Action("pair-next", "Looking", "The next pair", "v"),
    Action("blink-pause", "Looking", "Pause the blinking", "p"),
    Action("zoom-in", "Zoom", "Closer", "+"),
    Action("zoom-out", "Zoom", "Further away", "-"),
    Action("zoom-fit", "Zoom", "All of it", "0"),
    Action("zoom-1", "Zoom", "1:1 pixels", "z"),
    Action("zoom-4", "Zoom", "4:1 pixels", "x"),
    Action("pan-left", "Zoom", "To the left", "ArrowLeft"),
    Action("pan-right", "Zoom", "To the right", "ArrowRight"),
    Action("pan-up", "Zoom", "Up", "ArrowUp"),
    Action("pan-down", "Zoom", "Down", "ArrowDown"),
    Action("pin-add", "Pins", "Pin a remark", "i"),
    Action("pin-next", "Pins", "The next pin", "o"),
    Action("strip-next", "Getting around", "Forward in the strip", "]"),
    Action("strip-back", "Getting around", "Back in the strip", "["),
    Action("filters", "Getting around", "Filters", "f", BOTH),
    Action("grid", "Getting around", "Between desk and grid", "g", BOTH),
    Action("help", "Getting around", "This help", "?", BOTH),
    Action("grid-all", "Getting around", "All in the grid, or none", "e", frozenset({GRID})),
)
USUAL = {action.name: action.key for action in ACTIONS}
GROUPS = tuple(dict.fromkeys(action.group for action in ACTIONS))

FIXED = {
    "Reasons, while they are asked for": (
        ("1 to 9", "A reason, on and off"),
        ("Enter", "Send the verdict"),
        ("Escape", "Think again"),
    ),
    "In the grid": (
        ("← → ↑ ↓", "From picture to picture"),
        ("Space", "Pick it, or not"),
        ("Shift ← → ↑ ↓", "Pick all on the way"),
        ("Enter", "Open it at the desk"),
    ),
}
"""Keys that belong to what has the focus: they always work, and cannot be changed."""


class BadKeys(Invalid):
    """Some of these keys can't be."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__("Nothing is changed: " + " ".join(dict.fromkeys(errors.values())))
        self.errors = dict(errors)


def of(user: User) -> tuple[bool, dict[str, str]]:
    """Whether they are on, and the key of each action.

    A usual key that the person has given to another action does nothing else there: actions that come with a
    later version take no one's own keys away.
    """
    row = DeskKeys.objects.filter(user=user).first()
    if row is None:
        return True, dict(USUAL)
    own = {name: key for name, key in row.keys.items() if name in USUAL}
    kept = {
        action.name: own.get(action.name, "" if _is_given(action, own) else action.key) for action in ACTIONS
    }
    return row.on, kept


def for_page(user: User, place: str = DESK) -> dict[str, Any]:
    """`{"on": bool, "keys": {action: key}}` for keys.js; an action without a key is left out."""
    on, keys = of(user)
    here = {action.name for action in ACTIONS if place in action.places}
    return {"on": on, "keys": {name: key for name, key in keys.items() if key and name in here}}


def help_for(user: User) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """Each group of the help sheet with its (action, words, key as people read it); no key where off."""
    on, keys = of(user)
    return [
        (group, [(one.name, one.words, readable(keys[one.name]) if on else "") for one in actions])
        for group, actions in groupby(ACTIONS, key=lambda action: action.group)
    ]


def set_keys(*, user: User, keys: Mapping[str, str], on: bool) -> None:
    """Give actions other keys; those that are not named get their usual ones, an empty key is none at all.

    Raises BadKeys, with one sentence for each action.
    """
    wanted = dict(USUAL)
    errors = {name: f"There is no action {name!r}." for name in keys if name not in USUAL}
    for name in USUAL.keys() & keys.keys():
        try:
            wanted[name] = read(keys[name])
        except Invalid as error:
            errors[name] = error.message
    errors = _taken_twice(wanted) | errors
    if errors:
        raise BadKeys(errors)
    own = {name: key for name, key in wanted.items() if key != USUAL[name]}
    DeskKeys.objects.update_or_create(user=user, defaults={"on": on, "keys": own})


def reset(*, user: User) -> None:
    """The usual keys again; whether they are on stays."""
    DeskKeys.objects.filter(user=user).update(keys={})


def read(text: str) -> str:
    """The key that somebody means by what they wrote: `A`, `left`, `←`. Raises Invalid."""
    if not text:
        return ""
    plain = text.strip().lower().replace(" ", "")
    for key, words in NAMED.items():
        if plain in (key.lower(), key.lower().removeprefix("arrow"), words.lower().replace(" ", "")):
            return key
    if plain in PAGE_S_OWN:
        raise Invalid(f"{PAGE_S_OWN[plain]}, so it can't be given away.")
    if len(plain) != 1 or not plain.isprintable():
        raise Invalid("One key, please: a letter, a digit, a sign, or an arrow.")
    return plain


def readable(key: str) -> str:
    """A key as people read it on the keyboard."""
    return NAMED.get(key) or (key.upper() if len(key.upper()) == 1 else key)


def _is_given(action: Action, own: Mapping[str, str]) -> bool:
    return any(own.get(other.name) == action.key for other in ACTIONS if action.places & other.places)


def _taken_twice(keys: Mapping[str, str]) -> dict[str, str]:
    """One sentence for each action whose key another one of the same place has, too."""
    errors = {}
    for one in ACTIONS:
        key = keys[one.name]
        for other in ACTIONS:
            if key and other != one and keys[other.name] == key and one.places & other.places:
                errors[one.name] = f"{readable(key)} is the key for “{other.words}”, too."
    return errors
