"""What a vendor says in an answer that is an error, whichever of three shapes it has."""

from collections.abc import Iterable
from dataclasses import dataclass

from generation.providers.wire.line import Reply


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
    raise NotImplementedError
