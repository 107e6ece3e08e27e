"""What is kept of the figures that a vendor tells."""

from typing import Any

import pytest

from generation.providers.wire.plain import plain

GOOD = {"total": 7, "rate": 0.5, "details": [{"kind": "IMAGE", "count": 5}, None, True]}


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (
            {"total": 7, "details": {"image": 5, "rate": 0.5}},
            {"total": 7, "details": {"image": 5, "rate": 0.5}},
        ),
        (
            {"by": [{"kind": "IMAGE", "count": 1}, None, True]},
            {"by": [{"kind": "IMAGE", "count": 1}, None, True]},
        ),
        ({"a": {"b": {"c": {"d": {"e": 1}}}}}, {"a": {"b": {"c": {"d": None}}}}),
        ({"rate": float("nan"), "most": float("inf")}, {"rate": None, "most": None}),
        ({"odd": object(), "words": "x" * 200}, {"odd": None, "words": "x" * 100}),
        ("much", "much"),
        (None, None),
    ],
)
def test_it_keeps_figures_and_short_words(value: Any, kept: Any) -> None:
    assert plain(value, str) == kept


def test_it_keeps_no_more_than_a_row_can_bear() -> None:
    kept = plain({f"{number:04}": list(range(1000)) for number in range(1000)}, str)
    assert list(kept) == [f"{number:04}" for number in range(50)]
    assert kept["0000"] == list(range(50))


def test_it_strikes_keys_out_of_names_and_words() -> None:
    kept = plain({"for sk-1": "by sk-1"}, lambda words: words.replace("sk-1", "…"))
    assert kept == {"for …": "by …"}
