"""What an answer means: for the work, for the money, and what is kept of it."""

from decimal import Decimal
from typing import Any, BinaryIO

import pytest

from generation.models import Attempt, Generation
from generation.providers.base import Job, Made, PictureRequest, Provider, Result, TryLater
from generation.queueing import put_back
from tests.factories import picture_bytes
from tests.generation.scripts import costs, outcomes, use, wanted, work_on, work_on_when_due

pytestmark = pytest.mark.django_db
SAFETY = {"do": "refuse", "code": "blocked_picture", "words": "Held back.", "may_pass": True}
NO_ANSWER = {"do": "later", "code": "time_out", "words": "No answer came in 300 s.", "unknown": True}


def wait_is_told(generation: Generation) -> bool:
    return generation.retry_at is not None


def test_it_tries_once_more_what_may_pass(settings: Any) -> None:
    use(settings, SAFETY, {"do": "picture"})
    generation = wanted()
    assert (work_on(generation), wait_is_told(generation)) == ("queued", True)
    assert work_on_when_due(generation) == "succeeded"
    assert outcomes(generation) == ["refused", "picture"]


def test_it_is_refused_when_it_did_not_pass_twice(settings: Any) -> None:
    use(settings, SAFETY)
    generation = wanted()
    work_on(generation)
    assert work_on_when_due(generation) == "refused"
    assert (generation.failure_code, generation.failure_words) == ("blocked_picture", "Held back.")
    assert outcomes(generation) == ["refused", "refused"]
    assert work_on_when_due(generation) == "refused"
    assert len(outcomes(generation)) == 2


def test_it_looks_past_a_fault_between_two_refusals(settings: Any) -> None:
    use(settings, SAFETY, {"do": "later"}, {"do": "stop"}, SAFETY, {"do": "picture"})
    generation = wanted()
    for _ in range(2):
        assert work_on_when_due(generation) == "queued"
    from generation.provider_accounts import resume

    work_on_when_due(generation)
    resume("fake", by=None)
    assert work_on_when_due(generation) == "refused"
    assert outcomes(generation) == ["refused", "later", "stopped", "refused"]


def test_it_may_pass_again_once_somebody_asks_again(settings: Any) -> None:
    use(settings, SAFETY, SAFETY, SAFETY, {"do": "picture"})
    generation = wanted()
    work_on(generation)
    assert work_on_when_due(generation) == "refused"
    put_back(generation, None, send=False)
    assert work_on(generation) == "queued"
    assert work_on_when_due(generation) == "succeeded"
    assert outcomes(generation) == ["refused", "refused", "refused", "picture"]


def test_it_does_not_try_past_the_last_try(settings: Any) -> None:
    settings.BRANDKIT_MAX_ATTEMPTS = 1
    use(settings, SAFETY, {"do": "picture"})
    generation = wanted()
    assert work_on(generation) == "refused"
    assert outcomes(generation) == ["refused"]


def test_it_counts_an_answer_that_never_came_as_spent(settings: Any) -> None:
    use(settings, NO_ANSWER, {"do": "picture"})
    generation = wanted()
    assert work_on(generation) == "queued"
    attempt = generation.attempts.get()
    assert (attempt.outcome, attempt.code, attempt.words) == ("unknown", "time_out", NO_ANSWER["words"])
    assert attempt.seconds is not None
    assert work_on_when_due(generation) == "succeeded"
    assert (outcomes(generation), costs(generation)) == (["unknown", "picture"], ["0.01000", "0.01000"])


@pytest.mark.parametrize("step", [NO_ANSWER, {"do": "raise"}])
def test_it_holds_what_nobody_knows_where_the_operator_says_so(settings: Any, step: dict[str, Any]) -> None:
    settings.BRANDKIT_UNKNOWN_OUTCOME = "hold"
    use(settings, step, {"do": "picture"})
    generation = wanted()
    assert work_on(generation) == "failed"
    what = "No answer came in 300 s." if step is NO_ANSWER else "Fake broke off (RuntimeError)."
    assert (generation.failure_code, generation.failure_words) == (
        "outcome_unknown",
        f"{what} So it is not known whether a picture was made and paid for. Ask again to have it made anew.",
    )
    assert (outcomes(generation), costs(generation)) == (["unknown"], ["0.01000"])


def test_it_does_not_hold_a_fault_that_is_known(settings: Any) -> None:
    settings.BRANDKIT_UNKNOWN_OUTCOME = "hold"
    use(settings, {"do": "later"}, {"do": "picture"})
    generation = wanted()
    assert (work_on(generation), work_on_when_due(generation)) == ("queued", "succeeded")


FACTS: dict[str, Any] = {
    "cost": Decimal("0.134"),
    "http_status": 503,
    "bytes_received": 5_000_000_000,
    "model_version": "v" * 100,
    "response_id": "r" * 500,
    "vendor_code": "c" * 500,
    "vendor_words": "Over\x00loaded \ud83d.",
    "usage": {"tokens": [1120, float("nan"), None], "odd\x00name": ("a\x00b", 1.5, True)},
    "parameters": {"seed": 7, "other": {"deep": "\x00"}},
}


class Odd(Provider):
    """Answers with facts that a database would not take."""

    name = "Odd"
    model = "odd-1"

    def make(self, request: PictureRequest, sink: BinaryIO, job: Job) -> Result:
        if self.options.get("model") == "later":
            return TryLater(code="x" * 99, words="Later\x00.", step="s" * 99, **FACTS)
        sink.write(picture_bytes())
        return Made(notes=("made\x00",), **FACTS)


def odd(settings: Any, **options: Any) -> Generation:
    settings.BRANDKIT_PROVIDERS = {"fake": {"BACKEND": f"{__name__}.Odd", "OPTIONS": options}}
    return wanted()


def test_it_keeps_every_fact_and_loses_no_picture_over_one(settings: Any) -> None:
    generation = odd(settings)
    assert work_on(generation) == "succeeded"
    kept = Attempt.objects.get()
    assert (kept.http_status, kept.bytes_received, str(kept.cost)) == (503, 5_000_000_000, "0.13400")
    assert (kept.model_version, kept.response_id, kept.vendor_code) == ("v" * 80, "r" * 120, "c" * 120)
    assert kept.vendor_words == "Overloaded ?."
    assert kept.usage == {"tokens": [1120, "nan", None], "oddname": ["ab", 1.5, True]}
    assert kept.parameters == {"seed": 7, "other": {"deep": ""}}
    assert generation.output.notes == ["made"]


def test_it_keeps_every_fact_of_a_failure(settings: Any) -> None:
    generation = odd(settings, model="later")
    assert work_on(generation) == "queued"
    kept = Attempt.objects.get()
    assert (kept.outcome, kept.code, kept.words, kept.step) == ("later", "x" * 60, "Later.", "s" * 40)
    assert kept.http_status == 503


@pytest.mark.parametrize(
    ("do", "codes"),
    [("picture", []), ("wrong_ratio", ["wrong_ratio", "too_small"]), ("small", ["too_small"])],
)
def test_it_flags_what_is_not_as_it_was_asked_for(settings: Any, do: str, codes: list[str]) -> None:
    use(settings, {"do": do})
    generation = wanted()
    assert work_on(generation) == "succeeded"
    assert [flag["code"] for flag in generation.output.flags] == codes
    assert (outcomes(generation), costs(generation)) == (["picture"], ["0.01000"])


def test_it_says_in_words_what_is_not_as_it_was_asked_for(settings: Any) -> None:
    use(settings, {"do": "small"})
    generation = wanted(ratio="16:9", size="2K")
    work_on(generation)
    [flag] = generation.output.flags
    assert flag["words"] == (
        "It was asked for at 2K, which is 2752 × 1536, and came as 1376 × 768. "
        "Pictures are never enlarged, so it may be too small for its channel."
    )
