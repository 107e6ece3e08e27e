"""Where pictures are kept: one store that is private, one that is public, and nothing of one in the other."""

import contextlib
import errno
import hashlib
import os
import time
from pathlib import Path
from typing import IO, Any, Self
from uuid import uuid4

from django.conf import settings
from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage, Storage, storages
from django.db import OperationalError

from brandkit.common.errors import StorageFailed

PARTS = ".parts"
PENDING = "pending"
LEFT_OVER = 86400.0
"""Seconds after which a file that nobody writes to any more belongs to a process that was killed: longer than
clocks are ever set forward, by mistake, in the middle of a write."""


def private_store() -> Storage:
    """Uploads, scenes, cut-outs and outputs: served only to people of the brand."""
    return storages["private"]


def public_store() -> Storage:
    """Published renditions, and nothing else."""
    return storages["public"]


class DurableFileSystemStorage(FileSystemStorage):
    """Files that are whole or absent.

    Django's own leaves a truncated file under the final name when the disk is full; this one writes aside,
    syncs, and renames.
    """

    def _save(self, name: str, content: "File[Any]") -> str:
        final = Path(self.path(name))
        final.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(self.location) / PARTS / uuid4().hex
        aside.parent.mkdir(parents=True, exist_ok=True)
        try:
            with aside.open("xb") as out:
                for chunk in content.chunks():
                    out.write(chunk)
                out.flush()
                os.fsync(out.fileno())
            aside.chmod(0o644)
            os.replace(aside, final)
        except BaseException:
            aside.unlink(missing_ok=True)
            raise
        return name

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        """Names come from the content's hash or are unique by row: the same name is the same content."""
        return name


def keep(store: Storage, name: str, content: bytes | IO[bytes]) -> str:
    """Store `content` under exactly `name`; the same name again replaces it. Raises StorageFailed."""
    file = ContentFile(content) if isinstance(content, bytes) else File(content)
    try:
        return store.save(name, file)
    except OSError as error:
        raise StorageFailed(f"The picture could not be stored: {error.strerror or error}.") from error


class NewFiles:
    """Files below one place in a store, that go again at the end of the `with` unless `stay` was called.

    A note in the store tells of the place meanwhile: `leftovers` reads it where the process was killed.
    """

    def __init__(self, store: Storage, place: str) -> None:
        self.store = store
        self.place = place
        self.names: list[str] = []
        self._note = ""

    def add(self, name: str, content: bytes | IO[bytes]) -> str:
        """Store `content` as `name` below the place; gives its full name. Raises StorageFailed."""
        self._note = self._note or keep(self.store, f"{PENDING}/{uuid4().hex}", self.place.encode())
        full = f"{self.place}/{name}"
        self.names.append(full)
        return keep(self.store, full, content)

    def stay(self) -> None:
        self.names.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        left = [name for name in self.names if not self._delete(name)]
        if self._note and not left:
            self._delete(self._note)

    def _delete(self, name: str) -> bool:
        """Whether it worked: what went wrong before is what has to be told."""
        try:
            self.store.delete(name)
        except Exception:
            return False
        return True


def remove_leftovers() -> None:
    """Delete half-written files of processes that were killed: in the stores, and among the uploads."""
    stores = (private_store(), public_store())
    folders = [Path(s.location) / PARTS for s in stores if isinstance(s, DurableFileSystemStorage)]
    for folder in (*folders, Path(settings.FILE_UPLOAD_TEMP_DIR)):
        for file in folder.glob("*"):
            with contextlib.suppress(OSError):  # another worker was faster
                if file.is_file() and time.time() - file.stat().st_mtime > LEFT_OVER:
                    file.unlink()


def is_full(error: BaseException | None) -> bool:
    """Whether this says that the disk is full, the database's own words for it included."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    return isinstance(error, OperationalError) and "disk is full" in str(error)


def digest(data: bytes) -> str:
    """SHA-256 in hex: how pictures are named everywhere."""
    return hashlib.sha256(data).hexdigest()
