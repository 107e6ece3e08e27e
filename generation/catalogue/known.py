"""Things that a table names by slug or by name."""

import re
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from brandkit.common.errors import BrandkitError, Invalid

V = TypeVar("V")
BETWEEN = re.compile(r"[;|,\n]")
SHOWN = 60
"""Characters of a cell that are told again in what is wrong with it."""


class Known(Generic[V]):
    """explain: called with a word that is none of them, to raise what there is instead."""

    def __init__(self, things: Iterable[tuple[str, str, V]], *, explain: Callable[[str], object]) -> None:
        """things: slug, name and the thing itself. Where one's name is another's slug, the slug counts."""
        there = list(things)
        self._by_word = {name.casefold(): thing for _, name, thing in there}
        self._by_word |= {slug.casefold(): thing for slug, _, thing in there}
        self._explain = explain
        self._explained: dict[str, str] = {}

    def several(self, cell: str) -> list[V]:
        """Those that a cell lists, in its order, each once. Raises Invalid with every word that is none."""
        if cell.casefold() in self._by_word:  # a name may have a comma in it
            return [self._by_word[cell.casefold()]]
        words = list(dict.fromkeys(word for each in BETWEEN.split(cell) if (word := each.strip())))
        unknown = [self._why(word) for word in words if word.casefold() not in self._by_word]
        if unknown or not words:
            raise Invalid(" ".join(unknown) or f"“{shown(cell)}” names nothing.")
        return list(dict.fromkeys(self._by_word[word.casefold()] for word in words))

    def _why(self, word: str) -> str:
        """In words, found out once for all rows that say it."""
        if word not in self._explained:
            try:
                self._explain(shown(word))
                self._explained[word] = f"“{shown(word)}” is none."
            except BrandkitError as error:
                self._explained[word] = error.message
        return self._explained[word]


def shown(cell: str) -> str:
    """A cell's text, short enough to be told again."""
    return cell if len(cell) <= SHOWN else f"{cell[: SHOWN - 1]}…"
