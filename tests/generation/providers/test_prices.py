"""What pictures cost, by the table from the settings."""

from decimal import Decimal

import pytest

from generation.providers.fake import Fake
from generation.providers.prices import FREE, PriceTable


def test_it_prices_each_size_and_each_picture_that_is_sent() -> None:
    table = PriceTable({"1K": "0.134", "4K": 0.24, "input": "0.0011"})
    assert (table.picture("1K"), table.picture("4K"), table.input) == (
        Decimal("0.134"),
        Decimal("0.24"),
        Decimal("0.0011"),
    )


def test_it_takes_what_is_left_out_for_free() -> None:
    table = PriceTable({"1K": "0.134"})
    assert [table.picture("2K"), table.input] == [Decimal(0), Decimal(0)]


def test_it_tells_a_price_of_nothing_from_none() -> None:
    table = PriceTable({"1K": 0})
    assert ("1K" in table, "2K" in table, "1K" in FREE) == (True, False, False)


@pytest.mark.parametrize(
    ("given", "has_a_price"), [({}, False), ({"1K": 0}, False), ({"1K": 0, "input": "0.001"}, True)]
)
def test_it_knows_whether_anything_has_a_price(given: dict[str, object], has_a_price: bool) -> None:
    assert bool(PriceTable(given)) is has_a_price


def test_it_costs_nothing_where_no_prices_are_known() -> None:
    assert [FREE.picture("4K"), FREE.input] == [Decimal(0), Decimal(0)]
    assert not FREE


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"8K": 1}, r"^prices know no '8K'; there are 1K, 2K, 4K, input\.$"),
        ({"1k": 1}, r"^prices know no '1k'; there are 1K, 2K, 4K, input\.$"),
        ({"1K": "a lot"}, r"^the price of 1K is 'a lot', which is no number\.$"),
        ({"1K": None}, r"^the price of 1K is None, which is no number\.$"),
        ({"1K": ""}, r"^the price of 1K is '', which is no number\.$"),
        ({"1K": "-0.1"}, r"^the price of 1K is '-0\.1'; it must be 0 or more\.$"),
        ({"1K": "NaN"}, r"^the price of 1K is 'NaN'; it must be 0 or more\.$"),
        ({"1K": "sNaN"}, r"^the price of 1K is 'sNaN'; it must be 0 or more\.$"),
        ({"1K": "1000"}, r"^the price of 1K is '1000'; it must be below 1000 dollars\.$"),
        ({"1K": 1e40}, r"^the price of 1K is 1e\+40; it must be below 1000 dollars\.$"),
        ({"1K": "0.123456"}, r"^the price of 1K is '0\.123456'; it may have at most 5 decimals\.$"),
        ({"1K": float("inf")}, r"^the price of 1K is inf; it must be 0 or more\.$"),
    ],
)
def test_it_refuses_what_is_no_price(given: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        PriceTable(given)


@pytest.mark.parametrize(("pictures", "dollars"), [(0, "0.134"), (2, "0.1362"), (14, "0.1494")])
def test_it_adds_up_the_picture_and_what_it_is_made_from(pictures: int, dollars: str) -> None:
    provider = Fake(alias="fake", options={"prices": {"1K": "0.134", "input": "0.0011"}})
    assert provider.price(size="1K", pictures=pictures) == Decimal(dollars)
