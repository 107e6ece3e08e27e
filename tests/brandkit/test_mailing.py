"""Notices by e-mail, through a real mail server on loopback."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from brandkit.accounts import mailing
from brandkit.accounts.mailing import AGAIN_AFTER, send_aside, send_due, take_due
from brandkit.accounts.models import Brand, Notice, User
from brandkit.accounts.notices import tell
from tests.factories import make_user
from tests.races import at_once
from tests.standins.mail_server import HANG_UP, MailServer, mail_server

pytestmark = pytest.mark.django_db
WORDS = "The run “Spring” has ended: 1,200 pictures are there, 3 could not be made."


@pytest.fixture
def server(settings: Any) -> Iterator[MailServer]:
    with mail_server() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.BRANDKIT_SENDS_MAIL, settings.BRANDKIT_URL = True, "https://pictures.example.com"
        settings.DEFAULT_FROM_EMAIL = "brandkit@pictures.example.com"
        yield server


@pytest.fixture
def dana(brand: Brand) -> User:
    return make_user(brand, email="dana@example.com")


def told(user: User, words: str = WORDS, brand: Brand | None = None) -> Notice:
    tell([user], brand=brand, kind="batch.ended", words=words, path="/b/x/batches/1/")
    return Notice.objects.latest("id")


def send_all() -> None:
    while send_due():
        pass


def fresh(notice: Notice) -> Notice:
    notice.refresh_from_db()
    return notice


def test_it_mails_what_people_are_told(server: MailServer, dana: User, brand: Brand) -> None:
    notice = told(dana, brand=brand)
    send_all()
    [mail] = server.taken
    assert (mail.sender, mail.to) == ("brandkit@pictures.example.com", ["dana@example.com"])
    subject = mail.message["Subject"].strip()
    assert subject.startswith(f"{brand}: The run “Spring” has ended")
    assert len(subject) <= mailing.SUBJECT_LENGTH
    assert WORDS in mail.text
    assert f"https://pictures.example.com/notices/{notice.pk}/\n" in mail.text
    assert "https://pictures.example.com/notices/\n" in mail.text
    assert (fresh(notice).mail_at, notice.seen_at) == (None, None)
    send_all()
    assert len(server.taken) == 1


def test_a_subject_names_the_brand_once(dana: User, brand: Brand) -> None:
    notice = told(dana, brand=brand)
    notice.words = f"{brand} has spent all of its budget."
    assert mailing.message(notice).subject == notice.words


def test_it_mails_several_over_one_connection(server: MailServer, dana: User, brand: Brand) -> None:
    for number in range(60):
        told(dana, f"Number {number}.")
    send_all()
    assert len(server.taken) == 60
    assert server.connections == 2  # fifty at a time
    assert {mail.message["Subject"] for mail in server.taken} == {f"Number {n}." for n in range(60)}


def test_it_mails_nobody_who_does_not_want_it(server: MailServer, brand: Brand, dana: User) -> None:
    quiet = make_user(brand, email="quiet@example.com", mail_notices=False)
    tell([make_user(brand), quiet], brand=brand, kind="x", words="No mail.")
    tell([dana], brand=brand, kind="x", words="No mail.", mail=False)
    for change in ({"mail_notices": False}, {"is_active": False}, {"email": ""}):
        user = make_user(brand, email="was@example.com")
        told(user)
        User.objects.filter(pk=user.pk).update(**change)
    Notice.objects.filter(pk=told(dana).pk).update(seen_at=timezone.now())
    send_all()
    assert (server.connections, server.taken) == (0, [])
    assert Notice.objects.count() == 7
    assert not Notice.objects.filter(mail_at__isnull=False).exists()


def test_a_name_can_not_forge_a_mail(server: MailServer, dana: User, brand: Brand) -> None:
    told(dana, "Run\r\nBcc: eve@example.com\r\n\r\n.\r\nMAIL FROM:<eve@example.com> has ended.", brand)
    send_all()
    [mail] = server.taken
    assert mail.to == ["dana@example.com"]
    assert mail.message["Bcc"] is None
    assert "Bcc: eve" in mail.message["Subject"]


def test_it_tries_again_later_and_gives_up_at_last(
    server: MailServer, dana: User, caplog: pytest.LogCaptureFixture
) -> None:
    notice = told(dana)
    server.faults = {"END": [451] * 20}
    for pause in AGAIN_AFTER:
        begun = timezone.now()
        send_all()
        due = fresh(notice).mail_at
        assert due is not None
        assert begun + pause <= due <= timezone.now() + pause
        Notice.objects.update(mail_at=timezone.now())
    send_all()
    assert (fresh(notice).mail_at, notice.mail_tries) == (None, len(AGAIN_AFTER) + 1)
    assert "given up" in caplog.text
    assert server.taken == []


def test_one_that_is_refused_holds_up_no_other(server: MailServer, dana: User, brand: Brand) -> None:
    gone = told(make_user(brand, email="gone@example.com"))
    full = told(make_user(brand, email="full@example.com"))
    broken = told(make_user(brand, email="no address\n"))
    told(dana)
    server.faults = {"RCPT": [550, 452]}
    send_all()
    assert [mail.to for mail in server.taken] == [["dana@example.com"]]
    assert (fresh(gone).mail_at, fresh(broken).mail_at) == (None, None)
    assert fresh(full).mail_at is not None


def test_one_at_which_the_server_breaks_off_holds_up_no_other(server: MailServer, dana: User) -> None:
    first, *others = [told(dana, f"Number {number}.") for number in range(4)]
    server.faults = {"DATA": [HANG_UP]}
    send_all()
    assert [mail.message["Subject"] for mail in server.taken] == ["Number 1.", "Number 2.", "Number 3."]
    assert (fresh(first).mail_at is None, first.mail_tries) == (False, 1)
    assert [(fresh(other).mail_at, other.mail_tries) for other in others] == [(None, 1)] * 3


def test_a_server_that_is_away_breaks_nothing(
    server: MailServer, dana: User, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.EMAIL_PORT = 1
    notices = [told(dana) for _ in range(3)]
    send_all()
    assert all((fresh(notice).mail_at or timezone.now()) > timezone.now() for notice in notices)
    assert "3 mails are sent later" in caplog.text
    settings.EMAIL_PORT = server.port
    Notice.objects.update(mail_at=timezone.now())
    send_all()
    assert len(server.taken) == 3


def test_a_worker_that_died_with_mails_in_hand_leaves_them_to_others(server: MailServer, dana: User) -> None:
    told(dana)
    assert len(take_due()) == 1
    send_all()
    assert server.taken == []
    Notice.objects.update(mail_at=timezone.now() - timedelta(seconds=1))  # as long as it was held
    send_all()
    assert len(server.taken) == 1


@pytest.mark.django_db(transaction=True)
def test_of_several_workers_one_sends_each(server: MailServer, dana: User) -> None:
    for number in range(20):
        told(dana, f"Number {number}.")
    at_once(4, send_all)
    assert sorted(mail.message["Subject"] for mail in server.taken) == sorted(
        f"Number {n}." for n in range(20)
    )


@pytest.mark.django_db(transaction=True)
def test_the_sweep_sends_them_aside(server: MailServer, dana: User) -> None:
    before = threading.active_count()
    send_aside()
    assert threading.active_count() == before  # nothing is due
    told(dana)
    send_aside()
    for thread in threading.enumerate():
        if thread.name == "mail":
            thread.join(30)
    assert len(server.taken) == 1
    assert not mailing._sending.locked()


def test_without_a_server_no_mail_waits(settings: Any, dana: User) -> None:
    settings.BRANDKIT_SENDS_MAIL = False
    assert told(dana).mail_at is None
