"""The photos that a batch's lines name: taken in little by little, outside of every transaction."""

import logging
import time
from collections.abc import Sequence

from django.db import InterfaceError, OperationalError

from brandkit.common.errors import BrandkitError, StorageFailed
from generation.batches.holding import held, take
from generation.batches.problems import mark
from generation.catalogue.photos import take_in_line
from generation.models import BatchChore, BatchLine, BatchProgress
from generation.runner import OUR_FAULT

logger = logging.getLogger(__name__)
AT_MOST = 5.0
"""Seconds before what is there is asked for, so that the first pictures are made while photos come in."""


def with_photos(
    chore: BatchChore, lines: Sequence[BatchLine], *, most: int, take_in: bool
) -> list[BatchLine]:
    """The first of `lines` that need no photo any more; those that could not be used have a problem.

    most: pictures that are enough. take_in: False where it ends at the first that needs one.
    Raises StorageFailed and OSError where something of ours is full or away.
    """
    ready: list[BatchLine] = []
    until = time.monotonic() + AT_MOST
    pictures = 0
    for line in lines:
        if line.subject_id is None:
            late = pictures >= most or time.monotonic() > until
            if not take_in or late or not take(chore):
                break
            _take_in(chore, line)
        ready.append(line)
        pictures += line.pictures
    return ready


def _take_in(chore: BatchChore, line: BatchLine) -> None:
    try:
        line.subject = take_in_line(line)
    except (StorageFailed, OSError, OperationalError, InterfaceError):
        raise  # it passes: the worker's next turn tries again
    except BrandkitError as error:
        return _mark(chore, line, error.message)
    except Exception:
        logger.exception("The photo of line %s in batch %s failed.", line.number, chore.batch_id)
        return _mark(chore, line, OUR_FAULT)
    BatchLine.objects.filter(pk=line.pk, subject=None).update(subject=line.subject)
    return None


def _mark(chore: BatchChore, line: BatchLine, words: str) -> None:
    with held(chore.batch_id) as batch:
        BatchProgress.objects.add_counts({batch.pk: mark(line, words)})
