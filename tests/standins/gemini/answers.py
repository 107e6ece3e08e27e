"""Answers with status 200, as documents."""

import base64
from collections.abc import Callable
from typing import Any

from tests.standins.gemini import pictures
from tests.standins.gemini.reply import Reply
from tests.standins.gemini.rules import Asked

Document = dict[str, Any]
Answer = Callable[[Asked], Reply]
WORDS = "Here is your picture."
THINKING: Document = {"text": "**Placing the bottle**\n\nI look at the light first.", "thought": True}


def answer(asked: Asked) -> Reply:
    """What comes when all is well: words first, where words were asked for, then the picture."""
    picture = image(drawn(asked))
    return Reply.json(document(asked, {"text": WORDS}, picture) if "TEXT" in asked.modalities else
                      document(asked, picture))  # fmt: skip


def drawn(asked: Asked, kind: str = "PNG") -> bytes:
    """A picture of the pixels asked for; its colour comes from the words."""
    return pictures.picture(*asked.pixels, kind=kind, hue=sum("".join(asked.texts).encode()) % 12 * 30)


def image(data: bytes, media_type: str = "image/png", **more: Any) -> Document:
    return {"inlineData": {"mimeType": media_type, "data": base64.b64encode(data).decode()}, **more}


def document(asked: Asked, *parts: Document, finish: str = "STOP", **more: Any) -> Document:
    """A whole answer with one candidate of these parts."""
    content = {"role": "model", "parts": list(parts)}
    return framed(asked, candidates=[{"content": content, "finishReason": finish, "index": 0}], **more)


def framed(asked: Asked, **more: Any) -> Document:
    """What every answer has around its candidates."""
    return {
        "usageMetadata": usage(asked),
        "modelVersion": asked.model,
        "responseId": "mXsiafrPO5-vqtsPxZ7jyAE",
        **more,
    }


def usage(asked: Asked) -> Document:
    """Sums that do not add up, as they do not."""
    return {
        "promptTokenCount": 30 + 540 * len(asked.pictures),
        "candidatesTokenCount": 2000 if asked.size == "4K" else 1120,
        "totalTokenCount": 1,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 30}],
    }


def parts(*given: Document) -> Answer:
    """Answers with these parts and no picture of its own."""
    return lambda asked: Reply.json(document(asked, *given))


def blocked_prompt(reason: str, *, null: bool = False) -> Answer:
    """The prompt was stopped. null: `candidates` is there, and null."""
    nothing: Document = {"candidates": None} if null else {}
    return lambda asked: Reply.json(framed(asked, promptFeedback={"blockReason": reason}, **nothing))


NO_CONTENT: Document = {}
EMPTY_CONTENT: Document = {"content": {}}
ROLE_ONLY: Document = {"content": {"role": "model"}}
NULL_PARTS: Document = {"content": {"parts": None}}


def blocked_picture(reason: str, shape: Document, words: str = "") -> Answer:
    """The picture was stopped. shape: what is left of `content`; words: as finishMessage."""
    said = {"finishMessage": words} if words else {}
    candidate = {**shape, "finishReason": reason, "index": 0, **said}
    return lambda asked: Reply.json(framed(asked, candidates=[candidate]))


def with_picture(make: Callable[[Asked], bytes], media_type: str = "image/png") -> Answer:
    """Answers with the picture that `make` draws."""
    return lambda asked: Reply.json(document(asked, image(make(asked), media_type)))


def wrong_ratio(asked: Asked) -> bytes:
    width, height = asked.pixels
    return pictures.picture(width, round(height * 0.8))


def smaller(asked: Asked) -> bytes:
    width, height = asked.pixels
    return pictures.picture(width // 2, height // 2)


def interim(asked: Asked) -> bytes:
    """A sketch on the way to the picture: right pixels, another colour."""
    return pictures.picture(*asked.pixels, hue=10)


def over_30_megabytes(asked: Asked) -> bytes:
    return pictures.padded(drawn(asked), 23 * 10**6)
