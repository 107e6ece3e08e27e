"""Answers that hold our own key or picture, wherever a vendor's answer has room for words."""

import base64
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from tests.generation.scenarios.canaries import KEY
from tests.standins.gemini import Fault
from tests.standins.gemini.answers import drawn, image
from tests.standins.gemini.errors import RPC, gateway, google, html
from tests.standins.gemini.fault import always
from tests.standins.gemini.reply import Reply
from tests.standins.gemini.rules import Asked

PERCENT = quote(KEY, safe="")
IN_LOWER_CASE = re.sub("%..", lambda found: found[0].lower(), PERCENT)


def _picture(asked: Asked, *, url_safe: bool = False, wrapped: bool = False) -> str:
    data = asked.pictures[0].data
    text = (base64.urlsafe_b64encode if url_safe else base64.b64encode)(data).decode()
    return "\n".join(text[at : at + 76] for at in range(0, len(text), 76)) if wrapped else text


def _error(words: str, *details: dict[str, Any], status: int = 400) -> Fault:
    return Fault("canary", always(google(status, "INVALID_ARGUMENT", words, *details)))


def _sent_back(**how: bool) -> Fault:
    return Fault(
        "canary", lambda asked: google(400, "INVALID_ARGUMENT", f"Bad image {_picture(asked, **how)}.")
    )


def _says(**answer: Any) -> Fault:
    return Fault("canary", always(Reply.json(answer)))


def _with_picture_in_words(asked: Asked) -> Reply:
    words = f"I was given {_picture(asked)} with {KEY}."
    candidate = {"content": {"parts": [{"text": words}]}, "finishReason": "IMAGE_OTHER"}
    return Reply.json({"candidates": [candidate]})


def _made_with_key_beside(asked: Asked) -> Reply:
    candidate = {"content": {"parts": [image(drawn(asked)), {"text": KEY}]}, "finishReason": KEY}
    about = {"modelVersion": KEY, "responseId": PERCENT, "usageMetadata": {"key": KEY, KEY: [KEY, {KEY: 1}]}}
    return Reply.json({"candidates": [candidate], **about})


ANSWERS: Mapping[str, Fault] = {
    "raw": _error(f"No access with {KEY}."),
    "percent": _error(f"No access to https://host/v1?key={PERCENT}&x=1"),
    "percent_in_lower_case": _error(f"No access to https://host/v1?secret={IN_LOWER_CASE}"),
    "authorization": _error(f"Header was Authorization: Bearer {KEY}"),
    "x_goog_api_key": _error(f"Headers: {{'x-goog-api-key': '{KEY}'}}"),
    "broken_in_two": _error(f"No access with {KEY[:9]}\n{KEY[9:]}."),
    "cut_short": _error("No access with " + KEY[:-4]),
    "in_json": _error(json.dumps({"key": KEY})),
    "with_escaped_slashes": _error("No access with " + KEY.replace("/", "\\/")),
    "as_status": Fault("canary", always(google(400, KEY, "Bad request"))),
    "as_code": Fault("canary", always(gateway(400, "Bad request", KEY))),
    "as_reason": _error("Bad request", {"@type": f"{RPC}ErrorInfo", "reason": KEY}),
    "as_wait": Fault("canary", always(gateway(429, "Too many", "rate_limit", **{"Retry-After": KEY}))),
    "as_quota": _error("Too many", {"violations": [{"quotaId": f"PerDay{KEY}"}]}, status=429),
    "as_address": Fault(
        "canary",
        always(Reply(status=302, headers={"Location": f"http://127.0.0.1:9/?key={PERCENT}"})),
    ),
    "in_a_page": Fault("canary", always(html(502, f"Bad gateway for {KEY}"))),
    "in_a_page_that_is_well": Fault("canary", always(Reply(body=f"<h1>{KEY}</h1>".encode()))),
    "in_no_json": Fault("canary", always(Reply(body=f'{{"error": "{KEY}'.encode()))),
    "in_a_header": Fault("canary", always(Reply(status=500, headers={"X-Debug": KEY, KEY[:6]: KEY}))),
    "picture": _sent_back(),
    "picture_url_safe": _sent_back(url_safe=True),
    "picture_in_lines": _sent_back(wrapped=True),
    "picture_and_key_in_a_refusal": Fault("canary", _with_picture_in_words),
    "prompt_block": _says(promptFeedback={"blockReason": KEY, "blockReasonMessage": KEY}),
    "finish": _says(candidates=[{"finishReason": KEY, "finishMessage": f"Bearer {KEY}"}]),
    "beside_a_picture": Fault("canary", _made_with_key_beside),
    "bare": _says(**{KEY: KEY, "error": KEY}),
}


JOB_ANSWERS = ("id", "status", "error", "output", "host", "query", "base64")


def job_answer(name: str, files: str) -> Mapping[str, Any]:
    """What the flat job API may answer with our key in it. files: a host from which pictures are fetched."""
    done: dict[str, Any] = {"status": "succeeded"}
    answers: Mapping[str, Mapping[str, Any]] = {
        "id": {"request_id": KEY, "status": "queued"},
        "status": {"request_id": "job-1", "status": KEY},
        "error": {"status": "failed", "error": {"code": KEY, "message": f"?key={PERCENT}"}},
        "output": {**done, "outputs": [{KEY: KEY}]},
        "host": {**done, "outputs": [{"url": f"https://{PERCENT}.example.com/"}]},
        "query": {**done, "outputs": [{"url": f"{files}/1024x1024/job-1.jpg?key={PERCENT}"}]},
        "base64": {**done, "outputs": [{"base64": KEY}]},
    }
    return answers[name]
