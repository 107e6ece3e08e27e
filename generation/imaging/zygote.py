"""The far side of `sandbox`: one process with one thread and the decoders loaded, that forks children.

It is started as `python -m generation.imaging.zygote` with a socket as its standard input, and ends with it.
"""

import contextlib
import importlib
import json
import os
import resource
import selectors
import signal
import socket
from dataclasses import dataclass
from typing import Any

PRELOAD = (
    "generation.imaging.normalise",
    "generation.imaging.shrink",
    # Pillow loads these when it first needs them, which in a child is every time.
    "PIL.BmpImagePlugin",
    "PIL.GifImagePlugin",
    "PIL.JpegImagePlugin",
    "PIL.MpoImagePlugin",
    "PIL.PngImagePlugin",
    "PIL.PpmImagePlugin",
    "PIL.WebPImagePlugin",
)
MOST_BYTES = 65_536


@dataclass(frozen=True)
class Child:
    pid: int
    answers: socket.socket
    """Where the child's answer went, and its exit status goes."""


def main() -> None:
    for module in PRELOAD:
        importlib.import_module(module)
    serve(socket.socket(fileno=0))


def serve(control: socket.socket) -> None:
    """Fork a child for each request until the other side hangs up; then end the children that are left."""
    selector = selectors.DefaultSelector()
    selector.register(control, selectors.EVENT_READ)
    while True:
        for key, _ in selector.select():
            if key.fileobj is not control:
                reap(selector, key)
            elif not start(selector, control):
                return end_children(selector)


def start(selector: selectors.BaseSelector, control: socket.socket) -> bool:
    """Read one request and fork its child. False if there are no more requests."""
    request, (answers_fd, *files) = receive(control)
    if not request:
        return False
    answers = socket.socket(fileno=answers_fd)
    # The system closes the pipe's far end when the child is gone, however it ended.
    alive, held_by_child = os.pipe()
    pid = os.fork()
    if pid == 0:
        control.close()
        selector.close()
        run(json.loads(request), answers, files)
    os.close(held_by_child)
    for file in files:
        os.close(file)
    selector.register(alive, selectors.EVENT_READ, Child(pid, answers))
    return True


def receive(control: socket.socket) -> tuple[bytes, list[int]]:
    request, files, _, _ = socket.recv_fds(control, MOST_BYTES, 8)
    return (request, files) if request else (b"", [-1])


def reap(selector: selectors.BaseSelector, key: selectors.SelectorKey) -> None:
    """Tell the waiting side how the child ended."""
    child: Child = key.data
    selector.unregister(key.fileobj)
    os.close(key.fd)
    _, status = os.waitpid(child.pid, 0)
    with child.answers:
        answer(child.answers, status=os.waitstatus_to_exitcode(status))


def end_children(selector: selectors.BaseSelector) -> None:
    for key in selector.get_map().values():
        if isinstance(key.data, Child):
            os.kill(key.data.pid, signal.SIGKILL)
            os.waitpid(key.data.pid, 0)


def run(request: dict[str, Any], answers: socket.socket, files: list[int]) -> None:
    """Do the job inside its limits and end this process. Only the child comes here."""
    try:
        limit(**request["limits"])
        module, _, name = request["call"].rpartition(".")
        function = getattr(importlib.import_module(module), name)
        opened = [os.fdopen(file, "r+b") for file in files]
        value = function(*opened, *request["arguments"])
        for file in opened:
            file.close()
        answer(answers, value=value)
    except BaseException as error:  # whatever it is, it must reach the other side and end here
        answer(answers, error=[type(error).__name__, str(error)[:1000], getattr(error, "errno", None)])
    finally:
        os._exit(0)


def limit(*, memory: int, cpu: int, wall: float) -> None:
    """Have the system stop this process: bytes of addresses, seconds of computing, seconds by the clock."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, wall)
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def answer(to: socket.socket, **message: object) -> None:
    with contextlib.suppress(OSError):  # nobody waits any more
        to.sendall(json.dumps(message).encode())


if __name__ == "__main__":
    main()
