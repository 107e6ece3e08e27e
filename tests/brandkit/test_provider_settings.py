"""Which providers there are, by what the environment says."""

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from brandkit.common.environment import Environment
from brandkit.provider_settings import providers

STANDARD = {"1K": "0.134", "2K": "0.134", "4K": "0.24", "input": "0.0011"}
COMPOSITOR = {"BACKEND": "generation.providers.compositor.Compositor", "OPTIONS": {}}


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what a test sets is there, whoever runs it."""
    monkeypatch.setattr(Environment, "ENVIRON", {})


def found(**variables: str) -> dict[str, dict[str, Any]]:
    Environment.ENVIRON.update(variables)
    return providers(Environment())


def test_it_has_the_compositor_alone_where_nothing_is_set() -> None:
    assert found() == {"compositor": COMPOSITOR}


def test_it_takes_an_empty_key_for_none() -> None:
    assert list(found(WISDOM_GATE_KEY="", GEMINI_KEY="", IMAGE_JOBS_URL="", OPENAI_KEY="")) == ["compositor"]


@pytest.mark.parametrize(
    ("variables", "alias", "backend", "options"),
    [
        ({"WISDOM_GATE_KEY": "k"}, "wisdom-gate", "gemini.Gemini", {"key": "k", "prices": STANDARD}),
        ({"GEMINI_KEY": "k"}, "gemini", "gemini.GoogleGemini", {"key": "k", "prices": STANDARD}),
        (
            {"IMAGE_JOBS_URL": "https://jobs.example.com"},
            "image-jobs",
            "image_jobs.ImageJobs",
            {"url": "https://jobs.example.com"},
        ),
        ({"OPENAI_KEY": "k"}, "openai", "openai_images.OpenAIImages", {"key": "k"}),
    ],
)
def test_it_has_each_that_is_set(
    variables: dict[str, str], alias: str, backend: str, options: dict[str, Any]
) -> None:
    entry = {"BACKEND": f"generation.providers.{backend}", "OPTIONS": options}
    assert found(**variables) == {"compositor": COMPOSITOR, alias: entry}


@pytest.mark.parametrize(
    ("prefix", "alias"),
    [
        ("WISDOM_GATE", "wisdom-gate"),
        ("GEMINI", "gemini"),
        ("IMAGE_JOBS", "image-jobs"),
        ("OPENAI", "openai"),
    ],
)
def test_it_hands_on_all_that_is_said(prefix: str, alias: str) -> None:
    options = {
        "key": "k",
        "url": "https://pictures.example.com",
        "model": "painter-2",
        "requests_a_minute": 50,
        "calls_at_once": 4,
        "prices": {"1K": 0.1, "input": "0.001"},
    }
    said = {f"{prefix}_{name.upper()}": str(value) for name, value in options.items() if name != "prices"}
    said[f"{prefix}_PRICES"] = '{"1K": 0.1, "input": "0.001"}'
    assert found(**said)[alias]["OPTIONS"] == options


def test_it_names_the_hosts_that_may_be_fetched_from() -> None:
    said = {
        "IMAGE_JOBS_URL": "https://jobs.example.com",
        "IMAGE_JOBS_HOSTS": "cdn.example.com,img.example.com",
    }
    assert found(**said)["image-jobs"]["OPTIONS"]["allow_hosts"] == ["cdn.example.com", "img.example.com"]


def test_it_takes_what_else_an_api_of_jobs_needs() -> None:
    said = '{"poll_path": "/{id}/state", "allow_hosts": ["a.example.com"], "key": "elsewhere"}'
    entry = found(IMAGE_JOBS_URL="https://x.example.com", IMAGE_JOBS_KEY="k", IMAGE_JOBS_OPTIONS=said)
    assert entry["image-jobs"]["OPTIONS"] == {
        "url": "https://x.example.com",
        "key": "k",
        "poll_path": "/{id}/state",
        "allow_hosts": ["a.example.com"],
    }


def test_it_names_the_quality_that_is_paid_for() -> None:
    entry = found(OPENAI_KEY="k", OPENAI_QUALITY="medium")
    assert entry["openai"]["OPTIONS"] == {"key": "k", "quality": "medium"}


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("OPENAI_REQUESTS_A_MINUTE", "many", r"^OPENAI_REQUESTS_A_MINUTE can't be read: .*'many'"),
        ("OPENAI_REQUESTS_A_MINUTE", "0", r"^OPENAI_REQUESTS_A_MINUTE is 0; it must be at least 1\."),
        ("OPENAI_CALLS_AT_ONCE", "-2", r"^OPENAI_CALLS_AT_ONCE is -2; it must be at least 1\."),
        ("OPENAI_PRICES", "{1K: 0.1}", r"^OPENAI_PRICES can't be read: "),
        ("OPENAI_PRICES", "0.1", r"^OPENAI_PRICES must be a JSON object"),
        (
            "OPENAI_PRICES",
            '{"8K": 1}',
            r"^OPENAI_PRICES: prices know no '8K'; there are 1K",
        ),
        ("OPENAI_PRICES", '{"1K": "dear"}', r"^OPENAI_PRICES: the price of 1K is 'dear', which is no number"),
    ],
)
def test_it_stops_at_a_bad_value_and_names_it(name: str, value: str, words: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=words) as stopped:
        found(OPENAI_KEY="sk-canary", **{name: value})
    assert "canary" not in str(stopped.value)
