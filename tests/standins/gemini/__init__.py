"""A strict stand-in of Gemini's generateContent: a real server on loopback, built on the facts alone.

    with gemini_server("overloaded", "image_safety") as server:
        ...  # the first good request is told 503, the second IMAGE_SAFETY, all others get a picture

A request that breaks a rule is refused as the API would and uses up nothing of the script.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tests.standins.gemini.broken import ERRORS, TRANSPORT
from tests.standins.gemini.fault import HELD, Fault
from tests.standins.gemini.faults import FAULTS
from tests.standins.gemini.odd import NOTHING_MADE, PICTURES
from tests.standins.gemini.rules import Asked, Sent
from tests.standins.gemini.server import GeminiServer, Received

__all__ = [
    "ERRORS",
    "FAULTS",
    "HELD",
    "KEY",
    "NOTHING_MADE",
    "PICTURES",
    "TRANSPORT",
    "Asked",
    "Fault",
    "GeminiServer",
    "Received",
    "Sent",
    "gemini_server",
]

KEY = "a-key-of-the-stand-in-0123456789abcdefghijklmno"
MODELS = ("gemini-3-pro-image-preview", "gemini-3-pro-image")


@contextmanager
def gemini_server(
    *script: str | Fault, key: str = KEY, models: Sequence[str] = MODELS, then: str = ""
) -> Iterator[GeminiServer]:
    """A server for the block. script: names from FAULTS, one a good request.

    then: the fault of every request after the script; without one, they get pictures.
    """
    server = GeminiServer(script, key=key, models=models, then=then)
    try:
        yield server
    finally:
        server.close()
    assert server.mistakes == [], "the stand-in itself has failed"
