"""What happens after one fault, where all goes well after it: the rows of the tables beside this file."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

PRICES = {"1K": "0.134", "2K": "0.134", "4K": "0.24", "input": "0.0011"}
INPUTS = Decimal("0.0022")  # of two pictures, the subject and the scene
PICTURE = Decimal("0.134") + INPUTS
NOTHING = Decimal(0)
MIDNIGHT = -1


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """state, outcomes, spend: of the generation and all its attempts when nothing more happens by itself.

    code, words, vendor, cost: of the first attempt, the one that met the fault; vendor is the vendor's code.
    wait: seconds that everybody on the account waits, where calls were too many; MIDNIGHT is Google's.
    output: what is to be said of the picture that came of it in the end.
    anew: whether each further call has a new picture made; else it asks for one that is paid already.
    """

    state: str
    outcomes: tuple[str, ...]
    cost: Decimal = NOTHING
    code: str = ""
    words: str = ""
    vendor: str = ""
    wait: float | None = None
    output: Mapping[str, Any] | None = None
    anew: bool = True

    @property
    def spend(self) -> Decimal:
        """Of the first call, and of the pictures that were made in further ones."""
        return self.cost + (len(self.outcomes) - 1) * (PICTURE if self.anew else NOTHING)

    def costs(self, cost: Decimal) -> "Scenario":
        """The same, where the first call was paid."""
        return replace(self, cost=cost)

    def named(self, **names: str) -> "Scenario":
        """The same with these names in its words."""
        return replace(self, words=self.words.format(**names))


def fails(code: str, words: str, *, vendor: str = "", cost: Decimal = NOTHING) -> Scenario:
    """It can't work with these inputs: failed at once, and nobody asks again."""
    return Scenario(state="failed", outcomes=("failed",), cost=cost, code=code, words=words, vendor=vendor)


def stops(code: str, words: str, *, vendor: str = "", cost: Decimal = NOTHING) -> Scenario:
    """The account is paused, and the picture waits for a person: nobody asks again."""
    return Scenario(state="queued", outcomes=("stopped",), cost=cost, code=code, words=words, vendor=vendor)


def slows(code: str, words: str, *, wait: float, vendor: str = "") -> Scenario:
    """Too many calls: everybody waits, and then the picture comes."""
    return Scenario(
        state="succeeded", outcomes=("later", "picture"), code=code, words=words, vendor=vendor, wait=wait
    )


def passes(code: str, words: str, *, vendor: str = "", cost: Decimal = NOTHING) -> Scenario:
    """It is tried once more after a pause, and then the picture comes."""
    return Scenario(
        state="succeeded", outcomes=("later", "picture"), cost=cost, code=code, words=words, vendor=vendor
    )


def lost(code: str, words: str, *, anew: bool = True) -> Scenario:
    """Nobody knows whether a picture was made, so it counts as paid; then it is asked for again."""
    return Scenario(
        state="succeeded",
        outcomes=("unknown", "picture"),
        cost=PICTURE,
        code=code,
        words=words,
        anew=anew,
    )


def refuses(code: str, words: str, *, vendor: str = "", cost: Decimal = INPUTS) -> Scenario:
    """The model would not, and nobody asks again."""
    return Scenario(state="refused", outcomes=("refused",), cost=cost, code=code, words=words, vendor=vendor)


def refuses_once(code: str, words: str, *, vendor: str = "", cost: Decimal = INPUTS) -> Scenario:
    """The model would not, and the very same once more passes."""
    return Scenario(
        state="succeeded",
        outcomes=("refused", "picture"),
        cost=cost,
        code=code,
        words=words,
        vendor=vendor,
    )


def makes(vendor: str = "", **output: Any) -> Scenario:
    """A picture, with something to be said of it."""
    return Scenario(state="succeeded", outcomes=("picture",), cost=PICTURE, vendor=vendor, output=output)
