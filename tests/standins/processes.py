"""Real processes of brandkit, on the database and the stores of the test that starts them."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

# Short enough to wait for, long enough for a busy machine's heartbeat.
QUICK = {
    "BRANDKIT_LEASE_SECONDS": "5",
    "BRANDKIT_HEARTBEAT_SECONDS": "1",
    "BRANDKIT_SWEEP_SECONDS": "1",
    "BRANDKIT_WORKER_THREADS": "2",
}


Script = list[dict[str, Any]]
Process = subprocess.Popen[bytes]


@contextmanager
def process(*arguments: str, script: Script, **changes: str) -> Iterator[Process]:
    """`manage.py` with these arguments, and a provider `fake` with that script; killed after the block."""
    environment = environment_of_test(**{"TEST_PROVIDERS": json.dumps({"fake": fake(script)}), **changes})
    command = [sys.executable, "manage.py", *arguments]
    child = subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment)
    try:
        yield child
    finally:
        child.kill()
        child.wait()


def environment_of_test(**changes: str) -> dict[str, str]:
    """Ours, with the test's database and stores, and short leases. changes: TEST_PROVIDERS at least."""
    settings_module = "tests.standins.process_settings"
    own = {"DJANGO_SETTINGS_MODULE": settings_module, "DATABASE_URL": database_url()}
    return {**os.environ, **QUICK, **own, **changes}


def fake(script: Script) -> dict[str, Any]:
    options = {"script": script, "log": str(call_log())}
    return {"BACKEND": "generation.providers.fake.Fake", "OPTIONS": options}


def call_log() -> Path:
    """A line for every call to the provider."""
    return Path(settings.DATA_DIR) / "tmp" / "calls"


def calls() -> int:
    return len(call_log().read_text().splitlines()) if call_log().exists() else 0


def database_url() -> str:
    """The address of the test's own database."""
    given = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{given['NAME']}"
    person = given["USER"] + (f":{given['PASSWORD']}" if given["PASSWORD"] else "")
    return f"postgres://{person}@{given['HOST']}:{given['PORT'] or 5432}/{given['NAME']}"


def eventually(condition: Callable[[], Any], *, of: Process | None = None, seconds: float = 60) -> Any:
    """Wait for `condition` to hold and give what it gave. of: the process that should bring it about.

    The deadline only ends a test that has failed.
    """
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "it did not happen in time"
        assert of is None or of.poll() is None, "the process has ended"
        time.sleep(0.05)
    return value
