"""Lines of which nothing can be made: marked with the reason, and left out."""

from collections import Counter
from functools import reduce
from operator import add

from django.db.models import F

from generation.models import Batch, BatchLine, BatchProgress, Generation


def mark(line: BatchLine, words: str, *, begun: int = 0) -> Counter[str]:
    """Call it with the batch held. begun: its pictures that are asked for already. Gives what to count."""
    rows = BatchLine.objects.filter(pk=line.pk, filled_at=None, problem="")
    if not rows.update(problem=words):
        return Counter()
    line.problem = words
    return Counter(lines=-1, problems=1, wanted=begun - line.pictures)


def mark_rest(batch: Batch, words: str) -> None:
    """Every line that is not written yet. Call it with the batch held; nothing may be locked after it."""
    count = batch.lines.filter(filled_at=None, problem="").update(problem=words)
    there = reduce(add, map(F, Generation.State.values))
    progress = BatchProgress.objects.filter(batch=batch)
    progress.update(lines=F("lines") - count, problems=F("problems") + count, wanted=there)
