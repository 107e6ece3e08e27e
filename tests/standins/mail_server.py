"""A strict mail server on loopback: it takes mail in the order and in the lines of RFC 5321, or says no."""

import email
import email.policy
import re
import socketserver
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any, cast

ADDRESS = r"<([^<>\s@]+@[^<>\s@]+)>"
HANG_UP = 0
"""A fault in place of a status: the connection ends without an answer."""


@dataclass
class Mail:
    """One that was taken. connection: number of the one that it came over, from 1."""

    sender: str
    to: list[str]
    message: EmailMessage
    connection: int

    @property
    def text(self) -> str:
        return str(self.message.get_content())


@dataclass
class Letter:
    """What has been said of the mail under way."""

    sender: str = ""
    to: list[str] = field(default_factory=list)


class Conversation(socketserver.StreamRequestHandler):
    """One connection."""

    timeout = 20
    server: "MailServer"

    def handle(self) -> None:
        self.number = self.server.begin()
        self.letter: Letter | None = None
        self.greeted = False
        if not self.say(self.server.fault("CONNECT") or 220, "ready"):
            return
        while (line := self.line()) is not None and self.answer(line.decode("ascii")):
            pass

    def line(self) -> bytes | None:
        """None at the end. Bare line feeds are no ends of lines, and 998 bytes are the most."""
        raw = self.rfile.readline(1001)
        if not raw:
            return None
        assert raw.endswith(b"\r\n"), f"a line without its end: {raw!r}"
        return raw[:-2]

    def say(self, status: int, words: str) -> bool:
        """False where the connection ends."""
        if status == HANG_UP:
            return False
        self.wfile.write(f"{status} {words}\r\n".encode())
        return status not in (221, 421)

    def answer(self, line: str) -> bool:
        verb = line.partition(" ")[0].upper()
        fault = self.server.fault(verb)
        if fault is not None:
            return self.say(fault, "as the test has it")
        do = cast(Callable[[str], bool] | None, getattr(self, f"do_{verb.lower()}", None))
        return do(line) if do else self.say(502, "no such command")

    def do_ehlo(self, line: str) -> bool:
        self.greeted, self.letter = True, None
        self.wfile.write(b"250-at your service\r\n")
        return self.say(250, "8BITMIME")

    do_helo = do_ehlo

    def do_mail(self, line: str) -> bool:
        match = re.fullmatch(f"MAIL FROM:{ADDRESS}( BODY=8BITMIME)?", line, re.IGNORECASE)
        if not self.greeted or self.letter:
            return self.say(503, "not now")
        if not match:
            return self.say(501, "no such address")
        self.letter = Letter(sender=match[1])
        return self.say(250, "ok")

    def do_rcpt(self, line: str) -> bool:
        match = re.fullmatch(f"RCPT TO:{ADDRESS}", line, re.IGNORECASE)
        if not self.letter:
            return self.say(503, "not now")
        if not match:
            return self.say(501, "no such address")
        self.letter.to.append(match[1])
        return self.say(250, "ok")

    def do_data(self, line: str) -> bool:
        if not self.letter or not self.letter.to:
            return self.say(503, "not now")
        self.say(354, "go on")
        lines = []
        while (each := self.line()) != b".":
            if each is None:
                return False  # broken off: it is not taken
            lines.append(each.removeprefix(b"."))
        fault = self.server.fault("END")
        if fault is not None:
            self.letter = None
            return self.say(fault, "as the test has it")
        message = email.message_from_bytes(b"\n".join((*lines, b"")), policy=email.policy.default)
        for name in ("From", "To", "Subject", "Date", "Message-ID"):
            assert message[name], f"a mail without {name}"
        self.server.take(Mail(self.letter.sender, self.letter.to, message, self.number))
        self.letter = None
        return self.say(250, "taken")

    def do_rset(self, line: str) -> bool:
        self.letter = None
        return self.say(250, "ok")

    def do_noop(self, line: str) -> bool:
        return self.say(250, "ok")

    def do_quit(self, line: str) -> bool:
        return self.say(221, "bye")


class MailServer(socketserver.ThreadingTCPServer):
    """Keeps what it took. faults: by command (CONNECT, MAIL, RCPT, DATA, END), the statuses of the next ones
    in order; None for a usual answer."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Conversation)
        self.taken: list[Mail] = []
        self.faults: dict[str, list[int | None]] = {}
        self.connections = 0
        self.troubles: list[BaseException | None] = []
        self._lock = threading.Lock()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def begin(self) -> int:
        with self._lock:
            self.connections += 1
            return self.connections

    def fault(self, step: str) -> int | None:
        with self._lock:
            left = self.faults.get(step)
            return left.pop(0) if left else None

    def take(self, mail: Mail) -> None:
        with self._lock:
            self.taken.append(mail)

    def handle_error(self, request: Any, client_address: Any) -> None:
        error = sys.exception()
        if not isinstance(error, OSError):
            self.troubles.append(error)


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """One that runs for as long as the block. What a client did wrong is raised at its end."""
    with MailServer() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()
    for trouble in server.troubles:
        raise AssertionError("A client did something wrong.") from trouble
