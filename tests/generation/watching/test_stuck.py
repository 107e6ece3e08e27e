"""What is stuck: each way to be so is found and told with what helps, and nothing else is."""

from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from brandkit.accounts.models import Brand, Role, User
from generation import provider_accounts
from generation.budgets import month_of
from generation.models import (
    Attempt,
    Batch,
    BatchChore,
    BatchProgress,
    Budget,
    Generation,
    ProviderAccount,
    SceneDraft,
    WorkerSign,
)
from generation.watching import finding
from generation.watching.finding import Finding, Link, Scope
from generation.watching.stuck import look
from review.models import Rendition, Review
from tests.factories import make_brand, make_generation, make_prompt, make_scene, make_user
from tests.generation.scripts import use
from tests.review.factories import make_published, make_review

pytestmark = pytest.mark.django_db
NOW = timezone.now
Make = Callable[[Brand], object]


def ago(**time: float) -> Any:
    return NOW() - timedelta(**time)


@pytest.fixture(autouse=True)
def worker(settings: Any) -> WorkerSign:
    """One lives; the provider `fake` is open."""
    use(settings)
    return WorkerSign.objects.create(worker="w:1", seen_at=NOW() + timedelta(minutes=1))


def old(brand: Brand, **fields: Any) -> Generation:
    """Asked for an hour ago."""
    work = make_generation(brand, provider="fake", **fields)
    Generation.objects.filter(pk=work.pk).update(created_at=ago(hours=1))
    return work


def make_batch(brand: Brand, *, left: int = 3, **fields: Any) -> Batch:
    given = {"name": "Spring", "provider": "fake", "state": "running", **fields}
    batch = Batch.objects.create(brand=brand, prompt_version=make_prompt(brand), **given)
    BatchProgress.objects.create(batch=batch, wanted=left, queued=left)
    return batch


def called(work: Generation, **fields: Any) -> None:
    given = {"number": 1, "provider": "fake", "model": "fake-1", "started_at": NOW(), "cost": 0, **fields}
    Attempt.objects.create(brand=work.brand, generation=work, **given)


def no_worker(brand: Brand) -> None:
    old(brand)
    WorkerSign.objects.update(seen_at=ago(hours=2))


def paused(brand: Brand) -> None:
    old(brand)
    ProviderAccount.objects.create(
        name="fake", paused_at=ago(hours=1), pause_code="x", pause_words="No credit."
    )


def closed(brand: Brand) -> None:
    old(brand)
    ProviderAccount.objects.create(
        name="fake", closed_until=NOW() + timedelta(hours=1), closed_words="Enough for today."
    )


def no_money(brand: Brand) -> None:
    old(brand, reserved=None, price="0.1")
    Budget.objects.create(brand=brand, month=month_of(NOW()), limit=5, spent=5, stopped_at=ago(minutes=5))


def batch_paused(brand: Brand) -> None:
    make_batch(brand, paused_at=ago(hours=1), paused_by=make_user(username="ada"))


def chore_late(brand: Brand) -> None:
    chore = BatchChore.objects.create(batch=make_batch(brand, state="cancelled"), kind="cancel")
    BatchChore.objects.filter(pk=chore.pk).update(created_at=ago(hours=1))


def lease_over(brand: Brand) -> None:
    old(brand, state="running", lease_until=ago(minutes=5), started_at=ago(minutes=6), worker="w:9")


def long_in_work(brand: Brand) -> None:
    old(
        brand,
        state="running",
        lease_until=NOW() + timedelta(minutes=1),
        started_at=ago(minutes=40),
        worker="w:9",
    )


def unknown(brand: Brand) -> None:
    old(brand, state="failed", failure_code="outcome_unknown", ended_at=ago(hours=1))


def tried_later(brand: Brand) -> None:
    old(brand, retry_at=NOW() + timedelta(minutes=5), tries=2)


def not_published(brand: Brand) -> None:
    review = make_review(brand)
    review.decisions.create(verdict="approved", decided_by=make_user(brand, Role.REVIEWER))
    Review.objects.filter(pk=review.pk).update(state="approved", problem="The store is full.")


def not_deleted(brand: Brand) -> None:
    version = make_published(brand)
    type(version).objects.filter(pk=version.pk).update(recalled_at=ago(hours=1))


WAYS: dict[str, tuple[Make, str]] = {
    "No worker is running": (no_worker, "manage.py work"),
    "Nobody calls fake": (paused, "then resume it"),
    "The line for fake does not move": (old, "workers' log"),
    "Acme has used up its budget": (no_money, "An owner of the brand can raise it"),
    "The batch “Spring” of Acme is paused": (batch_paused, "Resume it"),
    "The batch “Spring” of Acme does not go on": (chore_late, "any worker does it"),
    "A worker has gone in the middle of its work": (lease_over, "a worker is running"),
    "Some pictures have been in work for long": (long_in_work, "hands back"),
    "Nobody knows what came of some calls": (unknown, "Ask for each again"),
    "Some pictures are tried again later": (tried_later, "go on by themselves"),
    "Some approved pictures could not be published": (not_published, "every five minutes"),
    "Files of pictures that were taken back are still in the public store": (not_deleted, "every sweep"),
}


@pytest.fixture
def acme() -> Brand:
    return make_brand(slug="acme", name="Acme")


def titles(scope: Scope | None = None) -> list[str]:
    return [found.title for found in look(scope or Scope())]


def only() -> Finding:
    [found] = look(Scope())
    return found


@pytest.mark.parametrize("title", WAYS)
def test_it_finds_each_way_to_be_stuck_and_tells_what_helps(title: str, acme: Brand) -> None:
    make, helps = WAYS[title]
    make(acme)
    found = only()
    assert found.title == title
    assert helps in found.helps
    assert found.count > 0
    assert found.why


@pytest.mark.parametrize("title", WAYS)
def test_others_see_only_what_is_theirs(title: str, acme: Brand) -> None:
    make, _ = WAYS[title]
    make(acme)
    assert titles(Scope(brands=[make_brand().pk])) == []
    assert titles(Scope(brands=[acme.pk])) == [title]


def test_nothing_is_stuck_where_all_goes_well(acme: Brand) -> None:
    soon = NOW() + timedelta(minutes=1)
    make_generation(acme, provider="fake")  # just asked for
    old(acme, state="succeeded")
    old(acme, state="failed", failure_code="refused", ended_at=NOW())
    old(acme, state="failed", failure_code="outcome_unknown", ended_at=ago(days=31))
    old(acme, state="running", lease_until=soon, started_at=ago(minutes=5))
    old(acme, state="running", lease_until=ago(seconds=1), started_at=ago(minutes=5))  # a sweep takes it over
    make_batch(acme)
    BatchChore.objects.create(batch=make_batch(acme), kind="fill")
    chore = BatchChore.objects.create(batch=make_batch(acme), kind="fill", data={"until": soon.isoformat()})
    BatchChore.objects.filter(pk=chore.pk).update(created_at=ago(hours=1))
    make_review(acme)
    make_published(acme)
    Budget.objects.create(brand=acme, month=month_of(NOW()), limit=5, spent=5)
    ProviderAccount.objects.create(name="fake")
    assert titles() == []


def test_nobody_is_missed_where_there_is_nothing_to_do(acme: Brand) -> None:
    WorkerSign.objects.all().delete()
    ProviderAccount.objects.create(name="fake", paused_at=NOW())
    assert titles() == []


@pytest.mark.parametrize("why", ["in work", "called just now", "paused batch", "no money", "not due"])
def test_a_line_that_waits_for_a_reason_stands_not_still(why: str, acme: Brand) -> None:
    work = old(acme)
    if why == "in work":
        old(make_brand(), state="running", lease_until=NOW() + timedelta(minutes=1), started_at=NOW())
    elif why == "called just now":
        called(work, started_at=ago(minutes=1))
    elif why == "paused batch":
        Generation.objects.update(batch=make_batch(acme, paused_at=NOW()))
    elif why == "no money":
        Generation.objects.update(reserved=None)
    else:
        Generation.objects.update(retry_at=NOW())
    assert "The line for fake does not move" not in titles()


def test_the_budget_is_told_in_numbers(acme: Brand) -> None:
    no_money(acme)
    assert only().why == "$5.00 of $5.00 are spent or promised this month."
    assert only().do == Link(words="See the budget", path=reverse("spend:page", args=["acme"]))
    Budget.objects.update(limit=None)
    assert only().why == "It has no limit any more, and money is set aside for them soon."


def test_what_is_tried_later_tells_how_often_and_why(acme: Brand) -> None:
    tried_later(acme)
    work = Generation.objects.get()
    called(work, words="Busy.")
    [example] = only().examples
    assert example.path == reverse("studio:picture", args=["acme", work.pk])
    assert example.words.startswith(f"Acme, generation {work.pk}: called 2 times. The next try is at ")
    assert example.words.endswith("after this: Busy.")


def test_scenes_that_models_draft_are_told_of_too(acme: Brand) -> None:
    scene = make_scene(acme).scene
    draft = SceneDraft.objects.create(
        brand=acme,
        scene=scene,
        provider="fake",
        wish="1" * 64,
        state="failed",
        failure_code="outcome_unknown",
        ended_at=NOW(),
    )
    [example] = only().examples
    assert example.path == reverse("admin:generation_scenedraft_change", args=[draft.pk])
    assert example.words == f"Acme, scene draft {draft.pk}"


def test_it_counts_no_further_than_it_must(acme: Brand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "MOST", 3)
    monkeypatch.setattr("generation.watching.batches.MOST", 3)
    same = old(acme)
    alike = {
        name: getattr(same, name) for name in ("subject", "scene_version", "prompt_version", "output_format")
    }
    for _ in range(2):
        old(acme, **alike)
    assert only().how_many == "3 pictures"
    old(acme, **alike)
    old(acme, **alike)
    assert (only().count, only().how_many) == (4, "more than 3 pictures")
    Generation.objects.exclude(pk=same.pk).delete()
    assert only().how_many == "1 picture"


def test_it_asks_no_more_often_where_more_is_stuck(acme: Brand) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            look(Scope())
        return len(queries)

    for make in (lease_over, long_in_work, unknown):
        make(acme)
    first = asked()
    for make in (lease_over, long_in_work, unknown):
        make(make_brand())
    assert asked() == first < 30


# The page


@pytest.fixture
def operator() -> Client:
    return signed_in(make_user(username="root", is_superuser=True))


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page(client: Client) -> str:
    answer = client.get(reverse("admin:stuck"))
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_page_tells_it_with_the_way_out(operator: Client, acme: Brand) -> None:
    paused(acme)
    text = page(operator)
    resume = reverse("admin:generation_provideraccount_resume", args=[ProviderAccount.objects.get().pk])
    for words in (
        "Nobody calls fake",
        "No credit.",
        "1 picture",
        "since",
        f'href="{resume}"',
        "1 thing needs a look",
    ):
        assert words in text, words
    provider_accounts.resume("fake", by=None)
    Generation.objects.update(created_at=NOW())
    assert "Nothing is stuck." in page(operator)


@pytest.mark.parametrize("role", [Role.CURATOR, Role.OWNER])
def test_who_curates_sees_what_is_of_their_brands_and_no_way_to_resume(role: Role, acme: Brand) -> None:
    paused(acme)
    text = page(signed_in(make_user(acme, role)))
    assert "Nobody calls fake" in text
    assert "/resume/" not in text
    assert "The operator puts right what was wrong" in text
    assert "Nothing is stuck." in page(signed_in(make_user(make_brand(), role)))


@pytest.mark.parametrize("role", [Role.DESIGNER, Role.REVIEWER])
def test_it_is_no_page_for_others(role: Role, acme: Brand) -> None:
    paused(acme)
    answer = signed_in(make_user(acme, role)).get(reverse("admin:stuck"))
    assert (answer.status_code, b"Nobody calls" in answer.content) == (302, False)


def test_the_page_takes_no_orders(operator: Client) -> None:
    assert operator.post(reverse("admin:stuck")).status_code == 405


def test_words_of_others_are_no_markup(operator: Client, acme: Brand) -> None:
    old(acme)
    ProviderAccount.objects.create(name="fake", paused_at=NOW(), pause_words="<script>x</script>")
    assert "<script>x" not in page(operator)


def test_the_menu_leads_there(operator: Client) -> None:
    assert f'href="{reverse("admin:stuck")}"' in operator.get(reverse("admin:index")).content.decode()


# The command


def told() -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("stuck", stdout=out)
    except SystemExit as end:
        return int(str(end.code)), out.getvalue()
    return 0, out.getvalue()


def test_the_command_tells_the_same_and_ends_with_1(acme: Brand) -> None:
    assert told() == (0, "Nothing is stuck.\n")
    unknown(acme)
    lease_over(acme)
    status, text = told()
    assert status == 1
    assert "A worker has gone in the middle of its work (1 picture, for 5\xa0minutes)\n" in text
    picture = reverse("studio:picture", args=["acme", Generation.objects.get(state="failed").pk])
    assert f"  - Acme, generation {Generation.objects.get(state='failed').pk}  {picture}\n" in text


def test_files_that_should_be_gone_are_named(acme: Brand) -> None:
    not_deleted(acme)
    [example] = only().examples
    assert (example.words, only().how_many) == (str(Rendition.objects.get().file), "1 file")
