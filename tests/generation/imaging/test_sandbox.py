"""A child with limits: what comes back, how it ends, and that nothing of it stays."""

import errno
import os
import select
import signal
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any

import pytest

from generation.imaging import sandbox
from generation.imaging.sandbox import BOUNDS, Bounds, Failed

pytestmark = pytest.mark.usefixtures("nothing_left")
HERE = __name__


# What runs in the child.


def copy(source: IO[bytes], target: IO[bytes], times: int) -> dict[str, int]:
    return {"written": target.write(source.read() * times)}


def spend_cpu() -> None:
    while True:
        pass


def sleep() -> None:
    signal.pause()


def hoard() -> int:
    return len(bytearray(10 * 2**30))


def die() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def go_wrong() -> None:
    raise RuntimeError("the words")


def fill_the_disk() -> None:
    raise OSError(errno.ENOSPC, "in the child")


def tell() -> dict[str, Any]:
    return {"django": "django" in sys.modules, "names": sorted(os.environ)}


def run(name: str, *arguments: Any, bounds: Bounds = BOUNDS) -> Any:
    return sandbox.run(f"{HERE}.{name}", *arguments, files=(), bounds=bounds)


def test_it_hands_over_files_and_plain_values() -> None:
    with tempfile.TemporaryFile() as source, tempfile.TemporaryFile() as target:
        source.write(b"ab")
        source.seek(0)
        answer = sandbox.run(f"{HERE}.copy", 3, files=(source, target), bounds=BOUNDS)
        target.seek(0)
        assert (answer, target.read()) == ({"written": 6}, b"ababab")


@pytest.mark.parametrize(
    ("job", "bounds", "kind", "words"),
    [
        ("spend_cpu", Bounds(cpu=1), "cpu", f"the child process ended with status -{signal.SIGXCPU}"),
        ("sleep", Bounds(wall=0.05), "time", f"the child process ended with status -{signal.SIGALRM}"),
        ("hoard", BOUNDS, "memory", "MemoryError: "),
        ("die", BOUNDS, "crash", f"the child process ended with status -{signal.SIGSEGV}"),
        ("go_wrong", BOUNDS, "error", "RuntimeError: the words"),
    ],
)
def test_it_says_how_a_child_failed(job: str, bounds: Bounds, kind: str, words: str) -> None:
    with pytest.raises(Failed) as caught:
        run(job, bounds=bounds)
    assert (caught.value.kind, str(caught.value)) == (kind, words)


def test_it_brings_no_django_and_no_secrets_into_the_child(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "hush")
    sandbox._here.close()
    told = run("tell")
    assert not told["django"]
    assert "SECRET_KEY" not in told["names"]


def test_it_serves_many_threads_at_once() -> None:
    with ThreadPoolExecutor(8) as threads:
        pids = list(threads.map(lambda _: sandbox.run("os.getpid", files=(), bounds=BOUNDS), range(40)))
    assert len(set(pids)) == 40


def test_it_starts_anew_when_the_process_beside_was_killed() -> None:
    first = sandbox.process_id()
    assert first
    os.kill(first, signal.SIGKILL)
    os.waitid(os.P_PID, first, os.WEXITED | os.WNOWAIT)
    assert run("tell")["django"] is False
    assert sandbox.process_id() != first


def test_it_ends_with_its_owner() -> None:
    """However the owner dies, the process beside follows: its socket closes."""
    code = (
        "import os, signal; from generation.imaging import sandbox;"
        "sandbox.run('os.getpid', files=(), bounds=sandbox.BOUNDS);"
        "print(sandbox.process_id(), flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    root = Path(__file__).parents[3]
    owner = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, check=False)
    assert owner.returncode == -signal.SIGKILL
    assert owner.stderr == b""
    assert has_ended(int(owner.stdout), within=30)


def has_ended(pid: int, *, within: float) -> bool:
    """Wait for a process that is not our child."""
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    ended, _, _ = select.select([process], [], [], within)
    os.close(process)
    return bool(ended)


def test_it_works_in_a_forked_process_too() -> None:
    code = (
        "import os; from generation.imaging import sandbox;"
        "run = lambda: sandbox.run('os.getpid', files=(), bounds=sandbox.BOUNDS);"
        "run(); pid = os.fork(); run(); beside = sandbox.process_id();"
        "pid and os.waitpid(pid, 0); print(beside, flush=True)"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=root, capture_output=True, check=True, text=True
    )
    assert len(set(done.stdout.split())) == 2
    assert done.stderr == ""


def test_it_tells_a_full_disk_from_a_fault_of_the_file() -> None:
    with pytest.raises(OSError, match="No space left on device") as raised:
        run("fill_the_disk")
    assert raised.value.errno == errno.ENOSPC
