"""A provider says stop: nothing fails, everybody waits, and a person lets it go on."""

from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.utils import timezone

from brandkit.common.errors import Conflict, NotFound
from brandkit.common.models import Event
from generation.engine import brakes
from generation.engine.claims import claimed
from generation.models import ProviderAccount
from generation.provider import get_provider
from generation.provider_accounts import AccountState, all_states, pause, resume, state_of
from generation.runner import run_next
from tests.factories import make_user
from tests.generation.scripts import FAKE, costs, outcomes, several, use, wanted, work_on, work_on_when_due
from tests.races import at_once

pytestmark = pytest.mark.django_db
STOP = {"do": "stop", "code": "no_credit", "words": "The credit is used up. Buy more."}
Sent = list[int]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Sent:
    """How many workers were told, each time."""
    times: Sent = []
    monkeypatch.setattr("generation.tasks.dispatch", lambda count=1: times.append(count))
    return times


def told() -> list[tuple[str, dict[str, Any]]]:
    events = Event.objects.filter(kind__startswith="provider.").order_by("id")
    return [(event.kind, event.data) for event in events]


def test_it_pauses_the_account_and_fails_nothing(settings: Any) -> None:
    use(settings, STOP, {"do": "picture"})
    generation = wanted()
    assert work_on(generation) == "queued"
    assert (generation.tries, generation.failure_code, generation.claim) == (0, "", None)
    attempt = generation.attempts.get()
    assert (attempt.outcome, attempt.code) == ("stopped", "no_credit")
    assert told() == [("provider.paused", {"account": "fake", "code": "no_credit", "words": STOP["words"]})]
    account = ProviderAccount.objects.get()
    assert (account.name, account.pause_code, account.pause_words) == ("fake", "no_credit", STOP["words"])


def test_it_calls_nobody_while_paused_and_goes_on_after(
    settings: Any, sent: Sent, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    use(settings, STOP, {"do": "picture"})
    first, second = several(2)
    work_on(first)
    assert (work_on(first), work_on(second)) == ("queued", "queued")
    assert (outcomes(first), outcomes(second)) == (["stopped"], [])
    with django_capture_on_commit_callbacks(execute=True):
        assert resume("fake", by=None) == 2
    assert sent == [1]
    assert (work_on(first), work_on(second)) == ("succeeded", "succeeded")
    assert (outcomes(first), outcomes(second)) == (["stopped", "picture"], ["picture"])
    assert [kind for kind, _ in told()] == ["provider.paused", "provider.resumed"]


def test_it_does_not_count_a_stop_as_a_try(settings: Any) -> None:
    settings.BRANDKIT_MAX_ATTEMPTS = 2
    use(settings, STOP, STOP, STOP, {"do": "later"}, {"do": "picture"})
    generation = wanted()
    for _ in range(3):
        assert work_on(generation) == "queued"
        resume("fake", by=None)
    assert work_on_when_due(generation) == "queued"
    assert work_on_when_due(generation) == "succeeded"
    assert outcomes(generation) == ["stopped", "stopped", "stopped", "later", "picture"]


@pytest.mark.django_db(transaction=True)
def test_it_tells_of_one_pause_where_several_calls_find_it_so(settings: Any) -> None:
    use(settings, STOP)
    works = iter(several(4))
    began = timezone.now()
    at_once(4, lambda: work_on(next(works)))
    assert [kind for kind, _ in told()] == ["provider.paused"]
    assert ProviderAccount.objects.get().paused_at >= began  # type: ignore[operator]


def test_it_does_not_pause_for_what_was_known_before_it_was_resumed(settings: Any) -> None:
    use(settings)
    began = timezone.now()
    pause("fake", by=None)
    resume("fake", by=None)
    brakes.pause_after_stop("fake", "no_credit", "Buy more.", began=began)
    assert state_of(get_provider("fake")).is_open
    brakes.pause_after_stop("fake", "no_credit", "Buy more.", began=timezone.now())
    assert state_of(get_provider("fake")).code == "no_credit"


def test_it_pauses_although_it_was_resumed_by_a_clock_that_was_ahead(settings: Any) -> None:
    use(settings)
    pause("fake", by=None)
    with time_machine.travel(timezone.now() + timedelta(hours=1)):
        resume("fake", by=None)
    brakes.pause_after_stop("fake", "no_credit", "Buy more.", began=timezone.now())
    assert state_of(get_provider("fake")).code == "no_credit"


def test_it_pauses_all_providers_of_the_account_and_no_other(settings: Any) -> None:
    use(settings, STOP)
    settings.BRANDKIT_PROVIDERS = {
        "fake": {"BACKEND": FAKE, "OPTIONS": {"script": [STOP], "account": "ours"}},
        "twin": {"BACKEND": FAKE, "OPTIONS": {"account": "ours"}},
        "other": {"BACKEND": FAKE},
    }
    stopped, twin, other = wanted(), wanted(provider="twin"), wanted(provider="other")
    assert (work_on(stopped), work_on(twin), work_on(other)) == ("queued", "queued", "succeeded")
    assert outcomes(twin) == []
    assert {name: state.is_open for name, state in all_states().items()} == {"ours": False, "other": True}


def test_it_finishes_while_paused_what_has_come(settings: Any) -> None:
    use(settings)
    generation = wanted()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("generation.runner.finish", lambda _: None)
        work_on(generation)
    type(generation).objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    pause("fake", by=None)
    assert work_on(generation) == "succeeded"
    assert outcomes(generation) == ["picture"]


def test_it_hands_back_what_was_claimed_before_the_pause(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(settings)
    generation = wanted()

    def pause_meanwhile(claim: Any) -> None:
        pause("fake", by=None)
        really(claim)

    from generation.engine import calls

    really = calls.call
    monkeypatch.setattr("generation.runner.call", pause_meanwhile)
    assert work_on(generation) == "queued"
    assert (generation.tries, outcomes(generation)) == (0, [])


def test_it_fails_in_words_where_the_provider_is_gone_though_its_account_is_paused(settings: Any) -> None:
    use(settings)
    pause("fake", by=None)
    generation = wanted(provider="gone")
    assert work_on(generation) == "failed"
    assert generation.failure_words == (
        "The provider “gone” is no longer set up. Ask the operator to bring it back and try "
        "again, or ask for this with another provider."
    )


def test_it_works_past_a_paused_account(settings: Any) -> None:
    settings.BRANDKIT_PROVIDERS = {"fake": {"BACKEND": FAKE}, "other": {"BACKEND": FAKE}}
    waiting, other = wanted(), wanted(provider="other")
    pause("fake", by=None)
    assert [run_next(), run_next()] == [True, False]
    assert (outcomes(waiting), outcomes(other)) == ([], ["picture"])
    resume("fake", by=None)
    assert [run_next(), run_next()] == [True, False]
    assert outcomes(waiting) == ["picture"]


def test_it_lets_what_waited_for_a_quota_go_on_at_once(settings: Any) -> None:
    use(settings, {"do": "later", "slow": True, "wait": 30_000, "words": "Used up."}, {"do": "picture"})
    generation = wanted()
    assert (work_on(generation), work_on(generation)) == ("queued", "queued")
    resume("fake", by=None)
    assert work_on(generation) == "succeeded"
    assert outcomes(generation) == ["later", "picture"]


def test_it_pauses_and_resumes_on_a_persons_word(settings: Any) -> None:
    use(settings)
    operator = make_user(username="ada")
    pause("fake", by=operator)
    with pytest.raises(Conflict, match="fake is paused already"):
        pause("fake", by=operator)
    state = state_of(get_provider("fake"))
    assert (state.is_open, state.code, state.words) == (False, "by_hand", "ada paused it.")
    resume("fake", by=operator)
    with pytest.raises(Conflict, match="fake is not paused"):
        resume("fake", by=operator)
    assert state_of(get_provider("fake")) == AccountState(name="fake")
    actors = Event.objects.filter(kind__startswith="provider.").values_list("kind", "actor")
    assert list(actors) == [("provider.paused", operator.pk), ("provider.resumed", operator.pk)]
    with pytest.raises(NotFound, match="There is no provider “nobody”"):
        pause("nobody", by=operator)


def test_it_is_closed_for_a_while_and_open_again(settings: Any) -> None:
    use(settings)
    now = timezone.now()
    ProviderAccount.objects.create(name="fake", closed_until=now + timedelta(hours=1), closed_words="Wait.")
    state = state_of(get_provider("fake"))
    assert (state.is_open, state.closed_until, state.words) == (False, now + timedelta(hours=1), "Wait.")
    ProviderAccount.objects.update(closed_until=now - timedelta(seconds=1))
    assert state_of(get_provider("fake")) == AccountState(name="fake")


def test_it_keeps_no_account_of_what_is_made_on_this_machine() -> None:
    generation = wanted(provider="compositor")
    with claimed("generation", generation.pk) as claim:
        assert claim
    assert ProviderAccount.objects.count() == 0


def resume_command(alias: str) -> str:
    out = StringIO()
    call_command("resume_provider", alias, stdout=out)
    return out.getvalue()


def test_it_resumes_from_the_shell(settings: Any) -> None:
    use(settings, STOP)
    works = several(2)
    work_on(works[0])
    out = resume_command("fake").splitlines()
    assert out[0].startswith("fake was paused since 20")
    assert out[0].endswith(" UTC: The credit is used up. Buy more.")
    assert out[1:] == ["It is open again, and 2 pictures go on."]
    assert resume_command("fake") == "fake is not paused; nothing to do.\n"


def test_it_names_those_that_there_are_in_the_shell(settings: Any) -> None:
    use(settings)
    with pytest.raises(CommandError, match="There is no provider “nobody”"):
        resume_command("nobody")


def test_it_costs_what_the_provider_says(settings: Any) -> None:
    use(settings, {**STOP, "cost": 0}, {"do": "picture"})
    generation = wanted()
    work_on(generation)
    resume("fake", by=None)
    work_on(generation)
    assert costs(generation) == ["0.00000", "0.01000"]
