"""What happens after each fault of Gemini's stand-in, where all goes well after it.

Read it as: the first call meets the fault; then the picture comes, waits for a person, or has ended.
"""

from collections.abc import Mapping
from typing import Any

from tests.generation.scenarios.scenario import (
    INPUTS,
    MIDNIGHT,
    PICTURE,
    Scenario,
    makes,
    passes,
    refuses,
    refuses_once,
    slows,
)
from tests.generation.scenarios.vendor import EITHER, SCENE, Vendor, unusable

GATE = Vendor("Wisdom Gate", "gemini-3-pro-image")
QUOTA = "You exceeded your current quota, please check your plan and billing details"
EXHAUSTED = "RESOURCE_EXHAUSTED"
INVALID = "INVALID_ARGUMENT"
PRECONDITION = "FAILED_PRECONDITION"


# Of these faults there are several, which differ in the vendor's words.


def prompt_blocked(reason: str, why: str, helps: str) -> Scenario:
    return refuses("blocked_prompt", f"Wisdom Gate stopped before drawing: {why}. {helps}", vendor=reason)


def held_back(reason: str, why: str, helps: str) -> Scenario:
    return refuses("blocked_picture", f"Wisdom Gate held its picture back: {why}. {helps}", vendor=reason)


def held_back_for_safety(said: str = "") -> Scenario:
    words = f"Wisdom Gate held its picture back: it did not pass its own safety check.{said}"
    helps = "Ask again: the same often passes."
    return refuses_once("blocked_picture", f"{words} {helps}", vendor="IMAGE_SAFETY")


def no_picture(reason: str, why: str) -> Scenario:
    words = f"Wisdom Gate sent no picture: {why}. Ask again, or change the prompt."
    return refuses("no_picture", words, vendor=reason)


def words_only(said: str) -> Scenario:
    helps = "Change the prompt, or use other pictures."
    words = f"Wisdom Gate answered in words only. It said: “{said}”. {helps}"
    return refuses("refused_in_words", words, vendor="STOP")


def empty(vendor: str = "") -> Scenario:
    words = "Wisdom Gate sent an empty answer: no picture and no reason."
    return passes("no_picture", words, vendor=vendor, cost=INPUTS)


def bad_picture(what: str) -> Scenario:
    words = f"Wisdom Gate sent a picture {what}."
    return passes("bad_answer", words, vendor="STOP", cost=PICTURE)


def picture(*flags: str, **output: Any) -> Scenario:
    whole = {"media_type": "image/png", "width": 1024, "height": 1024, **output}
    return makes(vendor=str(whole.pop("reason", "STOP")), flags=flags, **whole)


ERRORS: Mapping[str, Scenario] = {
    # 400: permanent for these inputs
    "bad_input_image": GATE.bad_input(
        EITHER, "Unable to process input image. Please retry or report in troubleshooting", INVALID
    ),
    "unsupported_mime": GATE.bad_input(SCENE, "Unsupported MIME type: image/webp", INVALID),
    "bad_request_gateway": GATE.bad_input(SCENE, "Unsupported MIME type: image/webp", "bad_request"),
    "echoes_picture": GATE.bad_input(EITHER, "Unable to process input image: […]", INVALID),
    "bad_ratio": GATE.bad_request("Invalid aspect ratio: 4:5", INVALID),
    "echoes_key": GATE.bad_request("Bad request to […] with […]", INVALID),
    # 401 to 404, and Google's 400s: the account or the model is broken
    "key_invalid": GATE.key_refused(400, "API key not valid. Please pass a valid API key", INVALID),
    "key_401": GATE.key_refused(401, "Invalid token", "invalid_api_key"),
    "key_403": GATE.key_refused(403, "Your API key was reported as leaked", "PERMISSION_DENIED"),
    "region": GATE.no_credit(400, "User location is not supported for the API use", PRECONDITION),
    "billing": GATE.no_credit(
        400, "Image generation is available with billing enabled only. Please enable billing", PRECONDITION
    ),
    "credit_gone": GATE.no_credit(
        400,
        "Your prepaid credits are depleted. Please go to AI Studio to manage your project and billing",
        PRECONDITION,
    ),
    "credit_gone_gateway": GATE.no_credit(402, "Insufficient balance. Please top up", "insufficient_balance"),
    "model_gone": GATE.model_unknown(
        "models/gemini-3-pro-image-preview is not found for v1beta", "NOT_FOUND"
    ),
    "model_gone_gateway": GATE.model_unknown(
        "The model does not exist or you lack access", "model_not_found"
    ),
    "model_gone_html": GATE.model_unknown("404 Not Found"),
    "moved": GATE.moved(308, "308 Permanent Redirect"),
    # 413
    "too_large": GATE.too_large("Request entity too large", "too_large"),
    "too_large_html": GATE.too_large("413 Request Entity Too Large"),
    # 429: as told, else a short wait
    "too_many": GATE.too_many(QUOTA, wait=26, vendor=EXHAUSTED),
    "too_many_fraction": GATE.too_many(QUOTA, wait=45.8, vendor=EXHAUSTED),
    "too_many_today": slows(
        "quota_used_up",
        "Today's quota at Wisdom Gate is used up; there is more after midnight in US Pacific time. "
        f"It said: “{QUOTA}”.",
        wait=MIDNIGHT,
        vendor=EXHAUSTED,
    ),
    "too_many_gateway": GATE.too_many("Too many requests", wait=7, vendor="rate_limit"),
    "too_many_gateway_date": GATE.too_many("Too many requests", wait=20, vendor="rate_limit"),
    "too_many_untold": GATE.too_many(QUOTA, wait=5, vendor=EXHAUSTED),
    "too_many_html": GATE.too_many("429 Too Many Requests", wait=5),
    # 408 and 5xx
    "request_time_out": GATE.out_of_time("408 Request Time-out"),
    "internal": GATE.overloaded(500, "An internal error has occurred", "INTERNAL"),
    "internal_empty": GATE.overloaded(500),
    "internal_rubbish": GATE.overloaded(500),
    "bad_gateway": GATE.overloaded(502, "502 Bad Gateway"),
    "overloaded": GATE.overloaded(503, "The model is overloaded. Please try again later", "UNAVAILABLE"),
    "overloaded_array": GATE.overloaded(
        503, "The model is overloaded. Please try again later", "UNAVAILABLE"
    ),
    "overloaded_gateway": GATE.overloaded(503, "No channel available", "gateway_error"),
    "deadline": GATE.overloaded(504, "Deadline expired before operation could complete", "DEADLINE_EXCEEDED"),
    "gateway_time_out": GATE.overloaded(504, "504 Gateway Time-out"),
}

TRANSPORT: Mapping[str, Scenario] = {
    # No answer: nobody knows
    "silent": GATE.no_answer(),
    "trickle_in_head": GATE.no_answer(),
    "closed_before": GATE.connection_lost(),
    "reset_before": GATE.connection_lost(),
    # A good status, and then half of it: it was made, and is paid
    "trickle": GATE.too_slow(),
    "reset_in_body": GATE.cut_off(),
    "cut": GATE.cut_off(),
    "cut_in_chunks": GATE.cut_off(),
    "cut_but_said_whole": GATE.cut_off(),
    # A good status, and rubbish: somebody made something
    "html_page": GATE.bad_answer(),
    "empty_body": GATE.bad_answer(),
    "json_null": GATE.bad_answer(),
    "json_list": GATE.bad_answer(),
}

NOTHING_MADE: Mapping[str, Scenario] = {
    # The prompt was blocked: nobody asks again
    "prompt_safety": prompt_blocked(
        "SAFETY", "it finds the words or the pictures unsafe", "Change the prompt, or use other pictures."
    ),
    "prompt_other": prompt_blocked(
        "OTHER", "it does not say why", "Change the prompt, or use other pictures."
    ),
    "prompt_blocklist": prompt_blocked(
        "BLOCKLIST",
        "a word in the prompt is on its list of forbidden words",
        "Word the prompt differently.",
    ),
    "prompt_prohibited": prompt_blocked(
        "PROHIBITED_CONTENT",
        "it takes the content for forbidden",
        "Use other pictures, or change the prompt.",
    ),
    "prompt_image_safety": prompt_blocked(
        "IMAGE_SAFETY", "it finds one of the pictures unsafe", "Use another photo or another scene."
    ),
    "prompt_unknown": prompt_blocked(
        "WEATHER", "its reason is WEATHER", "Change the prompt, or use other pictures."
    ),
    # Its picture was blocked: after IMAGE_SAFETY, and after nothing else, one more try
    "image_safety": held_back_for_safety(),
    "image_safety_words": held_back_for_safety(" It said: “Unable to show the generated image”."),
    "image_safety_sketch": held_back_for_safety(),
    "image_safety_unflagged": held_back_for_safety(),
    "prohibited": held_back(
        "PROHIBITED_CONTENT",
        "it takes the content for forbidden",
        "Change the prompt, or use other pictures.",
    ),
    "image_prohibited": held_back(
        "IMAGE_PROHIBITED_CONTENT", "it shows what is forbidden", "Change the prompt, or use other pictures."
    ),
    "image_recitation": held_back(
        "IMAGE_RECITATION",
        "it is too close to a picture that exists",
        "Change the prompt or the scene.",
    ),
    "safety": held_back(
        "SAFETY", "it did not pass its own safety check", "Change the prompt, or use other pictures."
    ),
    "recitation": held_back(
        "RECITATION", "it is too close to what exists", "Change the prompt or the scene."
    ),
    "language": held_back(
        "LANGUAGE", "it does not know the prompt's language", "Write the prompt in English."
    ),
    "blocklist": held_back("BLOCKLIST", "it has to do with a forbidden word", "Word the prompt differently."),
    "spii": held_back(
        "SPII",
        "it may show somebody's personal data",
        "Take names, numbers and papers out of the pictures.",
    ),
    # It made none, and says so
    "no_image": no_picture("NO_IMAGE", "the model made none"),
    "image_other": no_picture("IMAGE_OTHER", "it does not say why"),
    "other": no_picture("OTHER", "it does not say why"),
    "malformed": no_picture("MALFORMED_RESPONSE", "what the model made could not be read"),
    "max_tokens": no_picture(
        "MAX_TOKENS", "it ran out of room before the picture. It said: “Here is your picture”"
    ),
    "finish_unknown": no_picture("WEATHER", "its reason is WEATHER"),
    "echoes_key_everywhere": no_picture("[…]", "its reason is […]. It said: “Stopped: […]”"),
    "refused_in_words": words_only("I can't draw that person, but I'd gladly draw the bottle alone"),
    "echoes_key_in_words": words_only("I can't use […] for that"),
    # It says nothing
    "nothing": empty(),
    "thinking_only": empty("STOP"),
    "thought_picture_only": empty("STOP"),
    "no_candidates": empty(),
    "stop_without_parts": empty("STOP"),
}

PICTURES: Mapping[str, Scenario] = {
    # Not as asked for: kept, paid, and people are told
    "wrong_ratio": picture("wrong_ratio", "too_small", height=819),
    "smaller": picture("too_small", width=512, height=512),
    # No use: paid, and tried again
    "empty_data": bad_picture("without content"),
    "null_data": bad_picture("that can't be read"),
    "not_base64": bad_picture("that can't be read"),
    "not_a_picture": unusable("bad_picture_type", "This file is text", "STOP"),
    "half_a_picture": unusable("bad_picture_structure", "This PNG is damaged: it ends too early", "STOP"),
    "blank": unusable("bad_picture_blank", "It is all of one colour", "STOP"),
    # All is well, in another shape
    "image_only": picture(),
    "text_image": picture(),
    "image_text": picture(),
    "thought_first": picture(),
    "thought_last": picture(),
    "unflagged_first": picture(),
    "two_sketches_first": picture(),
    "signed": picture(),
    "rated": picture(),
    "wrong_mime": picture(media_type="image/jpeg"),
    "webp_as_png": picture(media_type="image/webp"),
    "url_safe": picture(),
    "no_usage": picture(),
    "finish_max_tokens": picture(reason="MAX_TOKENS"),
    "over_30_megabytes": picture(),
    "in_chunks": picture(),
}

SCENARIOS: Mapping[str, Scenario] = {**ERRORS, **TRANSPORT, **NOTHING_MADE, **PICTURES}
