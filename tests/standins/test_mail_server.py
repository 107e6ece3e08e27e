"""The stand-in takes what Python's own client sends, and nothing that is out of order."""

import smtplib
import socket
from email.message import EmailMessage

import pytest

from tests.standins.mail_server import HANG_UP, MailServer, mail_server


def letter(to: str = "dana@example.com", text: str = "Hello.\n.\n..end\n") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "brandkit@example.com", to, "Grüße"
    message["Date"], message["Message-ID"] = "Sun, 22 Nov 2026 20:00:00 +0000", "<1@example.com>"
    message.set_content(text)
    return message


def test_it_takes_mails_over_one_connection() -> None:
    with mail_server() as server, smtplib.SMTP("127.0.0.1", server.port) as client:
        client.send_message(letter())
        client.send_message(letter(to="rita@example.com", text="Ünicode\n"))
    first, second = server.taken
    assert (first.sender, first.to, first.text) == (
        "brandkit@example.com",
        ["dana@example.com"],
        "Hello.\n.\n..end\n",
    )
    assert (first.message["Subject"], second.text, second.connection) == ("Grüße", "Ünicode\n", 1)


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (["MAIL FROM:<a@b.c>"], 503),
        (["EHLO x", "RCPT TO:<a@b.c>"], 503),
        (["EHLO x", "DATA"], 503),
        (["EHLO x", "MAIL FROM:<a@b.c>", "DATA"], 503),
        (["EHLO x", "MAIL FROM:a@b.c"], 501),
        (["EHLO x", "MAIL FROM:<a@b.c>", "RCPT TO:<nobody>"], 501),
        (["EHLO x", "MAIL FROM:<a@b.c>", "MAIL FROM:<a@b.c>"], 503),
        (["VRFY dana"], 502),
    ],
)
def test_it_refuses_what_is_out_of_order(said: list[str], status: int) -> None:
    with mail_server() as server, socket.create_connection(("127.0.0.1", server.port)) as line:
        answers = line.makefile("r")
        answers.readline()
        for each in said:
            line.sendall(f"{each}\r\n".encode())
            while (answer := answers.readline())[3] == "-":
                pass
        answers.close()
    assert answer.startswith(str(status))
    assert server.taken == []


def break_a_rule(server: MailServer) -> None:
    with socket.create_connection(("127.0.0.1", server.port)) as line:
        line.sendall(b"EHLO x\n")
        while line.recv(100):
            pass


def test_it_raises_what_a_client_did_wrong() -> None:
    with pytest.raises(AssertionError, match="did something wrong"), mail_server() as server:
        break_a_rule(server)


def test_it_refuses_and_hangs_up_as_told() -> None:
    with mail_server() as server:
        server.faults = {"RCPT": [550], "DATA": [None, HANG_UP]}
        with smtplib.SMTP("127.0.0.1", server.port) as client:
            with pytest.raises(smtplib.SMTPRecipientsRefused):
                client.send_message(letter())
            client.send_message(letter())
            with pytest.raises(smtplib.SMTPServerDisconnected):
                client.send_message(letter())
    assert len(server.taken) == 1
