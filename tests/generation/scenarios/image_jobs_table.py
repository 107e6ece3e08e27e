"""What happens after each fault of the flat job API's stand-in, where all goes well after it.

In three places: where a picture is asked for, where its job is asked for, and where the finished file is
fetched. Only the first costs money.
"""

from collections.abc import Mapping

from tests.generation.scenarios.scenario import (
    INPUTS,
    NOTHING,
    PICTURE,
    Scenario,
    lost,
    makes,
    passes,
    refuses,
    stops,
)
from tests.generation.scenarios.vendor import SCENE, Vendor, unusable

JOBS = Vendor("Image jobs", "image-jobs")


def blocked(*, paid: bool = True) -> Scenario:
    words = (
        "Image jobs would not make this picture. Change the prompt or the photos. "
        "It said: “The prompt is against our rules”."
    )
    cost = INPUTS if paid else NOTHING
    return refuses("blocked_prompt", words, vendor="moderation_blocked", cost=cost)


def not_understood(what: str) -> Scenario:
    words = (
        f"Image jobs answers in a way that it is not set up for here: {what}. An operator can name it in "
        "the provider's options, and resume the provider."
    )
    return stops("not_understood", words, cost=PICTURE)


def not_allowed(host: str) -> Scenario:
    words = (
        f"Image jobs keeps its pictures at “{host}”, where this server fetches nothing from. "
        "If the address is right, an operator can allow it (allow_hosts) and resume the provider."
    )
    return stops("host_not_allowed", words, cost=PICTURE)


def not_fetched() -> Scenario:
    words = "Image jobs made the picture, and it could not be fetched from “{files}”."
    return lost("not_fetched", words, anew=False)


def no_picture(cost: str = "inputs") -> Scenario:
    words = "Image jobs said that it was done, and sent no picture."
    return passes("no_picture", words, cost=PICTURE if cost == "picture" else INPUTS)


def picture() -> Scenario:
    return makes(media_type="image/jpeg", width=1024, height=1024, flags=())


NO_ID = "no usable request_id to ask for it by"

# What an answer says of a finished job, wherever it stands.
ENDED: Mapping[str, Scenario] = {
    "failed": passes(
        "job_failed",
        "Image jobs began the picture and did not finish it. It said: “The worker broke down”.",
        vendor="worker_lost",
        cost=INPUTS,
    ),
    "refused": blocked(),
    "no_outputs": no_picture(),
    "odd_output": not_understood("an output with picture, and with neither url nor base64"),
    "bad_base64": JOBS.bad_answer(),
    "empty_base64": no_picture("picture"),
    "small_base64": unusable("bad_picture_type", "This file is text"),
    "file_url": not_allowed("no address"),
    "private_url": not_allowed("169.254.169.254"),
}

ASKED: Mapping[str, Scenario] = {
    "bad_input": JOBS.bad_input(SCENE, "Unsupported MIME type of reference_image", "bad_image"),
    "blocked": blocked(paid=False),
    "too_large": JOBS.too_large("Request Entity Too Large"),
    "bad_key": JOBS.key_refused(401, "Incorrect API key provided", "invalid_api_key"),
    "forbidden": JOBS.key_refused(403, "Your account may not use this", "forbidden"),
    "no_credit": JOBS.no_credit(402, "Your balance is 0", "insufficient_credit"),
    "no_model": JOBS.model_unknown("There is no such model", "model_not_found"),
    "moved": JOBS.moved(307, "Gone elsewhere", "moved"),
    "slow_down": JOBS.too_many("Too many requests", wait=7, vendor="rate_limit"),
    "time_out": JOBS.out_of_time("Request Timeout"),
    "broken": JOBS.overloaded(500, "Something broke", "internal"),
    "bad_gateway": JOBS.overloaded(502, "Bad Gateway"),
    "overloaded": JOBS.overloaded(503, "All workers are busy", "overloaded"),
    "gateway_time_out": JOBS.overloaded(504, "Gateway Timeout"),
    "reset": JOBS.connection_lost(),
    "silent": JOBS.no_answer(),
    "trickle": JOBS.too_slow(),
    "reset_in_body": JOBS.cut_off(),
    "cut_off": JOBS.cut_off(),
    "web_page": JOBS.bad_answer(),
    "empty": JOBS.bad_answer(),
    "array": JOBS.bad_answer(),
    # A job that nobody could ask for again would be paid each time: an operator must look first.
    "no_id": not_understood(NO_ID),
    "bad_id": not_understood(NO_ID),
    "long_id": not_understood(NO_ID),
    "odd_status": picture(),  # an unknown status is a job at work, and is asked for
    **ENDED,
}

POLLED: Mapping[str, Scenario] = {
    # The account or the address is broken: the job waits where it is, paid
    "bad_key": JOBS.key_refused(401, "Incorrect API key provided", "invalid_api_key").costs(PICTURE),
    "forbidden": JOBS.key_refused(403, "Your account may not use this", "forbidden").costs(PICTURE),
    "no_credit": JOBS.no_credit(402, "Your balance is 0", "insufficient_credit").costs(PICTURE),
    "moved": JOBS.moved(307, "Gone elsewhere", "moved").costs(PICTURE),
    # The job is gone
    "no_model": passes(
        "job_lost",
        "Image jobs no longer knows the job.",
        cost=PICTURE,
    ),
    # A look that fails says nothing about the job: it is looked at again
    **dict.fromkeys(
        (
            "bad_input",
            "blocked",
            "too_large",
            "slow_down",
            "time_out",
            "broken",
            "bad_gateway",
            "overloaded",
            "gateway_time_out",
            "reset",
            "reset_in_body",
            "cut_off",
            "silent",
            "trickle",
            "web_page",
            "empty",
            "array",
            "no_id",
            "bad_id",
            "long_id",
            "odd_status",
        ),
        picture(),
    ),
    **ENDED,
}

FETCHED: Mapping[str, Scenario] = {
    # In all three tries of one call: then the same job is asked for again, and nothing is paid anew
    "gone": not_fetched(),
    "expired": not_fetched(),
    "broken": not_fetched(),
    "web_page": not_fetched(),
    "reset": not_fetched(),
    "cut_off": not_fetched(),
    "silent": not_fetched(),
    "trickle": not_fetched(),
    "moved": picture(),  # a redirect to a host that is allowed
    "to_private": not_allowed("{files}"),
    "to_file": not_allowed("{files}"),
}
