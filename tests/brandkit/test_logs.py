"""Log lines: what they tell, in text and as JSON, and what they never tell."""

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from brandkit.accounts.models import Brand, User
from brandkit.accounts.tokens import make_token
from brandkit.common.environment import Environment
from brandkit.common.logs import Json, Text, about, also
from brandkit.log_settings import log_settings
from brandkit.web import requests
from tests.logged import Ear, heard

logger = logging.getLogger("brandkit.tests")
MADE = 32
"""Characters of a number that we give."""


@pytest.fixture
def machine() -> Iterator[Ear]:
    with heard(Json()) as ear:
        yield ear


@pytest.fixture
def person() -> Iterator[Ear]:
    with heard(Text()) as ear:
        yield ear


def test_it_tells_what_the_line_is_about(machine: Ear) -> None:
    with about(worker="w:1", brand="acme", batch=None):
        with about(generation=7):
            also(attempt=3, job="")
            logger.info("It %s.", "goes")
        logger.info("On.")
    logger.info("Alone.")
    ours = [{name: each[name] for name in sorted(each) if name != "time"} for each in machine.objects]
    same = {"level": "INFO", "logger": "brandkit.tests"}
    assert ours == [
        {"attempt": 3, "brand": "acme", "generation": 7, **same, "message": "It goes.", "worker": "w:1"},
        {"brand": "acme", **same, "message": "On.", "worker": "w:1"},
        {**same, "message": "Alone."},
    ]
    assert machine.objects[0]["time"].endswith("+00:00")


def test_it_forgets_what_it_was_about_when_the_block_breaks(machine: Ear) -> None:
    with pytest.raises(ZeroDivisionError), about(generation=7):
        1 / 0  # noqa: B018
    logger.info("Alone.")
    assert "generation" not in machine.objects[0]


def test_it_writes_an_exception_on_one_line_for_machines(machine: Ear) -> None:
    try:
        raise ValueError("two\nlines \x00 “quoted”")
    except ValueError:
        logger.exception("It failed\nbadly.", stack_info=True)
    [line] = machine.lines
    told = json.loads(line)
    assert told["message"] == "It failed\nbadly."
    assert told["exception"].endswith("ValueError: two\nlines \x00 “quoted”")
    assert told["stack"].startswith("Stack")


def test_it_writes_what_json_and_utf8_do_not_know() -> None:
    record = logging.LogRecord("n", logging.INFO, "p", 1, "half a letter: %s", ("\ud800",), None)
    with about(brand=Path("acme")):
        line = Json().format(record)
    told = json.loads(line.encode("utf-8"))
    assert (told["brand"], told["message"]) == ("acme", "half a letter: \ud800")


def test_it_keeps_to_itself_what_the_names_in_a_broken_function_held(machine: Ear) -> None:
    def broken(key: str) -> None:
        raise ValueError(len(key))

    try:
        broken("-".join(["never", "to", "be", "told"]))
    except ValueError:
        logger.exception("It failed.")
    assert "never-to-be-told" not in machine.lines[0]


def test_people_read_a_line_with_its_facts_behind_it(person: Ear) -> None:
    with about(brand="acme", generation=7):
        logger.warning("It %s.", "goes")
        logger.info("One\n2026-01-01 ERROR two\r")
    first, second = person.lines
    assert first.endswith(" WARNING brandkit.tests: It goes. [brand=acme generation=7]")
    assert second.endswith(r"One\n2026-01-01 ERROR two\r [brand=acme generation=7]")


def test_people_read_an_exception_in_lines(person: Ear) -> None:
    try:
        raise ValueError("wrong")
    except ValueError:
        logger.exception("It failed.")
    assert (person.lines[1], person.lines[-1]) == ("Traceback (most recent call last):", "ValueError: wrong")


@pytest.mark.parametrize("given", ["", "a b", "x" * 129, "a\tb", "ü"])
def test_it_gives_a_request_a_number_of_its_own(given: str, client: Client) -> None:
    one = client.get("/healthz", headers={"X-Request-ID": given})["X-Request-ID"]
    other = client.get("/healthz")["X-Request-ID"]
    assert (len(one), len(other), one == other) == (MADE, MADE, False)


def test_it_keeps_the_number_that_came_with_the_request(client: Client) -> None:
    answer = client.get("/healthz", headers={"X-Request-ID": "gate-7:1/a+b=c.d_e"})
    assert answer["X-Request-ID"] == "gate-7:1/a+b=c.d_e"


@pytest.mark.django_db
def test_it_tells_whose_request_went_wrong(machine: Ear, brand: Brand, designer: User) -> None:
    client = Client()
    client.force_login(designer)
    path = reverse("studio:home", args=[brand.slug]) + "pictures/0/?q=secret"
    number = client.get(path)["X-Request-ID"]
    [told] = machine.of("django.request")
    assert (told["request"], told["status"], told["user"]) == (number, 404, designer.pk)
    assert (told["method"], told["path"]) == ("GET", path.partition("?")[0])
    assert "secret" not in "".join(machine.lines)


@pytest.mark.django_db
def test_it_tells_whose_token_it_was(machine: Ear, designer: User) -> None:
    client = APIClient()
    token = make_token(user=designer)[1]
    client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
    client.post(reverse("api:generation-list"), {})
    [told] = machine.of("django.request")
    assert (told["user"], told["method"], told["status"]) == (designer.pk, "POST", 422)
    assert machine.of("brandkit.web.requests") == []  # not twice
    assert token not in "".join(machine.lines)


@pytest.mark.django_db
def test_it_tells_of_a_broken_page_with_its_request(machine: Ear, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("generation.health._told", broken)
    answer = Client(raise_request_exception=False).get("/readyz")
    [told] = [each for each in machine.objects if each["level"] == "ERROR"]
    assert (told["request"], told["status"]) == (answer["X-Request-ID"], 500)
    assert "ZeroDivisionError" in told["exception"]


@pytest.mark.django_db
def test_it_asks_no_database_to_tell_who_it_was(
    machine: Ear, designer: User, django_assert_num_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "SLOW", 0)
    client = Client()
    client.force_login(designer)
    with django_assert_num_queries(0):
        assert client.get("/healthz").status_code == 200
    [told] = machine.of("brandkit.web.requests")
    assert "user" not in told


def test_it_passes_over_what_only_reads_and_is_quick(machine: Ear, client: Client) -> None:
    client.get("/healthz")
    assert machine.lines == []


def test_it_names_a_format_that_there_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BRANDKIT_LOG_FORMAT", "xml")
    with pytest.raises(ImproperlyConfigured, match="BRANDKIT_LOG_FORMAT must be text or json, not 'xml'"):
        log_settings(Environment())


def test_a_process_writes_json_lines_and_nothing_else() -> None:
    program = (
        "import django, logging; django.setup();"
        "logging.getLogger('django.request').error('One.');"
        "logging.getLogger('huey').info('Not told.');"
        "logging.getLogger('huey').error('Two.')"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program],
        cwd=Path(__file__).parents[2],
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "BRANDKIT_LOG_FORMAT": "json",
            "DEBUG": "1",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    told = [json.loads(line) for line in ended.stderr.splitlines()]
    assert [(each["logger"], each["message"]) for each in told] == [
        ("django.request", "One."),
        ("huey", "Two."),
    ]
