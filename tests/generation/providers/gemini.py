"""What the tests of the Gemini provider ask for."""

import hashlib
from decimal import Decimal
from io import BytesIO
from typing import Any

from generation.providers.base import Job, Picture, PictureRequest, Result
from generation.providers.gemini import Gemini
from tests.standins.gemini import GeminiServer
from tests.standins.gemini.pictures import picture as drawn

INPUT = Decimal("0.0011")
PRICES = {"1K": "0.134", "2K": "0.134", "4K": "0.24", "input": str(INPUT)}


def provider(server: GeminiServer, **options: Any) -> Gemini:
    given = {"key": server.key, "url": server.url, "prices": PRICES, **options}
    return Gemini(alias="wisdom-gate", options=given)


def picture(role: str = "subject", kind: str = "JPEG", data: bytes | None = None, **more: Any) -> Picture:
    data = drawn(64, 48, kind=kind) if data is None else data
    sha256 = hashlib.sha256(data).hexdigest()
    fields = {"media_type": f"image/{kind.lower()}", "width": 64, "height": 48, **more}
    return Picture(role=role, data=data, sha256=sha256, **fields)


def request(**changes: Any) -> PictureRequest:
    """A subject in a scene: two pictures."""
    given: dict[str, Any] = {
        "prompt": "Put the bottle on the table.",
        "ratio": "4:5",
        "size": "1K",
        "subject": picture(),
        "scene": picture("scene", "WEBP"),
        "seed": 7,
    }
    return PictureRequest(**{**given, **changes})


def make(server: GeminiServer, asked: PictureRequest | None = None, **options: Any) -> tuple[Result, bytes]:
    """The result of one call, and what it wrote."""
    sink = BytesIO()
    result = provider(server, **options).make(asked or request(), sink, Job())
    return result, sink.getvalue()
