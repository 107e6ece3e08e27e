"""Answers with status 200 that are not the plain one: no picture, another picture, other parts."""

import base64
from collections.abc import Mapping
from typing import Any

from tests.standins.gemini import pictures, reply
from tests.standins.gemini.answers import (
    EMPTY_CONTENT,
    NO_CONTENT,
    NULL_PARTS,
    ROLE_ONLY,
    THINKING,
    WORDS,
    Answer,
    blocked_picture,
    blocked_prompt,
    document,
    drawn,
    framed,
    image,
    interim,
    over_30_megabytes,
    parts,
    smaller,
    with_picture,
    wrong_ratio,
)
from tests.standins.gemini.fault import Fault, always, by
from tests.standins.gemini.reply import Reply
from tests.standins.gemini.rules import Asked

SORRY = "I can't draw that person, but I'd gladly draw the bottle alone."


def _document(*before: Any, after: tuple[Any, ...] = (), **more: Any) -> Answer:
    """The plain picture between other parts, which may be made from the request."""

    def made(asked: Asked) -> Reply:
        around = [[part(asked) if callable(part) else part for part in some] for some in (before, after)]
        return Reply.json(document(asked, *around[0], image(drawn(asked)), *around[1], **more))

    return made


def _sketch(**more: Any) -> Any:
    return lambda asked: image(interim(asked), **more)


def _url_safe(asked: Asked) -> Reply:
    whole = document(asked, image(drawn(asked)))
    blob = whole["candidates"][0]["content"]["parts"][0]["inlineData"]
    blob["data"] = base64.urlsafe_b64encode(drawn(asked)).decode()
    return Reply.json(whole)


def _data(text: str | None) -> Answer:
    return parts({"inlineData": {"mimeType": "image/png", "data": text}})


def _sketch_then_stop(asked: Asked) -> Reply:
    return Reply.json(document(asked, THINKING, image(interim(asked), thought=True), finish="IMAGE_SAFETY"))


def _unflagged_then_stop(asked: Asked) -> Reply:
    return Reply.json(document(asked, image(interim(asked)), finish="IMAGE_SAFETY"))


def _key_in_words(asked: Asked) -> Reply:
    return Reply.json(document(asked, {"text": f"I can't use {asked.key} for that."}))


def _key_everywhere(asked: Asked) -> Reply:
    """In every place of an answer that is kept."""
    candidate = {"finishReason": asked.key, "finishMessage": f"Stopped: {asked.key}", "index": 0}
    usage = {asked.key: 1, "trafficType": asked.key}
    return Reply.json(
        {
            "candidates": [candidate],
            "modelVersion": asked.key,
            "responseId": asked.key,
            "usageMetadata": usage,
        }
    )


def _no_picture(finish: str) -> Answer:
    """Stopped for that reason, with a word instead of a picture."""
    return lambda asked: Reply.json(document(asked, {"text": WORDS}, finish=finish))


NOTHING_MADE: Mapping[str, Fault] = {
    # The prompt was blocked
    "prompt_safety": Fault("blockReason SAFETY, candidates absent", blocked_prompt("SAFETY")),
    "prompt_other": Fault("blockReason OTHER, candidates null", blocked_prompt("OTHER", null=True)),
    "prompt_blocklist": Fault("blockReason BLOCKLIST", blocked_prompt("BLOCKLIST")),
    "prompt_prohibited": Fault(
        "blockReason PROHIBITED_CONTENT, candidates null", blocked_prompt("PROHIBITED_CONTENT", null=True)
    ),
    "prompt_image_safety": Fault("blockReason IMAGE_SAFETY", blocked_prompt("IMAGE_SAFETY")),
    "prompt_unknown": Fault("Unknown reasons must be tolerated", blocked_prompt("WEATHER")),
    # The picture was blocked
    "image_safety": Fault(
        "finishReason IMAGE_SAFETY, content absent", blocked_picture("IMAGE_SAFETY", NO_CONTENT)
    ),
    "image_safety_words": Fault(
        "IMAGE_SAFETY with a finishMessage, content {}",
        blocked_picture("IMAGE_SAFETY", EMPTY_CONTENT, "Unable to show the generated image."),
    ),
    "image_safety_sketch": Fault("IMAGE_SAFETY after a thought with a picture", _sketch_then_stop),
    "image_safety_unflagged": Fault(
        "IMAGE_SAFETY after an interim image that is not flagged", _unflagged_then_stop
    ),
    "prohibited": Fault(
        "finishReason PROHIBITED_CONTENT, content {role}", blocked_picture("PROHIBITED_CONTENT", ROLE_ONLY)
    ),
    "image_prohibited": Fault(
        "finishReason IMAGE_PROHIBITED_CONTENT, parts null",
        blocked_picture("IMAGE_PROHIBITED_CONTENT", NULL_PARTS),
    ),
    "no_image": Fault("finishReason NO_IMAGE, content {}", blocked_picture("NO_IMAGE", EMPTY_CONTENT)),
    "image_other": Fault("finishReason IMAGE_OTHER", blocked_picture("IMAGE_OTHER", NO_CONTENT)),
    "image_recitation": Fault(
        "finishReason IMAGE_RECITATION", blocked_picture("IMAGE_RECITATION", NULL_PARTS)
    ),
    "safety": Fault("finishReason SAFETY", blocked_picture("SAFETY", NO_CONTENT)),
    "recitation": Fault("finishReason RECITATION", blocked_picture("RECITATION", ROLE_ONLY)),
    "language": Fault("finishReason LANGUAGE", blocked_picture("LANGUAGE", NO_CONTENT)),
    "other": Fault("finishReason OTHER", blocked_picture("OTHER", EMPTY_CONTENT)),
    "blocklist": Fault("finishReason BLOCKLIST", blocked_picture("BLOCKLIST", NO_CONTENT)),
    "spii": Fault("finishReason SPII", blocked_picture("SPII", NO_CONTENT)),
    "malformed": Fault("finishReason MALFORMED_RESPONSE", blocked_picture("MALFORMED_RESPONSE", NO_CONTENT)),
    "max_tokens": Fault("finishReason MAX_TOKENS, words only", _no_picture("MAX_TOKENS")),
    "finish_unknown": Fault("Unknown reasons must be tolerated", blocked_picture("WEATHER", NO_CONTENT)),
    # Words, or nothing
    "refused_in_words": Fault("Refusal in words: STOP with text only", parts({"text": SORRY})),
    "echoes_key_in_words": Fault("No key in a log, row or page: in a refusal's words", _key_in_words),
    "echoes_key_everywhere": Fault("The same, in reason, message, version, id and usage", _key_everywhere),
    "nothing": Fault("Nothing: {}", always(Reply.json({}))),
    "thinking_only": Fault("Nothing: thinking only", parts(THINKING)),
    "thought_picture_only": Fault(
        "Nothing: thinking only, a picture among it",
        lambda asked: Reply.json(document(asked, _sketch(thought=True)(asked))),
    ),
    "no_candidates": Fault(
        "Nothing: candidates empty", lambda asked: Reply.json(framed(asked, candidates=[]))
    ),
    "stop_without_parts": Fault("Nothing: STOP, parts null", blocked_picture("STOP", NULL_PARTS)),
}

PICTURES: Mapping[str, Fault] = {
    # A picture that is not the one
    "wrong_ratio": Fault("Reported: wrong aspect ratio", with_picture(wrong_ratio)),
    "smaller": Fault("Reported: 1K returned for 4K", with_picture(smaller)),
    "empty_data": Fault("Reported: empty data", _data("")),
    "null_data": Fault("Reported: empty data, as null", _data(None)),
    "not_base64": Fault("data that is no base64", _data("?" * 20_000)),
    "not_a_picture": Fault("data that is no picture", with_picture(lambda _: b"I am no picture. " * 2000)),
    "half_a_picture": Fault(
        "Reported: truncated, inside sound JSON", with_picture(lambda asked: drawn(asked)[:-2000])
    ),
    "blank": Fault("Blank (issue 3)", with_picture(lambda asked: pictures.blank(*asked.pixels))),
    # The picture, in another shape
    "image_only": Fault("Parts: [image]", _document()),
    "text_image": Fault("Parts: [text, image]", _document({"text": WORDS})),
    "image_text": Fault("Parts: [image, text]", _document(after=({"text": WORDS},))),
    "thought_first": Fault("Interim image flagged thought", _document(THINKING, _sketch(thought=True))),
    "thought_last": Fault(
        "Flagged images are dropped wherever they stand", _document(after=(_sketch(thought=True),))
    ),
    "unflagged_first": Fault("Reported: interim image not flagged", _document(_sketch())),
    "two_sketches_first": Fault(
        "Interim images, flagged and not", _document(_sketch(thought=True), _sketch(), {"text": WORDS})
    ),
    "signed": Fault(
        "thoughtSignature beside a part", _document(after=({"text": "", "thoughtSignature": "c2lnbmVk"},))
    ),
    "rated": Fault(
        "safetyRatings beside a picture",
        _document(
            promptFeedback={
                "safetyRatings": [{"category": "HARM_CATEGORY_HARASSMENT", "probability": "NEGLIGIBLE"}]
            }
        ),
    ),
    "wrong_mime": Fault(
        "The declared mimeType is often wrong: JPEG bytes as image/png",
        with_picture(lambda asked: drawn(asked, "JPEG")),
    ),
    "webp_as_png": Fault("The same with WebP", with_picture(lambda asked: drawn(asked, "WEBP"))),
    "url_safe": Fault("base64 is standard or URL-safe", _url_safe),
    "no_usage": Fault("usageMetadata: record, never assert; here there is none", _document(usageMetadata={})),
    "finish_max_tokens": Fault("MAX_TOKENS after the picture", _document(finish="MAX_TOKENS")),
    "over_30_megabytes": Fault("Reported: body over 30 MB", with_picture(over_30_megabytes)),
    "in_chunks": Fault("A body without a length", by(reply.chunked)),
}
