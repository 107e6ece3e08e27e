"""How calls end that made no picture: what it is called, whether it passes, and what people read."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from generation.providers.base import Picture
from generation.providers.wire.fault import Fault
from generation.providers.wire.told import Told

Kind = Literal["stopped", "later", "failed"]

LONGEST_QUOTE = 300
"""Characters of a vendor's words within a sentence of ours."""

PACIFIC = ZoneInfo("America/Los_Angeles")
"""Where Google's days begin."""

STATUSES: Mapping[int, str] = {
    401: "key_refused",
    402: "no_credit",
    403: "key_refused",
    404: "model_unknown",
    408: "time_out",
    413: "too_large",
    429: "too_many_calls",
}
STOPS = frozenset({"moved", "key_refused", "no_credit", "model_unknown"})
PASSES = frozenset({"time_out", "too_many_calls", "quota_used_up", "overloaded"})

OF_PICTURES = re.compile(r"\b(?:images?|pictures?|photos?|mime|inline_?data)\b", re.IGNORECASE)
OF_SHAPES = re.compile(r"aspect|ratio", re.IGNORECASE)

# {quote} is what the vendor said, with a space before it; empty where it said nothing.
WORDS: Mapping[str, str] = {
    "moved": (
        "{name} has moved to another address (HTTP {status}); nothing was sent there. "
        "An operator must set the new address and resume the provider.{quote}"
    ),
    "key_refused": (
        "{name} refused the key (HTTP {status}). "
        "An operator must set a valid one and resume the provider.{quote}"
    ),
    "no_credit": (
        "{name} takes no calls on this account (HTTP {status}): its billing, credit or region. "
        "An operator must settle that and resume the provider.{quote}"
    ),
    "model_unknown": (
        "{name} knows no model {model} at its address (HTTP {status}); names get retired. "
        "An operator must set another model and resume the provider.{quote}"
    ),
    "too_many_calls": ("{name} had too many calls at once. Calls to it go slower for a while.{quote}"),
    "quota_used_up": (
        "Today's quota at {name} is used up; there is more after midnight in US Pacific time.{quote}"
    ),
    "time_out": "{name} ran out of time (HTTP {status}).{quote}",
    "overloaded": "{name} has trouble at the moment (HTTP {status}).{quote}",
    "too_large": (
        "{name} does not take as much as was sent (HTTP {status}): {pictures}. "
        "Use smaller pictures, or fewer.{quote}"
    ),
    "bad_input": "{name} refused {pictures}{colon}. {help}",
    "bad_request": "{name} refused the request (HTTP {status}). Change the prompt or the format.{quote}",
}

FAULTS: Mapping[str, str] = {
    "no_connection": "{name} could not be reached.",
    "time_out": "{name} gave no whole answer within {seconds:g} s.{unknown}",
    "cut_off": "The connection to {name} broke off before its answer was whole.{unknown}",
    "bad_answer": "{name} gave an answer that can't be read.",
    "too_large": "The answer of {name} was larger than it may be. Ask for a smaller size.",
    "forbidden": (
        "{name} points to its picture at an address that must not be fetched. An operator can allow its host."
    ),
}
UNKNOWN = " Nobody knows whether a picture was made, so it counts as paid."


def code_of(status: int, said: Told) -> str:
    """Our name for an error status, by the table of the facts."""
    if 300 <= status < 400:
        return "moved"
    if "API_KEY_INVALID" in said.reasons:
        return "key_refused"
    if status == 400 and said.code == "FAILED_PRECONDITION":
        return "no_credit"
    if status == 429 and said.per_day:
        return "quota_used_up"
    if status in STATUSES:
        return STATUSES[status]
    if status >= 500:
        return "overloaded"
    means_a_picture = OF_PICTURES.search(said.words) and not OF_SHAPES.search(said.words)
    return "bad_input" if means_a_picture else "bad_request"


def kind_of(code: str) -> Kind:
    """Whether it stops everybody, passes, or is about these inputs."""
    return "stopped" if code in STOPS else "later" if code in PASSES else "failed"


def error_words(code: str, status: int, said: Told, *, name: str, model: str, sent: Sequence[Picture]) -> str:
    """The sentence for people."""
    pictures, help = blame(sent, said.words)
    quote = quoted(said.words)
    return WORDS[code].format(
        name=name,
        model=model,
        status=status,
        pictures=pictures,
        help=help,
        quote=it_said(said.words),
        colon=f": {quote}" if quote else "",
    )


def fault_words(fault: Fault, *, name: str, seconds: float, unknown: bool) -> str:
    """The sentence for people."""
    return FAULTS[fault.kind].format(name=name, seconds=seconds, unknown=UNKNOWN if unknown else "")


def blame(sent: Sequence[Picture], words: str) -> tuple[str, str]:
    """Which of the pictures sent a complaint may mean, and what helps.

    Such as "the scene picture (image/webp, 3.1 MB)" and "Upload the scene again as JPEG."; where the words
    name none, all of them with their sizes and types.
    """
    if not sent:
        return "a request without pictures", "Change the prompt or the format."
    meant = _meant(sent, words)
    named = [_named(picture, sent) for picture in meant]
    pictures = " or ".join([", ".join(named[:-1]), named[-1]] if len(named) > 1 else named)
    what = f"the {meant[0].role}" if len(meant) == 1 else "them"
    how = "from another file" if all(picture.media_type == "image/jpeg" for picture in meant) else "as JPEG"
    return pictures, f"Upload {what} again {how}."


def _named(picture: Picture, sent: Sequence[Picture]) -> str:
    """Its role, with a number where several were sent in that role, its type and its size."""
    alike = [each for each in sent if each.role == picture.role]
    place = next(place for place, each in enumerate(alike, 1) if each is picture)
    number = f" {place}" if len(alike) > 1 else ""
    return f"the {picture.role} picture{number} ({picture.media_type}, {_size(len(picture.data))})"


def _meant(sent: Sequence[Picture], words: str) -> Sequence[Picture]:
    """The one whose type the words name; the one of a rarer type where they speak of types; else all."""
    if len(sent) == 1:
        return sent
    named = [picture for picture in sent if picture.media_type.rpartition("/")[2] in words.lower()]
    rarer = [picture for picture in sent if picture.media_type != "image/jpeg"]
    if not named and "mime" in words.lower():
        named = rarer
    return named if len(named) == 1 else sent


def seconds_to_midnight(now: datetime) -> float:
    """Until Google's next day begins. now: with a time zone."""
    here = now.astimezone(PACIFIC)
    midnight = datetime.combine(here.date() + timedelta(days=1), datetime.min.time(), PACIFIC)
    return midnight.timestamp() - now.timestamp()


def it_said(words: str) -> str:
    """A vendor's words as a sentence, with a space before it; empty where there are none."""
    quote = quoted(words)
    return f" It said: {quote}." if quote else ""


def quoted(words: str) -> str:
    """A vendor's words within a sentence of ours; empty where there are none."""
    words = words.rstrip(" .")
    short = words if len(words) <= LONGEST_QUOTE else words[: LONGEST_QUOTE - 1].rstrip() + "…"
    return f"“{short}”" if short else ""


def _size(count: int) -> str:
    return f"{count / 10**6:.1f} MB" if count >= 10**5 else f"{max(1, round(count / 1000))} KB"
