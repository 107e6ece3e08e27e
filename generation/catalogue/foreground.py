"""Photos that lie on this machine, taken in by whoever imports them, one after the other."""

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from django.conf import settings

from brandkit.common.errors import Invalid
from generation.batches.plans import Line, Plan
from generation.catalogue import archive
from generation.catalogue.archive import Photos
from generation.catalogue.photos import is_address, take_in
from generation.catalogue.verdicts import with_problem
from generation.models import Subject


def here(line: Line) -> bool:
    """Whether its photo is to be taken in from this machine."""
    return bool(line.photo) and line.subject is None and not line.problem and not is_address(line.photo)


def take_in_here(plan: Plan, photos: Photos, *, told: Callable[[int], None]) -> list[Line]:
    """The plan's lines with their subjects; where a photo can't be used, with the problem.

    told: called with how many are done. Raises StorageFailed, OSError; what is in by then stays, and is known
    the next time.
    """
    lines, done = [], 0
    for line in plan.lines:
        if here(line):
            line = _with_subject(plan, line, photos)
            done += 1
            told(done)
        lines.append(line)
    return lines


def _with_subject(plan: Plan, line: Line, photos: Photos) -> Line:
    try:
        return replace(line, subject=_subject(plan, line, photos))
    except Invalid as error:
        return with_problem(line, error.message)


def _subject(plan: Plan, line: Line, photos: Photos) -> Subject:
    with tempfile.NamedTemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR, suffix=".photo") as file:
        archive.copy(photos, photos.find(line.photo), file)
        file.flush()
        return take_in(plan.brand, plan.by, Path(file.name), line.photo, line.name, line.sku)
