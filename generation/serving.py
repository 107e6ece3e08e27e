"""The web server and a worker as two child processes that start and stop together."""

import ctypes
import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

WEB = ("-m", "granian", "--interface", "wsgi", "--http", "1", "--no-ws", "--blocking-threads", "8")
QUIET = ("--log-level", "error", "--workers-kill-timeout", "10")
WORKER = ("-m", "django", "work")
# Many threads with an arena each keep what they freed: 353 MB against 198 MB at 32 answers of 20 MB.
WORKER_ENVIRONMENT = {"MALLOC_ARENA_MAX": "2"}
BEHIND = 5
"""Niceness of the worker: pages answer first."""

TO_END = 15.0
"""Seconds for what is left to do once no call is waited for."""

Children = Mapping[str, "subprocess.Popen[bytes]"]


def serve(host: str, port: int) -> str:
    """Run both until a signal comes (SIGTERM, SIGINT) or one of them ends; then stop both.

    The worker ends the calls that it is in: they are paid for. A second signal has it hand them back at once.
    Returns the name of the one that ended by itself, or that did not end well; empty if all is well.
    """
    stop, hurry = threading.Event(), threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: (hurry if stop.is_set() else stop).set())
    children = {
        "web server": _start(*WEB, *QUIET, "--host", host, "--port", str(port), "brandkit.wsgi:application"),
        "worker": _start(*WORKER, **WORKER_ENVIRONMENT),
    }
    os.setpriority(os.PRIO_PROCESS, children["worker"].pid, BEHIND)
    try:
        return _watch(children, stop)
    finally:
        stop.set()
        _stop(children, hurry)


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


def _stop(children: Children, hurry: threading.Event) -> None:
    _terminate(children)
    _wait(children, settings.BRANDKIT_STOP_SECONDS + TO_END, hurry)
    if hurry.is_set():
        _terminate(children)  # to the worker, the second one means: hand back what you have
        _wait(children, TO_END)
    for child in children.values():
        with suppress(ProcessLookupError):  # it may have left children of its own, or not have ended
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def _terminate(children: Children) -> None:
    for child in children.values():
        with suppress(ProcessLookupError):
            child.terminate()


def _wait(children: Children, seconds: float, hurry: threading.Event | None = None) -> None:
    """Until all have ended, the time is over, or somebody is in a hurry."""
    until = time.monotonic() + seconds
    while any(child.poll() is None for child in children.values()) and time.monotonic() < until:
        if hurry and hurry.is_set():
            return
        time.sleep(0.1)
