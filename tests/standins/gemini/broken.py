"""Errors, and lines that break."""

import base64
import json
from collections.abc import Mapping
from dataclasses import replace
from email.utils import formatdate
from time import time

from tests.standins.gemini import reply
from tests.standins.gemini.answers import Answer
from tests.standins.gemini.errors import RPC, gateway, google, html, quota_failure, retry_info, too_many
from tests.standins.gemini.fault import Fault, always, by
from tests.standins.gemini.reply import Reply
from tests.standins.gemini.rules import Asked


def _echo(asked: Asked) -> Reply:
    """The start of what was sent, in the error's words."""
    media_type, data = "image/png", bytes(3000)
    if asked.pictures:
        media_type, data = asked.pictures[0].media_type, asked.pictures[0].data[:3000]
    sent = f"data:{media_type};base64,{base64.b64encode(data).decode()}"
    return google(400, INVALID, f"Unable to process input image: {sent}")


def _echo_key(asked: Asked) -> Reply:
    return google(400, INVALID, f"Bad request to ?key={asked.key} with x-goog-api-key: {asked.key}")


def _too_many_until(_: Asked) -> Reply:
    moment = formatdate(time() + 20, usegmt=True)
    return gateway(429, "Too many requests", "rate_limit", **{"Retry-After": moment})


def stored(text: bytes) -> Answer:
    """This body, with status 200, as if it were JSON."""
    return always(Reply(body=text, headers={"Content-Type": "application/json"}))


BAD_IMAGE = "Unable to process input image. Please retry or report in troubleshooting."
BAD_KEY = {"@type": f"{RPC}ErrorInfo", "reason": "API_KEY_INVALID", "domain": "googleapis.com"}
LOCATION = "User location is not supported for the API use."
BILLING = "Image generation is available with billing enabled only. Please enable billing."
CREDIT = "Your prepaid credits are depleted. Please go to AI Studio to manage your project and billing."
DAY = "GenerateRequestsPerDayPerProjectPerModel"
MINUTE = "GenerateRequestsPerMinutePerProjectPerModel"
OVERLOADED = "The model is overloaded. Please try again later."
LATE = "Deadline expired before operation could complete."
INVALID = "INVALID_ARGUMENT"

ERRORS: Mapping[str, Fault] = {
    # 400, permanent for these inputs
    "bad_input_image": Fault("400: Unable to process input image", always(google(400, INVALID, BAD_IMAGE))),
    "unsupported_mime": Fault(
        "400: Unsupported MIME type", always(google(400, INVALID, "Unsupported MIME type: image/webp"))
    ),
    "bad_ratio": Fault("400: bad ratio", always(google(400, INVALID, "Invalid aspect ratio: 4:5"))),
    "bad_request_gateway": Fault(
        "400 in the gateway's shape",
        always(gateway(400, "Unsupported MIME type: image/webp", "bad_request")),
    ),
    "echoes_picture": Fault("No base64 in a log, row or page: the vendor sends ours back", _echo),
    "echoes_key": Fault("No key in a log, row or page: the vendor sends ours back", _echo_key),
    # The account or the model is broken
    "key_invalid": Fault(
        "400: Google's answer to a bad key, reason API_KEY_INVALID",
        always(google(400, INVALID, "API key not valid. Please pass a valid API key.", BAD_KEY)),
    ),
    "region": Fault("400 FAILED_PRECONDITION: region", always(google(400, "FAILED_PRECONDITION", LOCATION))),
    "billing": Fault("400 FAILED_PRECONDITION: billing", always(google(400, "FAILED_PRECONDITION", BILLING))),
    "credit_gone": Fault(
        "400 FAILED_PRECONDITION: prepaid credit gone", always(google(400, "FAILED_PRECONDITION", CREDIT))
    ),
    "credit_gone_gateway": Fault(
        "402", always(gateway(402, "Insufficient balance. Please top up.", "insufficient_balance"))
    ),
    "key_401": Fault("401: key refused", always(gateway(401, "Invalid token", "invalid_api_key"))),
    "key_403": Fault(
        "403: key refused", always(google(403, "PERMISSION_DENIED", "Your API key was reported as leaked."))
    ),
    "model_gone": Fault(
        "404: model not found, Google's shape",
        always(google(404, "NOT_FOUND", "models/gemini-3-pro-image-preview is not found for v1beta.")),
    ),
    "model_gone_gateway": Fault(
        "404: model not found, gateway's shape",
        always(gateway(404, "The model does not exist or you lack access.", "model_not_found")),
    ),
    "model_gone_html": Fault("404 as a proxy's HTML", always(html(404, "Not Found"))),
    "moved": Fault(
        "No fact: a host that has moved. A redirect must not be followed with a key",
        always(replace(html(308, "Permanent Redirect"), headers={"Location": "http://127.0.0.1:9/v1beta"})),
    ),
    # 413
    "too_large": Fault("413: gateways", always(gateway(413, "Request entity too large", "too_large"))),
    "too_large_html": Fault("413 as a proxy's HTML", always(html(413, "Request Entity Too Large"))),
    # 429
    "too_many": Fault('429: RetryInfo "26s"', always(too_many(retry_info("26s"), quota_failure(MINUTE)))),
    "too_many_fraction": Fault(
        '429: RetryInfo "45.837906927s"', always(too_many(retry_info("45.837906927s")))
    ),
    "too_many_today": Fault(
        "429: quotaId with PerDay, no retry today",
        always(too_many(quota_failure(DAY), retry_info("26s"))),
    ),
    "too_many_gateway": Fault(
        "429: Retry-After in seconds",
        always(gateway(429, "Too many requests", "rate_limit", **{"Retry-After": "7"})),
    ),
    "too_many_gateway_date": Fault("429: Retry-After as a date, HTTP's other form", _too_many_until),
    "too_many_untold": Fault("429 that tells no wait", always(too_many())),
    "too_many_html": Fault("429 as a proxy's HTML", always(html(429, "Too Many Requests"))),
    # Overload and faults
    "request_time_out": Fault("408", always(html(408, "Request Time-out"))),
    "internal": Fault("500", always(google(500, "INTERNAL", "An internal error has occurred."))),
    "internal_empty": Fault("500 without a body", always(Reply(status=500))),
    "internal_rubbish": Fault(
        "500 with JSON that is no error", always(Reply.json([None, {"error": 7}], status=500))
    ),
    "bad_gateway": Fault("502 as a proxy's HTML", always(html(502, "Bad Gateway"))),
    "overloaded": Fault("503", always(google(503, "UNAVAILABLE", OVERLOADED))),
    "overloaded_array": Fault(
        "503, the error inside a one-element array",
        always(google(503, "UNAVAILABLE", OVERLOADED, array=True)),
    ),
    "overloaded_gateway": Fault(
        "503 in the gateway's shape, code a string", always(gateway(503, "No channel available", "503"))
    ),
    "deadline": Fault("504", always(google(504, "DEADLINE_EXCEEDED", LATE))),
    "gateway_time_out": Fault("504 as a proxy's HTML", always(html(504, "Gateway Time-out"))),
}

TRANSPORT: Mapping[str, Fault] = {
    "silent": Fault("Read time-out: nothing ever comes", by(reply.silent)),
    "closed_before": Fault("Transport fault: closed without an answer", by(reply.closed_before)),
    "reset_before": Fault("Reset before the answer", by(reply.reset_before)),
    "reset_in_body": Fault("Reported: connection reset in mid-body", by(reply.reset_in_body)),
    "cut": Fault("Reported: truncated body, a length told", by(reply.cut)),
    "cut_in_chunks": Fault("Reported: truncated body, in chunks", by(reply.cut_in_chunks)),
    "cut_but_said_whole": Fault(
        "Reported: truncated body, with the length of what is left", by(reply.cut_but_said_whole)
    ),
    "trickle": Fault("A read time-out that one byte at a time would never reach", by(reply.trickle)),
    "trickle_in_head": Fault("The same, in the headers", by(reply.trickle_in_head)),
    "html_page": Fault(
        "A proxy's HTML with status 200", always(replace(html(502, "Bad Gateway"), status=200))
    ),
    "empty_body": Fault("Truncated body: nothing left of it, status 200", stored(b"")),
    "json_null": Fault("A 200 that is JSON and no answer", stored(b"null")),
    "json_list": Fault("A 200 that is JSON and no answer: an array", stored(json.dumps([[], {}]).encode())),
}
