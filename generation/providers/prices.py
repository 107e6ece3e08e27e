"""What a picture costs, by a table from the settings: no vendor tells it with the answer."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from generation.imaging.ratios import SIZES

INPUT = "input"
DECIMALS = 5
"""So many are kept of an amount: the sum of what calls cost is exact."""
HIGHEST = 1000


class PriceTable:
    """US dollars for a picture of each size class, and for each picture that is sent.

    given: such as `{"1K": "0.134", "2K": "0.134", "4K": "0.24", "input": "0.0011"}`; what is left out is
    free. Raises ValueError for an unknown name, and for what is no price.
    """

    def __init__(self, given: Mapping[str, object]) -> None:
        known = (*SIZES, INPUT)
        if unknown := sorted(set(given) - set(known)):
            raise ValueError(f"prices know no {unknown[0]!r}; there are {', '.join(known)}.")
        self._prices = {name: _dollars(name, value) for name, value in given.items()}

    def picture(self, size: str) -> Decimal:
        """A picture that comes out, by its size class."""
        return self._prices.get(size, Decimal(0))

    @property
    def input(self) -> Decimal:
        """A picture that is sent."""
        return self._prices.get(INPUT, Decimal(0))

    def __contains__(self, size: object) -> bool:
        """Whether a picture of that size class has a price; 0 is one."""
        return size in self._prices

    def __bool__(self) -> bool:
        """Whether anything has a price."""
        return any(self._prices.values())


def _dollars(name: str, value: object) -> Decimal:
    try:
        price = Decimal(str(value))
    except InvalidOperation as error:
        raise ValueError(f"the price of {name} is {value!r}, which is no number.") from error
    if not (price.is_finite() and price >= 0):
        raise ValueError(f"the price of {name} is {value!r}; it must be 0 or more.")
    if price >= HIGHEST:
        raise ValueError(f"the price of {name} is {value!r}; it must be below {HIGHEST} dollars.")
    if price != round(price, DECIMALS):
        raise ValueError(f"the price of {name} is {value!r}; it may have at most {DECIMALS} decimals.")
    return price


FREE = PriceTable({})
