"""The operator's page of the accounts with vendors."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from brandkit.accounts.models import Role
from brandkit.common.models import Event
from generation import provider_accounts, tasks
from generation.models import ProviderAccount
from tests.factories import make_brand, make_user
from tests.generation.scripts import several, use, work_on

pytestmark = pytest.mark.django_db
LIST = "admin:generation_provideraccount_changelist"


@pytest.fixture
def desk(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Client:
    """The operator's; the provider has said stop, and one of two pictures came before."""
    monkeypatch.setattr(tasks, "dispatch", lambda times=1: None)
    use(settings, {"do": "picture"}, {"do": "stop", "code": "no_credit", "words": "Buy more credit."})
    works = several(3)
    for work in works[:2]:
        work_on(work)
    return signed_in(make_user(username="ada", is_superuser=True))


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page(what: str) -> str:
    return reverse(f"admin:generation_provideraccount_{what}", args=[ProviderAccount.objects.get().pk])


def is_paused() -> bool:
    return ProviderAccount.objects.get().paused_at is not None


def test_it_lists_what_stands_still_and_why(desk: Client) -> None:
    text = desk.get(reverse(LIST)).content.decode()
    for words in ("Paused", "since 2", "Buy more credit.", "fake", ">2<", "100%"):
        assert words in text, words
    assert f'href="{page("resume")}">Resume</a>' in text
    ProviderAccount.objects.create(name="gone", paused_at=timezone.now())
    assert desk.get(reverse(LIST)).content.decode().count(">Resume</a>") == 1
    ProviderAccount.objects.get(name="gone").delete()
    provider_accounts.resume("fake", by=None)
    assert page("resume") not in desk.get(reverse(LIST)).content.decode()


def test_it_lists_an_account_that_nobody_has_called_and_none_for_this_machine(settings: Any) -> None:
    use(settings)
    settings.BRANDKIT_PROVIDERS = {
        **settings.BRANDKIT_PROVIDERS,
        "compositor": {"BACKEND": "generation.providers.compositor.Compositor"},
    }
    operator = signed_in(make_user(is_superuser=True))
    for _ in range(2):
        assert "Open" in operator.get(reverse(LIST)).content.decode()
    assert [account.name for account in ProviderAccount.objects.all()] == ["fake"]


def test_it_asks_before_it_resumes(desk: Client) -> None:
    text = desk.get(page("change")).content.decode()
    assert ("/resume/" in text, "/pause/" in text, "a call: Buy more credit." in text) == (True, False, True)
    text = desk.get(page("resume")).content.decode()
    assert "Resume fake?" in text
    assert is_paused()
    answer = desk.post(page("resume"), follow=True)
    assert "fake is open again." in answer.content.decode()
    assert not is_paused()
    assert Event.objects.get(kind="provider.resumed").actor.username == "ada"  # type: ignore[union-attr]
    assert "resumed" in desk.get(page("change")).content.decode()


def test_it_pauses(desk: Client) -> None:
    provider_accounts.resume("fake", by=None)
    text = desk.get(page("change")).content.decode()
    assert ("/resume/" in text, "/pause/" in text) == (False, True)
    desk.get(page("pause"))
    assert not is_paused()
    desk.post(page("pause"))
    assert ProviderAccount.objects.get().pause_words == "ada paused it."
    assert "is paused already" in desk.post(page("pause"), follow=True).content.decode()


def test_it_tells_of_an_account_that_is_no_longer_in_the_settings(desk: Client) -> None:
    gone = ProviderAccount.objects.create(name="gone", paused_at=timezone.now())
    assert "it is no longer in the settings" in desk.get(reverse(LIST)).content.decode()
    there = reverse("admin:generation_provideraccount_resume", args=[gone.pk])
    answer = desk.post(there, follow=True)
    assert "There is no provider “gone”. There is: fake." in answer.content.decode()


@pytest.mark.parametrize("role", Role.values)
def test_it_is_for_the_operator_only(desk: Client, role: Role) -> None:
    member = signed_in(make_user(make_brand(), role))
    for address in (reverse(LIST), page("change"), page("resume"), page("pause")):
        assert member.get(address).status_code in (302, 403, 404), address
        assert member.post(address).status_code in (302, 403, 404), address
    assert is_paused()
    text = member.get(reverse("admin:index")).content.decode()
    assert "Provider accounts" not in text


def test_it_changes_nothing_by_hand(desk: Client) -> None:
    assert desk.post(page("change"), {"name": "other"}).status_code == 403
    assert desk.get(reverse("admin:generation_provideraccount_add")).status_code == 403
    assert desk.post(page("delete"), {"post": "yes"}).status_code == 403
    assert ProviderAccount.objects.get().name == "fake"
