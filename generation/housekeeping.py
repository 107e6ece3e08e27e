"""What time does that nobody waits for: old keys and notices go, and originals when their brand says so."""

import logging
import time
from collections.abc import Callable
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from brandkit.accounts.models import Brand
from brandkit.accounts.notices import forget_old
from brandkit.common.idempotency import forget_old_calls
from brandkit.common.leftovers import remove_unfinished
from brandkit.common.models import record
from generation.engine.claims import lease, worker_name
from generation.models import Subject, WorkerSign

logger = logging.getLogger(__name__)
EVERY = 300.0
"""Seconds from one round to the next."""
AT_ONCE = 50
"""Files that are deleted for one brand in one round: the worker's sweeper waits for them."""
_done_at = -EVERY


def keep_house(sender: object = None, **signal: object) -> None:
    """Receives `swept`. Does a round where one is due and this worker is the one that does them."""
    global _done_at
    if time.monotonic() - _done_at < EVERY or not _is_mine():
        return
    _done_at = time.monotonic()
    a_round()


def _is_mine() -> bool:
    """The eldest worker of those that live keeps house; two at once would do no harm, only the same twice."""
    living = WorkerSign.objects.filter(seen_at__gt=timezone.now() - lease()).order_by("pk")
    eldest = living.values_list("worker", flat=True).first()
    return eldest in (None, worker_name())


def a_round() -> None:
    """Everything once, in short steps. What fails is logged, and the others go on."""
    steps: tuple[Callable[[], object], ...] = (
        forget_old_calls,
        forget_old,
        remove_originals,
        remove_unfinished,
    )
    for step in steps:
        try:
            step()
        except Exception:
            logger.exception("%s failed; it is tried again.", step.__name__)


def remove_originals() -> None:
    """Delete uploads that are older than their brand keeps them; what is made of them stays."""
    for brand in Brand.objects.filter(keep_originals_days__isnull=False):
        until = timezone.now() - timedelta(days=brand.keep_originals_days or 0)
        old = Subject.objects.filter(brand=brand, created_at__lt=until).exclude(original="")
        for subject in old.order_by("pk")[:AT_ONCE]:
            _remove_original(subject, brand)


def _remove_original(subject: Subject, brand: Brand) -> None:
    """The file first: killed after it, the next round does the rest."""
    file = subject.original
    try:
        file.storage.delete(str(file.name))
    except OSError as error:
        logger.warning("%s can't be deleted yet: %s", file.name, error)
        return
    with transaction.atomic():
        if Subject.objects.filter(pk=subject.pk, original=file.name).update(original=""):
            record("subject.original_removed", subject, after_days=brand.keep_originals_days)
