"""Words from outside, without keys and pictures: fit for a log, a row and a page."""

import re
from collections.abc import Iterable
from functools import lru_cache

MOST = 2_000
"""Characters that are kept."""

STRUCK = "[…]"

TELLING = 6
"""Characters of a secret that give it away where the rest is cut off."""

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]+")
LOOKS_SECRET = re.compile(
    r"""
      (?<!\w)data:[\w.+/-]*(?:;[\w.+=-]+)*,[^\s"'<>)]*                    # a picture as an address
    | \b(?:x-goog-api-key|authorization)\b["']?\s*[:=]\s*["']?(?:(?:bearer|basic)\s+)?[^\s"',;&}]+
    | \b(?:bearer|basic)\s+(?=[\w.~+/=-]*\d)[\w.~+/=-]{8,}
    | \bAIza[\w-]{10,}                                                    # Google's keys
    | \bsk-[\w-]{8,}                                                      # OpenAI's, and their likes
    | [?&](?:api_?)?key=[^\s"'&]+
    # Base64, also in lines.
    | (?:[A-Za-z0-9+/_-]|\\/|(?<=[A-Za-z0-9+/_-]{60})\ (?=[A-Za-z0-9+/_-]{20})){100,}={0,2}
    """,
    re.IGNORECASE | re.VERBOSE,
)


def clean(text: str, secrets: Iterable[str] = ()) -> str:
    """`text` in one line of at most `MOST` characters, with secrets, keys and base64 struck out.

    secrets: struck out as they are, as URLs and JSON write them, and where the text ends within them; empty
    ones count for nothing.
    """
    text = " ".join(CONTROL.sub(" ", text[: 10 * MOST]).split())
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = _spellings(secret).sub(STRUCK, text)
    text = LOOKS_SECRET.sub(STRUCK, text)
    return text if len(text) <= MOST else text[: MOST - 1] + "…"


@lru_cache
def _spellings(secret: str) -> re.Pattern[str]:
    """Each letter as it is, escaped or as a number (%2b, \\u002b), with a space after it at most."""
    letters = [rf"(?:\\?{re.escape(letter)}|(?i:(?:%|\\u00){ord(letter):02x}))\ ?" for letter in secret]
    ends = ["".join(letters[:kept]) + "$" for kept in range(len(letters) - 1, TELLING - 1, -1)]
    whole = "".join(letters).removesuffix(r"\ ?")
    return re.compile("|".join([whole, *ends]))
