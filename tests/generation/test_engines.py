"""The task engines: whichever it is, workers hear of what is due, and nothing hangs on it."""

import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import LazySettings
from django.core.files.storage import Storage
from django.db import connection
from kombu.connection import Connection

from brandkit.accounts.models import Brand, User
from brandkit.common.models import Event
from brandkit.common.storage import keep, private_store
from generation import tasks
from generation.batches import asking
from generation.models import Generation, Output
from tests.conftest import stored_files
from tests.generation.batches.plans import as_is, counted, pictures, plan_of
from tests.generation.scripts import outcomes, use, wanted
from tests.standins.processes import call_log, calls, eventually, process
from tests.standins.s3 import buckets, s3_server

REDIS = os.environ.get("BRANDKIT_TEST_REDIS", "redis://127.0.0.1:6379/0")
RABBITMQ = os.environ.get("BRANDKIT_TEST_RABBITMQ", "amqp://guest:guest@127.0.0.1:5672//")
NOBODY = "127.0.0.1:1"
ENGINES = {
    "Huey in a file": ("huey", ""),
    "Huey on Redis": ("huey", REDIS),
    "Celery on Redis": ("celery", REDIS),
    "Celery on RabbitMQ": ("celery", RABBITMQ),
}


def broker_is_there(url: str) -> bool:
    patience = {"connect_timeout": 2, "transport_options": {"socket_connect_timeout": 2}}
    try:
        with Connection(url, **patience) as broker:  # type: ignore[no-untyped-call]
            broker.ensure_connection(max_retries=1, interval_start=0, timeout=2)
    except Exception:
        return False
    return True


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest, settings: LazySettings) -> Iterator[dict[str, str]]:
    """Its settings, which this process and the workers that it starts have. Its queue is its own."""
    name, url = ENGINES[request.param]
    if url and not broker_is_there(url):
        assert os.environ.get("CI") != "true", f"There is no broker at {url}."
        pytest.skip(f"!!! There is no broker at {url}.")
    environment = {
        "BRANDKIT_ENGINE": name,
        "BRANDKIT_ENGINE_URL": url,
        "BRANDKIT_ENGINE_PREFIX": f"tests-{uuid4().hex}",
    }
    for each, value in environment.items():
        setattr(settings, each, value)
    yield environment
    if url:
        remove_queue(url, environment["BRANDKIT_ENGINE_PREFIX"])


def remove_queue(url: str, prefix: str) -> None:
    with Connection(url) as broker:  # type: ignore[no-untyped-call]
        if url.startswith("amqp"):
            broker.default_channel.queue_delete(prefix)
            broker.default_channel.exchange_delete(prefix)
        else:
            client = broker.default_channel.client
            for key in client.keys(f"*{prefix}*"):
                client.delete(key)


@pytest.mark.worker
@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor == "sqlite", reason="engines and databases know nothing of each other")
def test_it_hears_pays_once_and_ends_in_good_order(engine: dict[str, str]) -> None:
    go = call_log().with_name("go")
    script = [{"do": "picture", "until": str(go)}]
    with process("work", script=script, **engine) as worker:
        generation = wanted()
        tasks.dispatch(5)
        eventually(lambda: calls() == 1, of=worker)
        tasks.dispatch(5)
        worker.terminate()
        go.touch()
        assert worker.wait(60) == 0
    generation.refresh_from_db()
    assert (generation.state, outcomes(generation), calls()) == ("succeeded", ["picture"], 1)


@pytest.mark.s3
@pytest.mark.worker
@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor == "sqlite", reason="several machines need PostgreSQL")
@pytest.mark.parametrize("engine", ["Celery on RabbitMQ"], indirect=True)
def test_two_machines_share_a_batch_and_a_store(
    engine: dict[str, str], settings: LazySettings, tmp_path: Path, brand: Brand, designer: User
) -> None:
    use(settings)
    go = call_log().with_name("go")
    script = [{"do": "picture", "until": str(go)}]
    plan, files = plan_of(brand, 5, by=designer, provider="fake"), stored_files()
    with s3_server() as url, buckets(url) as stores, ExitStack() as machines:
        for file in files:
            path = Path(settings.DATA_DIR) / file
            keep(private_store(), str(path.relative_to(path.parents[1])), path.read_bytes())
        for name in "ab":
            own = {**engine, **stores, "BRANDKIT_DATA_DIR": str(tmp_path / name)}
            worker = machines.enter_context(process("work", script=script, **own))
        batch = asking.ask(plan)
        eventually(lambda: calls() == 4, of=worker)  # each has two threads
        go.touch()
        eventually(lambda: as_is(batch).state == "ended", of=worker)
        shown = {name for output in Output.objects.all() for name in output_files(output)}
        assert set(stored_in(private_store(), "outputs")) == shown
    assert (len(shown), counted(batch), calls()) == (15, {"succeeded": 5}, 5)
    assert [outcomes(picture) for picture in pictures(batch)] == [["picture"]] * 5
    claims = Event.objects.filter(kind="generation.running").values_list("data__worker", flat=True)
    assert (len(claims), len(set(claims))) == (5, 2)
    assert [notice.kind for notice in designer.notices.all()] == ["batch.ended"]
    assert set(stored_files()) - set(files) == {"tmp/calls", "tmp/go"}
    assert [path for path in tmp_path.rglob("private/*") if path.is_file()] == []


def output_files(output: Output) -> list[str]:
    return [str(file.name) for file in (output.picture, output.preview, output.thumbnail)]


def stored_in(store: Storage, folder: str) -> Iterator[str]:
    """Names of all files below it."""
    folders, files = store.listdir(folder)
    yield from (f"{folder}/{name}" for name in files)
    for name in folders:
        yield from stored_in(store, f"{folder}/{name}")


def test_it_brings_every_message(engine: dict[str, str]) -> None:
    heard = threading.Semaphore(0)
    with tasks.listening(heard.release):
        tasks.dispatch(3)
        assert [heard.acquire(timeout=30) for _ in range(3)] == [True] * 3


@pytest.mark.parametrize(
    ("name", "url"),
    [("huey", f"redis://{NOBODY}/0"), ("celery", f"redis://{NOBODY}/0"), ("celery", f"amqp://{NOBODY}//")],
)
def test_it_keeps_nobody_waiting_where_the_broker_is_away(
    name: str,
    url: str,
    settings: LazySettings,
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings.BRANDKIT_ENGINE, settings.BRANDKIT_ENGINE_URL = name, url
    tasks.dispatch(3)
    tasks.dispatch()
    told = [record.getMessage() for record in caplog.records if record.name == "generation.tasks"]
    assert told == ["Workers could not be told that something is due. They will see it by themselves."]


@pytest.mark.worker
@pytest.mark.django_db(transaction=True)
def test_it_makes_pictures_although_the_broker_is_away() -> None:
    wanted()
    away = {"BRANDKIT_ENGINE": "celery", "BRANDKIT_ENGINE_URL": f"amqp://{NOBODY}//"}
    with process("work", script=[{"do": "picture"}], **away) as worker:
        eventually(lambda: Generation.objects.filter(state="succeeded"), of=worker)
        worker.terminate()
        assert worker.wait(60) == 0


def test_it_runs_nothing_that_somebody_else_has_written(settings: LazySettings) -> None:
    """Huey's messages are pickled: whoever writes to the Redis must not run code here."""
    settings.BRANDKIT_ENGINE, settings.BRANDKIT_ENGINE_URL = "huey", f"redis://{NOBODY}/0"
    serializer = tasks.engine()._huey.serializer  # type: ignore[attr-defined]
    message = serializer.serialize({"any": "thing"})
    assert serializer.deserialize(message) == {"any": "thing"}
    with pytest.raises(ValueError, match="Signature"):
        serializer.deserialize(message[:-1] + b"0")
