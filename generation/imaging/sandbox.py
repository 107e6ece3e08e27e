"""Runs a function in a child process with limits: for work on files from strangers.

A web server or a worker has many threads, and forking those is not safe; starting a fresh Python takes half
a second. So the first job starts a small process beside (`zygote`), which has the decoders loaded, no Django
and no environment with secrets, and which forks a child for each job: a few milliseconds. A child gets open
files, never paths, and answers with JSON, never with a pickle: a decoder that was taken over has little to
hold on to.
"""

import atexit
import errno
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).parents[2]
CORES = len(os.sched_getaffinity(0))
# Nothing of our settings; one thread in the numeric libraries, so that forking is safe; and large pages:
# they save a fifth of a child's time, as it touches all of its memory for the first time.
KEPT = ("PATH", "LD_LIBRARY_PATH", "PYTHONPATH", "LANG", "LC_ALL", "TMPDIR")
ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
}


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """What a child may use: bytes of address space, seconds of computing, seconds by the clock."""

    memory: int = 2 * 2**30
    cpu: int = 20
    wall: float = 40


BOUNDS = Bounds()
FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


class Failed(Exception):
    """The child did not bring its job to an end. `kind` is one of memory, cpu, time, crash, error."""

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind


def run(function: str, *arguments: Any, files: tuple[IO[bytes], ...], bounds: Bounds) -> Any:
    """Call `function(*files, *arguments)` in a limited child and return its answer.

    function: its dotted name. Only the child imports its module, which must not import Django.
    arguments, and the answer: what JSON can say. Large data goes through `files`, which share their position.
    Waits for a free core first; no time runs meanwhile.
    Raises Failed, and OSError where the disk is full. The child is gone when this returns.
    """
    request = {
        "call": function,
        "arguments": arguments,
        "limits": asdict(bounds),
    }
    with _here.turns, _here.connect(json.dumps(request).encode(), files) as answers:
        # The child's own clock ends it; this one is for a machine that is stuck.
        answers.settimeout(bounds.wall + 20)
        return _wait(answers)


def process_id() -> int | None:
    """The process beside that starts the children, if one runs."""
    return _here.process.pid if _here.process else None


def _wait(answers: socket.socket) -> Any:
    said: dict[str, Any] = {}
    while "status" not in said:
        try:
            message = answers.recv(1_000_000)
        except TimeoutError:
            raise Failed("time", "the child process does not answer") from None
        if not message:
            raise Failed("crash", "the process that starts the children ended")
        said.update(json.loads(message))
    if "value" in said:
        return said["value"]
    raise _failure(said)


def _failure(said: dict[str, Any]) -> Exception:
    if "error" in said:
        name, words, number = said["error"]
        if number in FULL:  # no fault of the file's
            return OSError(number, os.strerror(number))
        return Failed("memory" if name == "MemoryError" else "error", f"{name}: {words}")
    kind = {-signal.SIGXCPU: "cpu", -signal.SIGALRM: "time"}.get(said["status"], "crash")
    return Failed(kind, f"the child process ended with status {said['status']}")


class _Here:
    """This process's zygote and the turns of its threads. A forked process begins anew."""

    def __init__(self) -> None:
        self.turns = threading.BoundedSemaphore(CORES)
        self.lock = threading.Lock()
        self.control: socket.socket | None = None
        self.process: subprocess.Popen[bytes] | None = None

    def connect(self, request: bytes, files: tuple[IO[bytes], ...]) -> socket.socket:
        """Send a request; its child answers on the socket returned."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs, self.lock:
            descriptors = [theirs.fileno(), *(file.fileno() for file in files)]
            try:
                socket.send_fds(self._running(), [request], descriptors)
            except (BrokenPipeError, ConnectionResetError):  # it died since the last job
                socket.send_fds(self._restart(), [request], descriptors)
        return ours

    def _running(self) -> socket.socket:
        return self.control or self._restart()

    def _restart(self) -> socket.socket:
        self.close()
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        environment = {name: os.environ[name] for name in KEPT if name in os.environ} | ENVIRONMENT
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "generation.imaging.zygote"],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                cwd=ROOT,
                env=environment,
                start_new_session=True,  # Ctrl-C is for us; it ends when we do
            )
        return self.control

    def close(self) -> None:
        if self.control and self.process:
            self.control.close()
            self.process.wait()
        self.control = self.process = None

    def abandon(self) -> None:
        """In a forked process: the zygote is our parent's."""
        if self.control and self.process:
            self.control.close()
            self.process.returncode = 0  # not ours to wait for


def _begin_anew() -> None:
    global _here
    _here.abandon()
    _here = _Here()


_here = _Here()
atexit.register(lambda: _here.close())
os.register_at_fork(after_in_child=_begin_anew)
