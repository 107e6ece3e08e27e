"""A line's photo becomes a subject: out of the zip that came with the table, or fetched by its address."""

import logging
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.files.base import File

from brandkit.accounts.models import Brand, User
from brandkit.common.errors import Invalid, NotAllowed, NotFound, StorageFailed
from brandkit.common.storage import is_full, private_store
from generation import intake, subjects
from generation.catalogue import archive
from generation.catalogue.archive import Photos, Zip
from generation.imaging.unreadable import LIMITS, MEGABYTE
from generation.models import Batch, BatchLine, Subject
from generation.providers.wire.fault import Fault
from generation.providers.wire.fetch import fetch

logger = logging.getLogger(__name__)
SECONDS = 30.0
"""For one photo by its address, its redirects included. Twice that is a lease: nobody else begins it anew."""

TRIES = 2
PASSING = frozenset({"no_connection", "cut_off"})
FORGET_AFTER = 120.0
"""Seconds after which a zip that nobody asks for any more is closed."""

FAULTS = {
    "no_connection": "Its address can't be reached.",
    "time_out": f"Its address took more than {SECONDS:.0f} seconds.",
    "cut_off": "The connection broke while it came.",
    "too_large": f"It has more than {LIMITS.bytes // MEGABYTE} MB. Save it smaller, as a JPEG.",
    "forbidden": "Its address is not one that photos are fetched from: a public one that begins with https://.",
}


def is_address(photo: str) -> bool:
    """Whether a table's cell names a photo on the web."""
    return "://" in photo[:12]


def check_address(photo: str) -> None:
    """Raises Invalid for what can't be fetched whatever answers there."""
    try:
        parts = urlsplit(photo)
        place = f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname
    except ValueError:
        parts, place = urlsplit(""), None
    allowed = parts.scheme == "https" or (parts.scheme == "http" and place in settings.BRANDKIT_PHOTO_HOSTS)
    if not place or not allowed:
        raise Invalid(f"The photo can't be fetched. {FAULTS['forbidden']}")


def take_in_line(line: BatchLine) -> Subject:
    """The subject of a line that names a photo. The same bytes are the same subject, as always.

    To be called in no transaction: it fetches, decodes and cuts out, which takes a second or several.
    Raises Invalid, with words for the line, where the photo can't be used; StorageFailed or OSError where
    something of ours is full or away, so that it is to be tried again later.
    """
    batch = line.batch
    with _temporary() as file:
        if is_address(line.photo):
            _fetch(line.photo, file)
        else:
            with _photos_of(batch) as photos:
                archive.copy(photos, photos.find(line.photo), file)
        file.flush()
        return take_in(batch.brand, batch.requested_by, Path(file.name), line.photo, line.name, line.sku)


def take_in(brand: Brand, by: User | None, file: Path, photo: str, name: str, sku: str) -> Subject:
    """As `intake.take_in`; raises Invalid also where this photo is there already with another SKU."""
    try:
        subject, _ = intake.take_in(
            brand=brand, by=by, file=file, file_name=base_name(photo), name=name, sku=sku
        )
    except (NotAllowed, NotFound) as error:
        raise Invalid("Whoever asked for this may no longer add photos to this brand.") from error
    check_sku(subject, sku)
    if sku and not subject.sku:
        subjects.rename(subject=subject, by=by, name=subject.name, sku=sku)
    return subject


def check_sku(subject: Subject, sku: str) -> None:
    """Raises Invalid where a photo that is there shows another thing than the row says."""
    if sku and subject.sku and subject.sku != sku:
        raise Invalid(f"This photo is here already, as SKU {subject.sku}.")


def base_name(photo: str) -> str:
    """The file's own name, of a path or an address."""
    path = unquote(urlsplit(photo).path) if is_address(photo) else photo.replace("\\", "/")
    return PurePosixPath(path).name


@contextmanager
def _temporary() -> Iterator[IO[bytes]]:
    """A file that is gone afterwards. Raises StorageFailed where the disk is full."""
    try:
        with tempfile.NamedTemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR, suffix=".photo") as file:
            yield file
    except OSError as error:
        if not is_full(error):
            raise
        raise StorageFailed("There is no room on the disk for another photo.") from error


def _fetch(address: str, file: IO[bytes]) -> None:
    """Raises Invalid, with what went wrong."""
    for tries_left in reversed(range(TRIES)):
        try:
            fetch(
                address,
                sink=file,  # type: ignore[arg-type] # it is one, under another name
                base="",
                allow_hosts=frozenset(settings.BRANDKIT_PHOTO_HOSTS),
                seconds=SECONDS,
                most_bytes=LIMITS.bytes,
            )
            return
        except Fault as fault:
            if not tries_left or not _passes(fault):
                logger.info("The photo at %s was not fetched: %s", urlsplit(address).hostname, fault)
                raise Invalid(f"The photo can't be fetched. {_words(fault)}") from fault


def _passes(fault: Fault) -> bool:
    return fault.kind in PASSING or (fault.status or 0) >= 500


def _words(fault: Fault) -> str:
    if fault.status:
        return f"Its address answers with HTTP {fault.status}."
    return FAULTS.get(fault.kind, "What its address answers can't be read.")


@dataclass
class _Opened:
    """A zip that is open now. users: how many read from it; used: when the last one did."""

    zip: Zip
    file: "File[Any]"
    users: int = 0
    used: float = 0.0


class _Zips:
    """The zips that this process reads from: each is opened once for all lines of its batch.

    From a bucket that fetches it whole, into a file that nobody else sees.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._opened: dict[str, _Opened] = {}

    @contextmanager
    def reading(self, name: str) -> Iterator[Zip]:
        """Raises OSError where it can't be opened, PhotosRefused where it is no zip any more."""
        with self._lock:
            opened = self._opened.get(name) or self._open(name)
            opened.users += 1
        try:
            yield opened.zip
        finally:
            with self._lock:
                opened.users -= 1
                opened.used = time.monotonic()

    def close_unused(self, seconds: float) -> None:
        """Those that nobody reads, nor has for so long."""
        with self._lock:
            self._close_unused(seconds)

    def _open(self, name: str) -> _Opened:
        self._close_unused(0)
        file = private_store().open(name)
        try:
            self._opened[name] = opened = _Opened(zip=Zip(file), file=file)
        except BaseException:
            file.close()
            raise
        return opened

    def _close_unused(self, seconds: float) -> None:
        now = time.monotonic()
        for name, opened in list(self._opened.items()):
            if not opened.users and now - opened.used >= seconds:
                opened.file.close()
                del self._opened[name]


_zips = _Zips()


@contextmanager
def _photos_of(batch: Batch) -> Iterator[Photos]:
    if not batch.photos:
        yield archive.NoPhotos()
        return
    try:
        with _zips.reading(str(batch.photos)) as zipped:
            yield zipped
    except FileNotFoundError:
        words = "The zip with the photos is no longer there. Import the table again, with it."
        raise Invalid(words) from None


def forget(**_: object) -> None:
    """Close the zip that nobody has asked for lately. Called after each sweep."""
    _zips.close_unused(FORGET_AFTER)
