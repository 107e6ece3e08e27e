"""The second stage: from the stored bytes to an Output. Nothing is paid here, so it can always start over."""

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

from django.core.files.storage import Storage
from django.db import transaction
from django.utils import timezone

from brandkit.common.logs import also
from brandkit.common.storage import keep, private_store
from generation.engine.calls import answer_name
from generation.engine.claims import Claim
from generation.engine.drafts import open_scene, succeed_with_version
from generation.engine.ends import try_again
from generation.engine.flags import flags_of
from generation.engine.patience import release_connection
from generation.imaging.answer import Answer, open_answer
from generation.imaging.unreadable import Unreadable
from generation.models import Attempt, Generation, Output, SceneDraft
from generation.signals import output_ready


@dataclass(frozen=True, kw_only=True)
class Copy:
    """A stored picture, in a file that a child process can read."""

    file: IO[bytes]
    sha256: str
    size: int


def finish(claim: Claim) -> None:
    """Check the fetched picture, make what is shown of it, and succeed. Raises LostClaim, StorageFailed."""
    work = claim.work
    attempt = work.attempts.filter(outcome=Attempt.Outcome.PICTURE).latest("number")
    also(attempt=attempt.pk)
    release_connection()
    try:
        with local_copy(private_store(), work.fetched) as copy:
            answer = open_answer(copy.file, size=copy.size)
            if isinstance(work, SceneDraft):
                return succeed_with_version(claim, work, open_scene(copy.file, size=copy.size))
    except (Unreadable, FileNotFoundError) as error:
        return _throw_away(claim, attempt, error)
    if isinstance(work, Generation):
        _succeed(claim, _output(work, attempt, copy, answer))
    return None


@contextmanager
def local_copy(store: Storage, name: str) -> Iterator[Copy]:
    """Copy a stored file, from wherever the store is, into a file without a name."""
    sha256 = hashlib.sha256()
    with store.open(name) as stored, tempfile.TemporaryFile() as file:
        for chunk in stored.chunks():
            sha256.update(chunk)
            file.write(chunk)
        yield Copy(file=file, sha256=sha256.hexdigest(), size=file.tell())


def _output(generation: Generation, attempt: Attempt, copy: Copy, answer: Answer) -> Output:
    """Store the small copies; the same attempt always gives the same, so twice does no harm."""
    store, pixels = private_store(), {"width": answer.width, "height": answer.height}
    return Output(
        brand_id=generation.brand_id,
        generation=generation,
        attempt=attempt,
        picture=generation.fetched,
        sha256=copy.sha256,
        media_type=answer.media_type,
        **pixels,
        bytes=copy.size,
        preview=keep(store, answer_name(attempt, "preview.webp"), answer.preview),
        thumbnail=keep(store, answer_name(attempt, "thumbnail.webp"), answer.thumbnail),
        subject_box=attempt.told.get("subject_box"),
        notes=attempt.told.get("notes", []),
        flags=flags_of(ratio=generation.ratio, size=generation.size, **pixels),
    )


def _succeed(claim: Claim, output: Output) -> None:
    with transaction.atomic():
        claim.move(Generation.State.SUCCEEDED, fetched="", ended_at=timezone.now())
        output.save(force_insert=True)
        output_ready.send(sender=Output, output=output)


def _throw_away(claim: Claim, attempt: Attempt, error: Exception) -> None:
    """What came is no picture: the provider's fault, and one that passes."""
    code = f"bad_picture_{error.step}" if isinstance(error, Unreadable) else "answer_lost"
    words = f"What came back can't be used as a picture: {_what(error)}."
    name = claim.work.fetched
    with transaction.atomic():
        claim.note(fetched="")
        try_again(claim, code, words)
        Attempt.objects.filter(pk=attempt.pk).update(outcome=Attempt.Outcome.LATER, code=code, words=words)
    private_store().delete(name)


def _what(error: Exception) -> str:
    """What is wrong with it. What an Unreadable says after that is meant for those who upload photos."""
    if isinstance(error, Unreadable):
        return str(error).partition(". ")[0].removesuffix(".")
    return "it is no longer in the store"
