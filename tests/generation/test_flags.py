"""A picture's pixels against what was asked for: 3 % of tolerance, and a sentence beyond it."""

import pytest

from generation.engine.flags import flags_of
from generation.imaging.ratios import MODEL_PIXELS


@pytest.mark.parametrize(("ratio", "size"), [(ratio, "4K") for ratio in MODEL_PIXELS])
def test_it_flags_nothing_that_is_exact(ratio: str, size: str) -> None:
    width, height = MODEL_PIXELS[ratio][size]
    assert flags_of(ratio=ratio, size=size, width=width, height=height) == []


@pytest.mark.parametrize(
    ("width", "height", "codes"),
    [
        (1024, 1024, []),
        (1054, 1024, []),  # 2.9 % wider
        (1056, 1024, ["wrong_ratio"]),  # 3.1 % wider
        (1024, 1056, ["wrong_ratio"]),
        (4096, 4096, []),
        (994, 994, []),  # 2.9 % smaller
        (992, 992, ["too_small"]),
        (1024, 992, ["wrong_ratio", "too_small"]),
        (1, 1024, ["wrong_ratio", "too_small"]),
    ],
)
def test_it_flags_beyond_the_tolerance(width: int, height: int, codes: list[str]) -> None:
    flags = flags_of(ratio="1:1", size="1K", width=width, height=height)
    assert [flag["code"] for flag in flags] == codes


def test_it_says_what_came() -> None:
    flags = flags_of(ratio="16:9", size="1K", width=1024, height=1024)
    assert [flag["words"] for flag in flags] == [
        "It was asked for in 16:9 and came as 1024 × 1024: its crop takes more away.",
        "It was asked for at 1K, which is 1376 × 768, and came as 1024 × 1024. "
        "Pictures are never enlarged, so it may be too small for its channel.",
    ]
