"""`manage.py serve`: the web server and the worker, started and stopped together."""

import http.client
import json
import os
import signal
import socket
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from generation.models import Generation
from generation.tasks import dispatch
from tests.factories import make_brand, make_generation
from tests.standins.processes import calls, eventually, process

pytestmark = [pytest.mark.worker, pytest.mark.one_database, pytest.mark.django_db(transaction=True)]
PICTURE: list[dict[str, Any]] = [{"do": "picture"}]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def ready(port: int) -> dict[str, Any] | None:
    """What /readyz says, once it says yes."""
    web = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        web.request("GET", "/readyz")
        response = web.getresponse()
        body = json.loads(response.read())
        return body if response.status == 200 else None
    except ConnectionError:
        return None
    finally:
        web.close()


def offspring(pid: int) -> list[int]:
    """Every process below this one."""
    children = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return children + [each for child in children for each in offspring(child)]


def running(pids: list[int]) -> list[str]:
    """Which of them still run, by their state and command."""
    found = []
    for pid in pids:
        stat = Path(f"/proc/{pid}/stat")
        try:
            if " Z " not in stat.read_text():
                found.append(Path(f"/proc/{pid}/cmdline").read_text())
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def test_it_serves_and_works_and_stops_both() -> None:
    port = free_port()
    with process("serve", "--port", str(port), script=PICTURE) as server:
        body = eventually(lambda: ready(port), of=server)
        make_generation(make_brand(), provider="fake")
        dispatch()
        eventually(lambda: Generation.objects.filter(state="succeeded"), of=server)
        below = offspring(server.pid)
        server.send_signal(signal.SIGTERM)
        assert server.wait(90) == 0
    assert body == {
        "ready": True,
        "database": "ok",
        "private_store": "ok",
        "public_store": "ok",
        "worker": "ok",
        "providers": {"compositor": "ok", "fake": "ok"},
    }
    assert len(below) >= 3
    assert eventually(lambda: not running(below))


def test_it_waits_for_paid_calls_and_hands_them_back_when_told_twice() -> None:
    generation = make_generation(make_brand(), provider="fake")
    dispatch()
    script = [{"do": "picture", "until": "/nobody/makes/this"}]
    patience = {"BRANDKIT_LEASE_SECONDS": "600"}
    with process("serve", "--port", str(free_port()), script=script, **patience) as server:
        eventually(lambda: calls() == 1, of=server)
        below = offspring(server.pid)
        [web] = [pid for pid in below if "granian" in running([pid])[0]][:1]
        server.send_signal(signal.SIGINT)
        eventually(lambda: not running([web]), of=server)
        assert not Generation.objects.claimable(timezone.now()).exists()
        server.send_signal(signal.SIGINT)
        assert server.wait(90) == 0
    assert list(Generation.objects.claimable(timezone.now())) == [generation]
    assert eventually(lambda: not running(below))


@pytest.mark.parametrize("victim", ["granian", "work"])
def test_it_stops_one_when_the_other_dies(victim: str) -> None:
    port = free_port()
    with process("serve", "--port", str(port), script=PICTURE) as server:
        eventually(lambda: ready(port), of=server)
        below = offspring(server.pid)
        os.kill(next(pid for pid in below if victim in running([pid])[0]), signal.SIGKILL)
        assert server.wait(90) == 1
    assert eventually(lambda: not running(below))


def test_it_leaves_nothing_running_when_it_is_killed_itself() -> None:
    port = free_port()
    with process("serve", "--port", str(port), script=PICTURE) as server:
        eventually(lambda: ready(port), of=server)
        below = offspring(server.pid)
        server.kill()
        assert eventually(lambda: not running(below))
