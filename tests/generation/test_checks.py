"""Each setting that can be wrong is found at the start, by its id."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.checks import CheckMessage
from django.db import connection

from generation import checks

FAKE = "generation.providers.fake.Fake"
FREE = {"1K": "0", "2K": "0", "4K": "0"}
OPENAI = "generation.providers.openai_images.OpenAIImages"


def all_checks() -> Iterator[CheckMessage]:
    for check in (
        checks.check_provider,
        checks.check_providers,
        checks.check_prices,
        checks.check_addresses,
        checks.check_limits,
        checks.check_times,
        checks.check_unknown_outcome,
        checks.check_engine,
        checks.check_reach,
    ):
        yield from check()


def found() -> list[str | None]:
    return [message.id for message in all_checks()]


def test_it_finds_nothing_wrong_as_delivered() -> None:
    assert found() == []


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("BRANDKIT_PROVIDER", "nobody", ["brandkit.E001"]),
        ("BRANDKIT_LEASE_SECONDS", 29, ["brandkit.E004"]),
        ("BRANDKIT_LEASE_SECONDS", 30, []),
        ("BRANDKIT_HEARTBEAT_SECONDS", 0, ["brandkit.E003"]),
        ("BRANDKIT_SWEEP_SECONDS", 0, ["brandkit.E003"]),
        ("BRANDKIT_MAX_ATTEMPTS", -1, ["brandkit.E003"]),
        ("BRANDKIT_WORKER_THREADS", 0, ["brandkit.E003"]),
        ("BRANDKIT_STOP_SECONDS", 0, ["brandkit.E003"]),
        ("BRANDKIT_UNKNOWN_OUTCOME", "hold", []),
        ("BRANDKIT_UNKNOWN_OUTCOME", "guess", ["brandkit.E005"]),
        ("BRANDKIT_ENGINE", "rq", ["brandkit.E006"]),
        ("BRANDKIT_ENGINE", "celery", ["brandkit.E007"]),
    ],
)
def test_it_finds_a_wrong_value(settings: Any, name: str, value: Any, expected: list[str]) -> None:
    setattr(settings, name, value)
    assert found() == expected


@pytest.mark.parametrize(
    ("engine", "url"),
    [
        ("huey", ""),
        ("huey", "redis://there/0"),
        ("celery", "amqp://there//"),
        ("celery", "rediss://there/0"),
    ],
)
def test_it_takes_every_engine_and_wants_a_database_that_others_reach(
    settings: Any, engine: str, url: str
) -> None:
    settings.BRANDKIT_ENGINE, settings.BRANDKIT_ENGINE_URL = engine, url
    warned = bool(url) and connection.vendor == "sqlite"
    assert found() == (["brandkit.W004"] if warned else [])


def test_it_finds_an_engine_that_can_not_talk_to_its_broker(settings: Any) -> None:
    settings.BRANDKIT_ENGINE_URL = "amqp://there//"
    [error] = checks.check_engine()
    words = "BRANDKIT_ENGINE_URL must begin with redis:// or rediss:// where BRANDKIT_ENGINE is huey."
    assert (error.id, error.msg) == ("brandkit.E007", words)


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({}, "Provider 'compositor' names no BACKEND, such as 'generation.providers.fake.Fake'."),
        (
            {"BACKEND": "nowhere.at.all"},
            "Provider 'compositor': its BACKEND can't be imported: No module named 'nowhere'.",
        ),
        (
            {"BACKEND": "generation.providers.fake.Faker", "OPTIONS": {"log": "x"}},
            "Provider 'compositor': its BACKEND can't be imported: "
            "module 'generation.providers.fake' has no attribute 'Faker'.",
        ),
        (
            {"BACKEND": FAKE, "OPTIONS": {"colour": "red"}},
            "Provider 'compositor': there is no option 'colour'.",
        ),
        (
            {"BACKEND": FAKE, "KEY": "x"},
            "Provider 'compositor': unknown key 'KEY'; there are BACKEND and OPTIONS.",
        ),
    ],
)
def test_it_says_what_is_wrong_with_a_provider(settings: Any, entry: dict[str, Any], words: str) -> None:
    settings.BRANDKIT_PROVIDERS = {"compositor": entry}
    assert [(each.id, each.msg) for each in all_checks()] == [("brandkit.E002", words)]


def test_it_names_the_settings_to_look_at(settings: Any) -> None:
    entry = {"BACKEND": OPENAI, "OPTIONS": {"key": "k", "colour": "red"}}
    settings.BRANDKIT_PROVIDERS = {"compositor": {"BACKEND": FAKE}, "image-jobs": entry}
    [error] = all_checks()
    assert error.hint == "Its settings begin with IMAGE_JOBS_: see docs/operate.md."


@pytest.mark.parametrize(
    ("url", "ids"),
    [
        ("http://gateway.example.com/v1", ["brandkit.W003"]),
        ("http://10.0.0.7", ["brandkit.W003"]),
        ("https://gateway.example.com/v1", []),
        ("http://localhost:8080", []),
        ("http://127.0.0.1:8080", []),
        ("http://[::1]:8080", []),
        ("http://[", ["brandkit.E002"]),
        ("127.0.0.1:8080", ["brandkit.E002"]),
    ],
)
def test_it_warns_of_a_key_in_plain_text(settings: Any, url: str, ids: list[str]) -> None:
    options = {"key": "k", "url": url, "prices": FREE}
    settings.BRANDKIT_PROVIDERS = {"compositor": {"BACKEND": OPENAI, "OPTIONS": options}}
    assert [each.id for each in all_checks()] == ids


@pytest.mark.parametrize(
    ("prices", "sizes"),
    [
        ({"input": "0.001"}, "1K, 2K, 4K"),
        ({"1K": "0.1", "2K": "0.1"}, "4K"),
    ],
)
def test_it_warns_of_pictures_that_count_as_free(settings: Any, prices: dict[str, str], sizes: str) -> None:
    entry = {"BACKEND": FAKE, "OPTIONS": {"prices": prices}}
    settings.BRANDKIT_PROVIDERS = {"compositor": {"BACKEND": FAKE}, "gate": entry}
    words = f"No price is set for gate's {sizes} pictures: they count as free."
    assert [(each.id, each.msg) for each in all_checks()] == [("brandkit.W001", words)]


@pytest.mark.parametrize(
    ("backend", "options"),
    [
        (FAKE, {"prices": {"1K": 0, "2K": 0, "4K": 0}}),
        (OPENAI, {"key": "k", "prices": {"1K": "0.1", "2K": "0.2"}}),
        (OPENAI, {"key": "k", "model": "gpt-image-1.5", "prices": {"1K": "0.1"}}),
    ],
)
def test_it_wants_no_price_but_for_what_is_made(settings: Any, backend: str, options: dict[str, Any]) -> None:
    settings.BRANDKIT_PROVIDERS = {"compositor": {"BACKEND": backend, "OPTIONS": options}}
    assert found() == []


def test_it_warns_of_one_account_with_two_limits(settings: Any) -> None:
    settings.BRANDKIT_PROVIDERS = {
        "compositor": {"BACKEND": FAKE, "OPTIONS": {"account": "ours", "calls_at_once": 3, "prices": FREE}},
        "other": {"BACKEND": FAKE, "OPTIONS": {"account": "ours", "prices": FREE}},
    }
    [warning] = all_checks()
    assert (warning.id, warning.msg) == (
        "brandkit.W002",
        "compositor and other share the account ours and differ in calls_at_once.",
    )


@pytest.mark.parametrize("limit", [0, -1, "many"])
def test_it_stops_at_a_limit_that_is_none(settings: Any, limit: Any) -> None:
    options = {"calls_at_once": limit, "prices": FREE}
    settings.BRANDKIT_PROVIDERS = {"compositor": {"BACKEND": FAKE, "OPTIONS": options}}
    [error] = all_checks()
    assert (error.id, error.msg) == (
        "brandkit.E002",
        f"Provider 'compositor': calls_at_once is {limit!r}; it must be a number above 0.",
    )


def test_it_stops_at_an_account_whose_name_is_too_long_to_keep(settings: Any) -> None:
    options = {"account": "a" * 81, "prices": FREE}
    settings.BRANDKIT_PROVIDERS = {"compositor": {"BACKEND": FAKE, "OPTIONS": options}}
    [error] = all_checks()
    words = "Provider 'compositor': the name of an account has at most 80 characters."
    assert (error.id, error.msg) == ("brandkit.E002", words)
