"""What happens after each fault of the stand-in of OpenAI's images/edits, where all goes well after it."""

from collections.abc import Mapping

from tests.generation.scenarios.scenario import INPUTS, NOTHING, Scenario, makes, passes, refuses
from tests.generation.scenarios.vendor import EITHER, Vendor

OPENAI = Vendor("OpenAI", "gpt-image-2")


def no_picture() -> Scenario:
    words = "OpenAI sent an answer without a picture."
    return passes("no_picture", words, cost=INPUTS)


def picture() -> Scenario:
    return makes(media_type="image/png", width=1024, height=1024, flags=())


FAULTS: Mapping[str, Scenario] = {
    "blocked": refuses(
        "blocked_prompt",
        "OpenAI stopped before drawing: its moderation does not allow the prompt or the pictures. "
        "It said: “Your request was rejected by the safety system. safety_violations=[violence]”. "
        "Change the prompt, or use other pictures.",
        vendor="moderation_blocked",
        cost=NOTHING,
    ),
    "bad_image": OPENAI.bad_input(EITHER, "Invalid image file or mode for image 2", "invalid_image_file"),
    "too_large": OPENAI.too_large("Request Entity Too Large"),
    "key_refused": OPENAI.key_refused(401, "Incorrect API key provided", "invalid_api_key"),
    "forbidden": OPENAI.key_refused(403, "Your organization must be verified to use this model", "forbidden"),
    "no_credit": OPENAI.no_credit(402, "Your balance is 0", "insufficient_balance"),
    "model_gone": OPENAI.model_unknown("The model 'gpt-image-2' does not exist", "model_not_found"),
    "moved": OPENAI.moved(308, "Permanent Redirect"),
    "slow_down": OPENAI.too_many("Rate limit reached for images", wait=12, vendor="rate_limit_exceeded"),
    "time_out": OPENAI.out_of_time("The request took too long", "timeout"),
    "broken": OPENAI.overloaded(500, "The server had an error", "server_error"),
    "bad_gateway": OPENAI.overloaded(502, "Bad Gateway"),
    "overloaded": OPENAI.overloaded(503, "The engine is overloaded", "overloaded"),
    "gateway_time_out": OPENAI.overloaded(504, "Gateway Time-out"),
    "reset": OPENAI.connection_lost(),
    "silent": OPENAI.no_answer(),
    "trickle": OPENAI.too_slow(),
    "reset_in_body": OPENAI.cut_off(),
    "cut_off": OPENAI.cut_off(),
    "web_page": OPENAI.bad_answer(),
    "null": OPENAI.bad_answer(),
}

ODD: Mapping[str, Scenario] = {
    "no_data": no_picture(),
    "null_data": no_picture(),
    "empty_data": no_picture(),
    "odd_data": no_picture(),
    "empty_base64": no_picture(),
    "null_base64": no_picture(),
    "an_address": no_picture(),
    "bad_base64": OPENAI.bad_answer(),
    "no_usage": picture(),
    "odd_usage": picture(),
    "other_size": picture(),  # a square, which is what is asked for here
    "echo": OPENAI.bad_input(EITHER, "Invalid image with Bearer […]: […]", "invalid_image_file"),
}

SCENARIOS: Mapping[str, Scenario] = {**FAULTS, **ODD}
