"""One call says that the account is broken, or called too often: what that means for everybody on it."""

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from brandkit.common.models import Event
from generation.models import Generation, ProviderAccount
from generation.provider import get_provider
from generation.provider_accounts import state_of
from generation.runner import run_next
from tests.factories import make_generation
from tests.generation.scenarios.canaries import KEY
from tests.generation.scenarios.gemini_table import SCENARIOS
from tests.generation.scenarios.play import (
    ALIAS,
    make_due,
    outcomes,
    turn,
    use,
    wanted,
    words_shown,
)
from tests.races import at_once
from tests.standins.gemini import GeminiServer, gemini_server

pytestmark = pytest.mark.django_db
Commit = Callable[..., Any]
STOPS = ("key_401", "credit_gone", "model_gone", "moved")


def connect(settings: Any, server: GeminiServer) -> None:
    use(settings, "gemini.Gemini", key=server.key, url=server.url)


def several(count: int) -> list[Generation]:
    """Of the same things."""
    first = wanted()
    alike = ("brand", "subject", "scene_version", "prompt_version", "output_format", "provider", "model")
    same = {name: getattr(first, name) for name in alike}
    return [first, *(make_generation(**same) for _ in range(count - 1))]


def told() -> list[str]:
    events = Event.objects.filter(kind__startswith="provider.").order_by("id")
    return [event.kind for event in events]


def ends(works: list[Generation]) -> list[tuple[str, tuple[str, ...]]]:
    for work in works:
        work.refresh_from_db()
    return [(work.state, outcomes(work)) for work in works]


def work_on_all(times: int = 1) -> None:
    """As a worker does that was told of something: everything that is due."""
    while run_next():
        pass


def resume(commit: Commit, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """By the operator's command; what it sends is worked on at once. Gives what it says."""
    monkeypatch.setattr("generation.tasks.dispatch", work_on_all)
    out = StringIO()
    with commit(execute=True):
        call_command("resume_provider", ALIAS, stdout=out)
    return out.getvalue().splitlines()


@pytest.mark.parametrize("name", STOPS)
def test_it_stops_everybody_and_goes_on_after_a_persons_word(
    name: str,
    settings: Any,
    django_capture_on_commit_callbacks: Commit,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    words = SCENARIOS[name].words
    with gemini_server(name, key=KEY) as server:
        connect(settings, server)
        works = several(2)
        assert [turn(work) for work in works] == [1, 0]
        work_on_all()
        assert len(server.requests) == 1
        assert ends(works) == [("queued", ("stopped",)), ("queued", ())]
        assert {words in words_shown(work) for work in works} == {True}

        said = resume(django_capture_on_commit_callbacks, monkeypatch)
        assert said[0].endswith(f" UTC: {words}")
        assert said[1:] == ["It is open again, and 2 pictures go on."]
        assert ends(works) == [("succeeded", ("stopped", "picture")), ("succeeded", ("picture",))]
        assert len(server.requests) == 3
    assert told() == ["provider.paused", "provider.resumed"]


@pytest.mark.django_db(transaction=True)
def test_it_tells_of_one_stop_where_several_calls_were_under_way(settings: Any) -> None:
    with gemini_server(then="key_403", key=KEY) as server:
        connect(settings, server)
        works = several(4)
        each = iter(works)
        at_once(4, lambda: turn(next(each)))
        assert {state for state, _ in ends(works)} == {"queued"}
        made = len(server.requests)
        assert [turn(work) for work in works] == [0] * 4
        assert len(server.requests) == made == sum(len(outcomes(work)) for work in works)
    assert told() == ["provider.paused"]


def test_it_stops_again_where_nothing_was_put_right(
    settings: Any, django_capture_on_commit_callbacks: Commit, monkeypatch: pytest.MonkeyPatch
) -> None:
    with gemini_server("key_401", "key_401", key=KEY) as server:
        connect(settings, server)
        works = several(2)
        turn(works[0])
        resume(django_capture_on_commit_callbacks, monkeypatch)
        assert ends(works) == [("queued", ("stopped", "stopped")), ("queued", ())]
        assert len(server.requests) == 2
    assert told() == ["provider.paused", "provider.resumed", "provider.paused"]


@pytest.mark.parametrize("name", ["too_many", "too_many_today"])
def test_it_has_everybody_wait_after_too_many_calls(name: str, settings: Any) -> None:
    words = SCENARIOS[name].words
    with gemini_server(name, key=KEY) as server:
        connect(settings, server)
        works = several(3)
        assert [turn(work) for work in works] == [1, 0, 0]
        work_on_all()
        assert len(server.requests) == 1
        assert {words in words_shown(work) for work in works} == {True}
        for work in works:
            make_due(work)
        assert [turn(work) for work in works] == [1, 1, 1]
        assert [state for state, _ in ends(works)] == ["succeeded"] * 3
        assert len(server.requests) == 4
    assert (told(), ProviderAccount.objects.get().pace) == ([], 0.5)


def test_it_lets_a_person_open_what_is_closed_for_the_day(
    settings: Any, django_capture_on_commit_callbacks: Commit, monkeypatch: pytest.MonkeyPatch
) -> None:
    with gemini_server("too_many_today", key=KEY) as server:
        connect(settings, server)
        works = several(2)
        turn(works[0])
        until = state_of(get_provider(ALIAS)).closed_until
        assert until is not None
        assert until > timezone.now()
        said = resume(django_capture_on_commit_callbacks, monkeypatch)
        assert said[1:] == ["It is open again, and 2 pictures go on."]
        assert ends(works) == [("succeeded", ("later", "picture")), ("succeeded", ("picture",))]
        assert len(server.requests) == 3
