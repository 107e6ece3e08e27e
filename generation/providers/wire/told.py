"""What a vendor says in an answer that is an error, whichever of three shapes it has."""

import html
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from generation.providers.wire.clean import clean
from generation.providers.wire.line import Reply
from generation.providers.wire.shape import list_of

LONGEST_WAIT = 24 * 60 * 60
"""Seconds; nobody is believed who asks for more."""

SECONDS = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)s?")
UNSEEN = re.compile(r"<(script|style|title)\b.*?</\1\s*>|<[^>]*>", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Told:
    """code: the vendor's own word for it (Google's status, OpenAI's code, else its type); may be empty.

    words: its message, cleaned; may be empty. reasons: Google's `ErrorInfo` reasons, such as API_KEY_INVALID.
    wait: seconds, from RetryInfo or Retry-After, at most a day. per_day: today's quota is used up.
    """

    code: str = ""
    words: str = ""
    reasons: tuple[str, ...] = ()
    wait: float | None = None
    per_day: bool = False


def told(reply: Reply, secrets: Iterable[str] = ()) -> Told:
    """Read Google's error object (also inside a one-element array), OpenAI's, or a page or plain text.

    Never raises, whatever stands there.
    """
    secrets = tuple(secrets)
    error = _error(reply.document)
    details = [item for item in list_of(error.get("details")) if isinstance(item, dict)]
    return Told(
        code=clean(_code(error), secrets)[:100],
        words=clean(_words(error) or _readable(reply.text), secrets),
        reasons=tuple(clean(item["reason"], secrets)[:100] for item in _of(details, "ErrorInfo", "reason")),
        wait=_wait(details, reply.headers.get("retry-after", "")),
        per_day=any("PerDay" in quota for quota in _quotas(details)),
    )


def _error(document: Any) -> dict[str, Any]:
    """The error object, wherever it stands; empty where there is none."""
    if isinstance(document, list) and document:
        document = document[0]
    error = document.get("error", document) if isinstance(document, dict) else document
    return error if isinstance(error, dict) else {"message": error}


def _code(error: dict[str, Any]) -> str:
    """Google's `code` is the status once more, a number: its word is `status`."""
    words = (error.get(name) for name in ("status", "code", "type"))
    return next((word for word in words if isinstance(word, str) and word and not word.isdecimal()), "")


def _words(error: dict[str, Any]) -> str:
    words = (error.get(name) for name in ("message", "detail", "error_description"))
    return next((word for word in words if isinstance(word, str)), "")


def _readable(text: str) -> str:
    """A page without its markup; plain text as it is."""
    return html.unescape(UNSEEN.sub(" ", text)) if text.lstrip().startswith("<") else text


def _wait(details: list[dict[str, Any]], retry_after: str) -> float | None:
    told = [SECONDS.fullmatch(item["retryDelay"].strip()) for item in _of(details, "RetryInfo", "retryDelay")]
    waits = [float(found[1]) for found in told if found]
    wait = max(waits) if waits else _retry_after(retry_after)
    return None if wait is None or not math.isfinite(wait) else min(max(wait, 0), LONGEST_WAIT)


def _retry_after(value: str) -> float | None:
    """RFC 9110, 10.2.3: a number of seconds, or a date."""
    if found := SECONDS.fullmatch(value.strip()):
        return float(found[1])
    try:
        date = parsedate_to_datetime(value)
        return ((date if date.tzinfo else date.replace(tzinfo=UTC)) - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _quotas(details: list[dict[str, Any]]) -> Iterator[str]:
    for item in details:
        for violation in list_of(item.get("violations")):
            if isinstance(violation, dict) and isinstance(violation.get("quotaId"), str):
                yield violation["quotaId"]


def _of(details: list[dict[str, Any]], kind: str, name: str) -> Iterator[dict[str, Any]]:
    """The details of that kind that have a word by that name."""
    for item in details:
        if str(item.get("@type", "")).endswith(kind) and isinstance(item.get(name), str):
            yield item
