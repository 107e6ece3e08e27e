"""/metrics: who may read it, and that its numbers are those of the database."""

from collections import defaultdict
from datetime import datetime, timedelta
from decimal import Decimal
from math import inf
from random import Random
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from prometheus_client import parser
from prometheus_client.openmetrics import parser as openmetrics

from brandkit.accounts.models import Brand
from brandkit.common.environment import Environment
from brandkit.common.models import record
from brandkit.log_settings import metrics_token
from generation import queueing
from generation.budgets import month_of
from generation.models import (
    Attempt,
    Batch,
    BatchProgress,
    Budget,
    Generation,
    ProviderAccount,
    SceneDraft,
    WorkerSign,
)
from generation.watching import reading, tally
from generation.watching.tally import Tally
from review.models import Review
from tests.factories import make_brand, make_generation, make_prompt, make_scene
from tests.review.factories import make_review

pytestmark = pytest.mark.django_db
TOKEN = "a-token-for-prometheus"
OPENMETRICS = "application/openmetrics-text; version=1.0.0"
Samples = dict[str, dict[tuple[str, ...], float]]


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """A process that has read nothing yet."""
    settings.BRANDKIT_METRICS_TOKEN = TOKEN
    monkeypatch.setattr(reading, "reading", reading.Reading())


@pytest.fixture
def always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every look reads anew."""
    monkeypatch.setattr(reading, "FRESH", 0)


@pytest.fixture
def acme() -> Brand:
    return make_brand(slug="acme")


def ask(accept: str = "", **headers: str) -> Any:
    given = {"Authorization": f"Bearer {TOKEN}", "Accept": accept, **headers}
    return Client().get("/metrics", headers=given)


def told(text: str = "") -> Samples:
    """Name to labels, in the order of their names, to the value."""
    found: Samples = defaultdict(dict)
    read: Any = parser.text_string_to_metric_families
    for family in read(text or ask().content.decode()):
        for sample in family.samples:
            labels = tuple(sample.labels[name] for name in sorted(sample.labels))
            found[sample.name.removeprefix("brandkit_")][labels] = sample.value
    return found


def attempt(work: Generation, **fields: Any) -> Attempt:
    given = {
        "brand": work.brand,
        "generation": work,
        "number": work.attempts.count() + 1,
        "provider": "fake",
        "model": "fake-1",
        "outcome": "picture",
        "started_at": timezone.now(),
        "seconds": 7.0,
        "cost": Decimal("0.134"),
    }
    return Attempt.objects.create(**{**given, **fields})


def test_there_is_no_such_page_without_a_token(settings: Any) -> None:
    settings.BRANDKIT_METRICS_TOKEN = ""
    assert ask().status_code == 404
    assert ask(Authorization="Bearer ").status_code == 404


WRONG = ("", "Bearer ", TOKEN, f"Bearer {TOKEN[:-1]}", f"Token {TOKEN}", "Bearer \xfc")


@pytest.mark.parametrize("given", WRONG)
def test_it_tells_nothing_without_the_right_token(given: str) -> None:
    answer = ask(Authorization=given)
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")
    assert b"brandkit_" not in answer.content


def test_it_takes_no_orders() -> None:
    assert Client().post("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 405


@pytest.mark.parametrize("token", ["too short", "with a blank in its middle", "x" * 15])
def test_it_wants_a_token_that_nobody_guesses(token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BRANDKIT_METRICS_TOKEN", token)
    with pytest.raises(ImproperlyConfigured, match="BRANDKIT_METRICS_TOKEN must be at least 16 letters"):
        metrics_token(Environment())


def test_it_is_read_by_prometheus_in_both_of_its_formats(acme: Brand) -> None:
    attempt(make_generation(acme))
    plain, strict = ask(), ask(OPENMETRICS)
    assert plain["Content-Type"].startswith("text/plain; version=0.0.4")
    assert strict["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
    read: Any = openmetrics.text_string_to_metric_families
    families = list(read(strict.content.decode()))
    assert {family.name for family in families} >= {"brandkit_queue_length", "brandkit_attempts"}
    assert all(family.documentation for family in families)
    same = {sample.name for family in families for sample in family.samples}
    assert {f"brandkit_{name}" for name in told(plain.content.decode())} == same
    assert "no-store" in plain["Cache-Control"]


def test_it_tells_how_long_the_line_is_and_since_when(acme: Brand) -> None:
    now = timezone.now()
    first = make_generation(acme, provider="fake")
    made(first, now - timedelta(minutes=10))
    make_generation(acme, provider="fake", retry_at=now + timedelta(minutes=1))
    make_generation(acme, provider="other", reserved=None)
    make_generation(make_brand(slug="zeta"), provider="fake")
    make_generation(acme, provider="fake", state="succeeded")
    found = told()
    assert found["queue_length"] == {
        ("acme", "generation", "fake"): 2,
        ("zeta", "generation", "fake"): 1,
    }
    oldest = found["queue_oldest_seconds"]
    assert oldest["acme", "generation", "fake"] == pytest.approx(600, abs=30)
    assert oldest["zeta", "generation", "fake"] < 30
    assert found["waiting_for_budget"] == {("acme", "generation"): 1}


def made(work: Generation, at: datetime) -> None:
    Generation.objects.filter(pk=work.pk).update(created_at=at)


def test_what_is_asked_for_again_waits_since_then(acme: Brand) -> None:
    work = make_generation(acme, state="failed")
    made(work, timezone.now() - timedelta(days=90))
    work.refresh_from_db()
    queueing.put_back(work, None, send=False)
    assert told()["queue_oldest_seconds"]["acme", "generation", "compositor"] < 30


def test_what_comes_back_by_itself_waits_since_it_was_asked_for(acme: Brand) -> None:
    work = make_generation(acme)
    made(work, timezone.now() - timedelta(days=1))
    record("generation.queued", work, asked="")
    assert told()["queue_oldest_seconds"]["acme", "generation", "compositor"] == pytest.approx(86400, abs=30)


def test_it_tells_what_is_in_work_and_at_which_stage(acme: Brand) -> None:
    now = timezone.now()
    soon = now + timedelta(minutes=1)
    for fields in ({"lease_until": soon}, {"lease_until": soon}, {"lease_until": soon, "fetched": "a.png"}):
        make_generation(acme, state="running", **fields)
    make_generation(acme, state="running", lease_until=now - timedelta(seconds=1), fetched="a.png")
    draft = make_scene(acme)
    SceneDraft.objects.create(
        brand=acme, scene=draft.scene, provider="fake", wish="1" * 64, state="running", lease_until=soon
    )
    assert told()["in_flight"] == {
        ("acme", "generation", "compositor", "call"): 2,
        ("acme", "generation", "compositor", "finish"): 1,
        ("acme", "generation", "compositor", "lost"): 1,
        ("acme", "scene_draft", "fake", "call"): 1,
    }


def test_it_counts_attempts_by_what_came_of_them(acme: Brand) -> None:
    work = make_generation(acme)
    attempt(work, seconds=5.0)
    attempt(work, seconds=5.1)
    attempt(work, seconds=700.0, outcome="later", cost=0)
    attempt(work, seconds=0.2, outcome="refused", provider="other", model="other-1", cost=Decimal("0.0011"))
    attempt(make_generation(make_brand(slug="zeta")), seconds=None)
    found = told()
    assert found["attempts_total"] == {
        ("fake-1", "picture", "fake"): 3,
        ("fake-1", "later", "fake"): 1,
        ("other-1", "refused", "other"): 1,
    }
    assert found["spend_dollars_total"] == {
        ("acme", "fake-1", "fake"): pytest.approx(0.268),
        ("acme", "other-1", "other"): pytest.approx(0.0011),
        ("zeta", "fake-1", "fake"): pytest.approx(0.134),
    }
    buckets = found["attempt_seconds_bucket"]
    expected = {"2.5": 0, "5.0": 1, "10.0": 2, "600.0": 2, "+Inf": 3}
    assert {end: buckets[end, "fake-1", "fake"] for end in expected} == expected
    assert found["attempt_seconds_count"]["fake-1", "fake"] == 3
    assert found["attempt_seconds_sum"]["fake-1", "fake"] == pytest.approx(710.1)


def test_a_call_counts_once_its_answer_has_come(always: None, acme: Brand) -> None:
    one = attempt(make_generation(acme), outcome="unknown", seconds=None)
    assert told()["attempts_total"] == {}
    Attempt.objects.filter(pk=one.pk).update(outcome="picture", seconds=3)
    assert told()["attempts_total"] == {("fake-1", "picture", "fake"): 1}


def test_a_call_that_no_answer_came_of_counts_after_an_hour(acme: Brand) -> None:
    began = timezone.now() - timedelta(minutes=61)
    attempt(make_generation(acme), outcome="unknown", seconds=None, started_at=began)
    assert told()["attempts_total"] == {("fake-1", "unknown", "fake"): 1}
    assert told()["spend_dollars_total"] == {("acme", "fake-1", "fake"): pytest.approx(0.134)}


def test_no_number_falls_where_an_answer_turns_out_to_be_none(always: None, acme: Brand) -> None:
    """A picture that can't be opened was none after all."""
    work = make_generation(acme)
    one = attempt(work)
    assert told()["attempts_total"] == {("fake-1", "picture", "fake"): 1}
    Attempt.objects.filter(pk=one.pk).update(outcome="later")
    both = {("fake-1", "picture", "fake"): 1, ("fake-1", "later", "fake"): 1}
    assert told()["attempts_total"] == both
    attempt(work)
    assert told()["attempts_total"] == both
    attempt(work)
    assert told()["attempts_total"]["fake-1", "picture", "fake"] == 2


def test_it_reads_old_attempts_once_and_no_number_falls(always: None, acme: Brand) -> None:
    work, long_ago = make_generation(acme), timezone.now() - timedelta(days=1)
    old = [attempt(work, started_at=long_ago) for _ in range(3)]
    attempt(work)
    assert told()["attempts_total"]["fake-1", "picture", "fake"] == 4
    Attempt.objects.filter(pk__in=[each.pk for each in old]).delete()
    attempt(work, number=9)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert told()["attempts_total"]["fake-1", "picture", "fake"] == 5
    sums = [query["sql"] for query in asked if "SUM(" in query["sql"] and "attempt" in query["sql"]]
    assert len(sums) == 1
    assert f"> {old[-1].pk}" in sums[0]


def test_its_sums_are_those_of_the_rows_whenever_it_looked(acme: Brand) -> None:
    """Attempts of all ages, looked at between them; in the end it agrees with one that reads all at once."""
    works = [make_generation(acme), make_generation(make_brand())]
    one = Tally()
    random = Random(4)
    for number in range(60):
        ago = timedelta(minutes=120 - 2 * number)
        attempt(
            works[number % 2],
            started_at=timezone.now() - ago,
            outcome=random.choice(["picture", "later", "unknown"]),
            seconds=random.choice([None, 0.5, 4.0, 1000.0]),
            cost=Decimal(random.randrange(1000)) / 1000,
        )
        if number % 7 == 0:
            one.read()
    sums, anew = one.read(), Tally().read()
    assert {line: (each.attempts, each.took) for line, each in sums.items()} == {
        line: (each.attempts, each.took) for line, each in anew.items()
    }
    for line, each in anew.items():
        assert sums[line].dollars == pytest.approx(each.dollars)
        assert sums[line].seconds == pytest.approx(each.seconds)
    waits = Attempt.objects.filter(outcome="unknown", seconds=None)
    young = waits.filter(started_at__gt=timezone.now() - tally.SETTLED)
    assert sum(each.attempts for each in sums.values()) == 60 - young.count()


@pytest.mark.parametrize(("seconds", "age", "alive"), [([], inf, 0), ([5, 600], 5, 1), ([600], 600, 0)])
def test_it_tells_of_workers(seconds: list[float], age: float, alive: int) -> None:
    for number, ago in enumerate(seconds):
        WorkerSign.objects.create(worker=f"w{number}", seen_at=timezone.now() - timedelta(seconds=ago))
    found = told()
    assert found["workers"][()] == alive
    assert found["worker_last_sign_seconds"][()] == pytest.approx(age, abs=30)


def test_it_tells_how_accounts_stand(settings: Any) -> None:
    names = ("open", "paused", "closed")
    settings.BRANDKIT_PROVIDERS = {name: {"BACKEND": "generation.providers.fake.Fake"} for name in names}
    ProviderAccount.objects.create(name="paused", paused_at=timezone.now())
    ProviderAccount.objects.create(name="closed", closed_until=timezone.now() + timedelta(hours=1))
    stands = told()["provider_account"]
    assert {labels for labels, value in stands.items() if value} == {(name, name) for name in names}
    assert len(stands) == 9


def test_it_tells_of_batches_and_money(acme: Brand) -> None:
    prompt = make_prompt(acme)
    kinds = (("filling", False, 5), ("running", False, 7), ("running", True, 9), ("ended", False, 0))
    for state, paused, queued in kinds:
        batch = Batch.objects.create(
            brand=acme,
            name="b",
            prompt_version=prompt,
            provider="fake",
            state=state,
            paused_at=timezone.now() if paused else None,
        )
        BatchProgress.objects.create(batch=batch, queued=queued)
    now = month_of(timezone.now())
    Budget.objects.create(brand=acme, month="2026-10-01", limit=5, spent=5)
    Budget.objects.create(brand=acme, month=now, limit=100, spent=Decimal("12.5"), reserved=3)
    Budget.objects.create(brand=make_brand(slug="zeta"), month=now, spent=1)
    Budget.objects.create(brand=make_brand(slug="old"), month="2026-10-01", limit=7, spent=7, reserved=2)
    found = told()
    assert found["batches"] == {("acme", "filling"): 1, ("acme", "running"): 1, ("acme", "paused"): 1}
    assert found["batch_pictures_queued"] == {
        ("acme", "filling"): 5,
        ("acme", "running"): 7,
        ("acme", "paused"): 9,
    }
    assert found["budget_dollars"] == {
        ("acme", "limit"): 100,
        ("acme", "spent"): 12.5,
        ("acme", "reserved"): 3,
        ("zeta", "spent"): 1,
        ("zeta", "reserved"): 0,
        ("old", "limit"): 7,
        ("old", "spent"): 0,
        ("old", "reserved"): 2,
    }


def test_it_tells_of_the_review_queue(acme: Brand) -> None:
    reviews = [make_review(acme) for _ in range(4)]
    Review.objects.filter(pk=reviews[0].pk).update(created_at=timezone.now() - timedelta(hours=1))
    Review.objects.filter(pk=reviews[2].pk).update(state="approved", problem="The store is full.")
    Review.objects.filter(pk=reviews[3].pk).update(state="approved")  # its ten seconds are not over
    found = told()
    assert found["review_queue_length"] == {("acme",): 2}
    assert found["review_queue_oldest_seconds"]["acme",] == pytest.approx(3600, abs=30)
    assert found["unpublished"] == {("acme",): 1}


def test_it_asks_the_database_no_more_often_the_more_there_is(always: None, acme: Brand) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert ask().status_code == 200
        return len(queries)

    make_review(acme)
    attempt(make_generation(acme))
    Budget.objects.create(brand=acme, month="2026-11-01")
    first = asked()
    for _ in range(3):
        brand = make_brand()
        make_review(brand)
        attempt(make_generation(brand, provider="other"))
        Budget.objects.create(brand=brand, month="2026-11-01")
    assert asked() == first <= 20


def test_who_asks_again_at_once_is_told_the_same(acme: Brand) -> None:
    first = ask().content
    make_generation(acme)
    with CaptureQueriesContext(connection) as queries:
        assert ask().content == first
    assert len(queries) == 0
