"""Words from outside, without keys and pictures: fit for a log, a row and a page."""

import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

MOST = 2_000
"""Characters that are kept."""

STRUCK = "[…]"

LOOKS_LIKE_A_KEY = re.compile(
    r"""
    \b(?:Bearer|Basic)\s+[\w.~+/=-]{8,}                       # Authorization: Bearer ...
    | \bAIza[\w-]{10,}                                        # Google's keys
    | \bsk-[\w-]{8,}                                          # OpenAI's keys, and those that copy their look
    | \b(?:x-goog-api-key|api[_-]?key|authorization)\b["']?\s*[:=]\s*["']?[^\s"',;&}]+
    | [?&]key=[^\s"'&]+
    """,
    re.IGNORECASE | re.VERBOSE,
)
DATA_URL = re.compile(r"data:[\w.+/-]*(?:;[\w.+=-]+)*,[^\s\"'<>)]*", re.IGNORECASE)
BASE64 = re.compile(r"(?:[A-Za-z0-9+/_-]|\\/){100,}={0,2}")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]+")


def clean(text: str, secrets: Iterable[str] = ()) -> str:
    """`text` in one line of at most `MOST` characters, with secrets, keys and base64 struck out.

    secrets: struck out as they are and as URLs write them, wherever they stand; empty ones count for nothing.
    """
    for secret in sorted(_spellings(secrets), key=len, reverse=True):
        text = text.replace(secret, STRUCK)
    text = " ".join(CONTROL.sub(" ", text).split())
    for pattern in (DATA_URL, LOOKS_LIKE_A_KEY, BASE64):
        text = pattern.sub(STRUCK, text)
    return text if len(text) <= MOST else text[: MOST - 1] + "…"


def _spellings(secrets: Iterable[str]) -> set[str]:
    return {way(secret) for secret in secrets if secret for way in (str, quote, quote_plus, _quote_all)}


def _quote_all(secret: str) -> str:
    return quote(secret, safe="")
