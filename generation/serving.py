"""The web server and a worker as two child processes that start and stop together."""

import ctypes
import hashlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

WEB = ("-m", "granian", "--interface", "wsgi", "--http", "1", "--no-ws", "--blocking-threads", "8")
QUIET = ("--log-level", "error", "--workers-kill-timeout", "10")
WORKER = ("-m", "django", "run_huey")
# Many threads with an arena each keep what they freed: 353 MB against 198 MB at 32 answers of 20 MB.
WORKER_ENVIRONMENT = {"MALLOC_ARENA_MAX": "2"}
BEHIND = 5
"""Niceness of the worker: pages answer first."""

Children = Mapping[str, "subprocess.Popen[bytes]"]


def serve(host: str, port: int) -> str:
    """Run both until a signal comes (SIGTERM, SIGINT) or one of them ends; then stop both.

    Returns the name of the one that ended by itself, or that did not end well; empty if all is well.
    """
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    children = {
        "web server": _start(*WEB, *QUIET, "--host", host, "--port", str(port), "brandkit.wsgi:application"),
        "worker": _start(*WORKER, **WORKER_ENVIRONMENT),
    }
    os.setpriority(os.PRIO_PROCESS, children["worker"].pid, BEHIND)
    try:
        return _watch(children, stop)
    finally:
        _stop(children)


def collect_static() -> None:
    """Put styles and scripts where they are served from, if any has changed since the last time."""
    stamp = Path(settings.STATIC_ROOT) / ".collected"
    now = _static_digest()
    if not stamp.exists() or stamp.read_text() != now:
        call_command("collectstatic", interactive=False, verbosity=0)
        stamp.write_text(now)


def _static_digest() -> str:
    found = hashlib.sha256()
    for path in sorted(_static_files()):
        found.update(f"{path} {path.stat().st_size} {path.stat().st_mtime_ns}\n".encode())
    return found.hexdigest()


def _static_files() -> Iterator[Path]:
    for finder in get_finders():
        for name, storage in finder.list([]):
            yield Path(storage.path(name))


def _start(*arguments: str, **environment: str) -> "subprocess.Popen[bytes]":
    """In a session of its own: a Ctrl-C reaches only us, and we stop it in good order."""
    return subprocess.Popen(  # noqa: S603 -- our own interpreter and modules
        [sys.executable, *arguments],
        cwd=settings.BASE_DIR,
        env={**os.environ, **environment},
        start_new_session=True,
        preexec_fn=_end_with_parent if sys.platform == "linux" else None,
    )


def _end_with_parent() -> None:
    """Have the system stop this process when the one that started it is gone, even by SIGKILL."""
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)


def _watch(children: Children, stop: threading.Event) -> str:
    while not stop.wait(0.2):
        for name, child in children.items():
            if child.poll() is not None:
                return name
    return ""


def _stop(children: Children) -> None:
    for child in children.values():
        with suppress(ProcessLookupError):
            child.terminate()
    for child in children.values():
        with suppress(subprocess.TimeoutExpired):
            child.wait(settings.BRANDKIT_STOP_SECONDS + 15)
        with suppress(ProcessLookupError):  # it may have left children of its own, or not have ended
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
