"""/healthz and /readyz: what they say, and when."""

import shutil
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError
from django.test import Client
from django.utils import timezone

from generation.models import ProviderAccount, WorkerSign

A_MOMENT = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)
ALL_WELL = {
    "ready": True,
    "database": "ok",
    "private_store": "ok",
    "public_store": "ok",
    "worker": "ok",
    "providers": {"compositor": "ok"},
}


def seen(seconds_ago: float) -> None:
    WorkerSign.objects.create(worker="w", seen_at=timezone.now() - timedelta(seconds=seconds_ago))


def test_it_is_alive_without_a_database(client: Client) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"alive\n")


@pytest.mark.django_db
def test_it_is_ready_where_all_is_well(client: Client) -> None:
    seen(10)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, ALL_WELL)
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.django_db
def test_it_is_not_ready_without_a_worker(client: Client) -> None:
    answer = client.get("/readyz")
    words = "no worker has been seen: start one with manage.py work"
    assert (answer.status_code, answer.json()) == (503, {**ALL_WELL, "ready": False, "worker": words})


@pytest.mark.django_db
def test_it_is_not_ready_when_the_worker_fell_silent(client: Client) -> None:
    seen(300)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["worker"].startswith("the last sign of life was 30")


@pytest.mark.django_db
def test_it_is_not_ready_when_a_store_is_gone(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    seen(10)
    monkeypatch.setattr("generation.health.os.access", lambda *_: False)
    answer = client.get("/readyz")
    words = "can't be written to"
    expected = {**ALL_WELL, "ready": False, "private_store": words, "public_store": words}
    assert (answer.status_code, answer.json()) == (503, expected)


@pytest.mark.django_db
def test_it_is_not_ready_when_the_disk_is_full(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    seen(10)
    usage = shutil.disk_usage("/")._replace(free=5 * 2**20)
    monkeypatch.setattr("generation.health.shutil.disk_usage", lambda _: usage)
    assert client.get("/readyz").json()["public_store"] == "only 5 MB of room are left"


@pytest.mark.django_db
def test_it_names_no_secrets_when_the_database_is_away(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> Any:
        raise DatabaseError("no route to db.internal")

    seen(10)
    monkeypatch.setattr("generation.health.connection.cursor", away)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["database"] == "does not answer (DatabaseError)"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("account", "words"),
    [
        ({"paused_at": A_MOMENT, "pause_code": "no_credit", "pause_words": "Buy some."}, "paused: no_credit"),
        ({"closed_until": A_MOMENT + timedelta(days=9000)}, "closed until 2051-07-12T12:30:00Z"),
        ({"closed_until": A_MOMENT, "slowed_at": A_MOMENT, "pace": 0.5}, "ok"),
    ],
)
def test_it_is_ready_and_tells_where_pictures_wait_for_a_provider(
    client: Client, account: dict[str, Any], words: str
) -> None:
    seen(10)
    ProviderAccount.objects.create(name="compositor", **account)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {**ALL_WELL, "providers": {"compositor": words}})


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_it_takes_no_orders(client: Client, path: str) -> None:
    assert client.post(path).status_code == 405
