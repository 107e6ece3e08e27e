"""Notices by e-mail: sent by workers, several over one connection, outside of every transaction.

A worker that is killed between a mail and its note has it sent twice; none is lost.
"""

import logging
import threading
from collections.abc import Sequence
from contextlib import closing, suppress
from datetime import datetime, timedelta
from smtplib import SMTPRecipientsRefused, SMTPResponseException

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connections
from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from django.utils.text import Truncator

from brandkit.accounts.models import Notice

AT_ONCE = 50
HELD = timedelta(minutes=15)
"""For so long the mails that a worker has taken are its own; after that it has died."""
AGAIN_AFTER = [timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 120, 240, 480)]
"""After each try that has failed; after the last one it is given up."""
SUBJECT_LENGTH = 90

logger = logging.getLogger(__name__)
_sending = threading.Lock()


def send_aside(sender: object = None, **signal: object) -> None:
    """Receives `swept`. A thread of its own sends: a mail server that hangs holds up nothing else."""
    if Notice.objects.filter(mail_at__lte=timezone.now()).exists() and _sending.acquire(blocking=False):
        threading.Thread(target=_send_in_thread, name="mail", daemon=True).start()


def _send_in_thread() -> None:
    try:
        while send_due():
            continue
    except Exception:
        logger.exception("Sending mail failed; it goes on.")
    finally:
        connections.close_all()
        _sending.release()


def send_due() -> bool:
    """Send some of what is due; says whether there may be more. Of several who call it, one sends each."""
    mine = [notice for notice in take_due() if _is_wanted(notice)]
    if not mine:
        return False
    connection = get_connection()
    try:
        connection.open()
    except OSError as error:
        logger.warning("The mail server can't be reached: %s. %s mails are sent later.", error, len(mine))
        _put_off(mine)
        return False
    with suppress(OSError), closing(connection):
        while mine and _send(connection, mine.pop(0)):
            pass
    _give_back(mine)
    return True


def take_due() -> list[Notice]:
    """Mails that are now ours to send: who else looks at them comes late."""
    now = timezone.now()
    due = Notice.objects.filter(mail_at__lte=now).select_related("user", "brand").order_by("mail_at", "pk")
    return [notice for notice in due[:AT_ONCE] if _take(notice, now + HELD)]


def _take(notice: Notice, until: datetime) -> bool:
    as_it_was = Notice.objects.filter(pk=notice.pk, mail_at=notice.mail_at)
    notice.mail_tries += 1
    return as_it_was.update(mail_at=until, mail_tries=F("mail_tries") + 1) == 1


def _is_wanted(notice: Notice) -> bool:
    """Not by those who have seen it on the page meanwhile, have left, or want no mail any more."""
    user = notice.user
    wanted = notice.seen_at is None and user.is_active and user.mail_notices and bool(user.email)
    if not wanted:
        _done(notice)
    return wanted


def _send(connection: BaseEmailBackend, notice: Notice) -> bool:
    """Whether the connection still holds; where it broke, only the mail at which it did counts as tried."""
    try:
        connection.send_messages([message(notice)])
    except (SMTPRecipientsRefused, SMTPResponseException, ValueError) as error:
        if _is_final(error):
            logger.warning("Nobody takes mail for %s: %s", notice.user, error)
            _done(notice)
        else:
            _put_off([notice])
    except OSError as error:
        logger.warning("The mail server broke off: %s", error)
        _put_off([notice])
        return False
    else:
        _done(notice)
    return True


def _is_final(error: Exception) -> bool:
    """Whether this address will never be taken."""
    if isinstance(error, SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in error.recipients.values())
    return isinstance(error, ValueError)


def _put_off(notices: Sequence[Notice]) -> None:
    for notice in notices:
        left = AGAIN_AFTER[notice.mail_tries - 1 :]
        if not left:
            logger.error("The mail of notice %s could not be sent and is given up.", notice.pk)
        at = timezone.now() + left[0] if left else None
        Notice.objects.filter(pk=notice.pk, mail_at__isnull=False).update(mail_at=at)


def _give_back(notices: Sequence[Notice]) -> None:
    """They were not tried: they are due as before."""
    numbers = [notice.pk for notice in notices]
    Notice.objects.filter(pk__in=numbers).update(mail_at=timezone.now(), mail_tries=F("mail_tries") - 1)


def _done(notice: Notice) -> None:
    Notice.objects.filter(pk=notice.pk).update(mail_at=None)


def message(notice: Notice) -> EmailMessage:
    """The mail: what the page says, with a way to it and a way to get no more of them."""
    words = " ".join(notice.words.split())
    brand = f"{notice.brand}: " if notice.brand and not words.startswith(str(notice.brand)) else ""
    see = settings.BRANDKIT_URL + reverse("web:notice", args=[notice.pk])
    stop = settings.BRANDKIT_URL + reverse("web:notices")
    return EmailMessage(
        subject=Truncator(" ".join(f"{brand}{words}".split())).chars(SUBJECT_LENGTH),
        body=f"{words}\n\nSee it: {see}\n\n-- \nYou get this from brandkit. To get no more mail: {stop}\n",
        to=[notice.user.email],
    )
