"""What is not as it was asked for in a picture that can still be used: told to people, and left to them."""

from generation.imaging.ratios import MODEL_PIXELS

Flag = dict[str, str]
TOLERANCE = 0.03
"""Models round: 16:9 is really 1.792 (facts of November 2026)."""


def flags_of(*, ratio: str, size: str, width: int, height: int) -> list[Flag]:
    """Flags of a picture of that many pixels that was asked for in that ratio and size class."""
    asked_width, asked_height = MODEL_PIXELS[ratio][size]
    found = []
    off = (width / height) / (asked_width / asked_height)
    if not 1 - TOLERANCE <= off <= 1 + TOLERANCE:
        words = f"It was asked for in {ratio} and came as {width} × {height}: its crop takes more away."
        found.append({"code": "wrong_ratio", "words": words})
    if min(width / asked_width, height / asked_height) < 1 - TOLERANCE:
        words = (
            f"It was asked for at {size}, which is {asked_width} × {asked_height}, and came as "
            f"{width} × {height}. Pictures are never enlarged, so it may be too small for its channel."
        )
        found.append({"code": "too_small", "words": words})
    return found
