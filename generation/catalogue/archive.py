"""Photos by the names that a table calls them: in a zip or in a folder."""

import os
import unicodedata
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import IO, Protocol

from brandkit.common.errors import Invalid
from generation.imaging.sniff import HEAD, media_type
from generation.imaging.unreadable import LIMITS, Unreadable

MEGABYTE = 2**20
MOST_PHOTOS = 50_000
MOST_DIRECTORY = 400 * MOST_PHOTOS
"""Bytes of a zip's list of contents: it is held in memory several times over."""

PIECE = 2**18
READABLE = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError)


class PhotosRefused(Invalid):
    """These photos can't be used."""

    code = "photos_refused"


class Photos(Protocol):
    """Where photos are taken from."""

    def find(self, wanted: str) -> str:
        """The name of the one that a table means. Raises Invalid, with what there is instead."""

    def open(self, name: str) -> IO[bytes]:
        """Its bytes. May raise OSError, or what is in `BROKEN`."""


class NoPhotos:
    """Where a table comes alone."""

    def find(self, wanted: str) -> str:
        words = (
            "No photos came with the table. Add them as a zip, or give an address that begins with https://"
        )
        raise Invalid(f"{words}.")

    def open(self, name: str) -> IO[bytes]:
        raise FileNotFoundError(name)


class Names:
    """What is called how: by exact path, by path in any case, or by a file's name where just one has it."""

    def __init__(self, names: Iterable[tuple[str, str]]) -> None:
        """names: each spelling, and the name that it stands for."""
        self._exact: dict[str, str] = {}
        self._folded: defaultdict[str, set[str]] = defaultdict(set)
        self._bases: defaultdict[str, set[str]] = defaultdict(set)
        self._stems: dict[str, str] = {}
        for spelling, name in names:
            path = _path(spelling)
            self._exact.setdefault(path, name)
            self._folded[path.casefold()].add(name)
            self._bases[_base(path)].add(name)
            self._stems[_stem(path)] = name

    def find(self, wanted: str) -> str:
        """Raises Invalid where none is meant, or several."""
        path = _path(wanted)
        exact = self._exact.get(path)
        if exact is not None:
            return exact
        found = self._folded.get(path.casefold()) or self._bases.get(_base(path)) or set()
        if len(found) > 1:
            paths = " and ".join(f"“{name}”" for name in sorted(found)[:2])
            raise Invalid(f"There are several photos “{wanted}”: {paths}. Write the whole path.")
        if not found:
            like = self._stems.get(_stem(path))
            raise Invalid(f"There is no photo “{wanted}”.{f' There is “{like}”.' if like else ''}")
        return next(iter(found))


class Zip:
    """The photos in a zip, read one by one and never unpacked. `file` stays open as long as this is used.

    Raises PhotosRefused where it is none, or holds far too much. Several threads may read at once.
    """

    def __init__(self, file: IO[bytes]) -> None:
        try:
            _check_directory(file)
            self._zip = zipfile.ZipFile(file)
        except BROKEN as error:
            words = "This is no zip that can be opened, or it is damaged. Pack the photos anew."
            raise PhotosRefused(words) from error
        entries = [info for info in self._zip.infolist() if not (info.is_dir() or _is_litter(info.filename))]
        if len(entries) > MOST_PHOTOS:
            raise _too_many()
        self._names = Names((spelling, info.filename) for info in entries for spelling in _spellings(info))

    def find(self, wanted: str) -> str:
        return self._names.find(wanted)

    def open(self, name: str) -> IO[bytes]:
        info = self._zip.getinfo(name)
        if info.flag_bits & 1:
            raise Invalid("This photo is locked with a password. Pack the photos without one.")
        if info.compress_type not in READABLE:
            raise Invalid("This photo is packed in an unusual way. Pack the photos as a plain zip.")
        return self._zip.open(info)


class Folder:
    """The photos in a folder and the folders in it. Links are not followed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        paths = []
        for place, _, names in os.walk(folder):
            paths += [(Path(place) / name).relative_to(folder).as_posix() for name in names]
            if len(paths) > MOST_PHOTOS:
                raise _too_many()
        self._names = Names((path, path) for path in paths if not _is_litter(path))

    def find(self, wanted: str) -> str:
        return self._names.find(wanted)

    def open(self, name: str) -> IO[bytes]:
        return (self._folder / name).open("rb")


def check(photos: Photos, name: str) -> str:
    """The hash of a photo's bytes, once its size and its first bytes are those of one. Raises Invalid."""
    with _reading(photos, name) as file:
        head, hashed, size = file.read(HEAD), sha256(), 0
        _check_head(name, head)
        for piece in _pieces(file, head):
            hashed.update(piece)
            size += len(piece)
    return hashed.hexdigest()


def copy(photos: Photos, name: str, to: IO[bytes]) -> None:
    """Write a photo's bytes to a file. Raises Invalid, and OSError where it can't be written."""
    with _reading(photos, name) as file:
        for piece in _pieces(file, b""):
            to.write(piece)


@contextmanager
def _reading(photos: Photos, name: str) -> Iterator[IO[bytes]]:
    try:
        with photos.open(name) as file:
            yield file
    except BROKEN as error:
        words = f"The photo “{name}” can't be read out of the zip: it is damaged. Pack it anew."
        raise Invalid(words) from error


def _pieces(file: IO[bytes], head: bytes) -> Iterator[bytes]:
    """No more than a photo may have, whatever the zip says of its size. Raises Invalid."""
    left, piece = LIMITS.bytes, head or file.read(PIECE)
    while piece:
        left -= len(piece)
        if left < 0:
            words = f"This photo has more than {LIMITS.bytes // MEGABYTE} MB. Save it smaller, as a JPEG."
            raise Invalid(words)
        yield piece
        piece = file.read(PIECE)


def _check_head(name: str, head: bytes) -> None:
    try:
        media_type(head, len(head))
    except Unreadable as error:
        words = str(error) if head else "This file is empty."
        raise Invalid(f"“{name}”: {words}") from error


def _check_directory(file: IO[bytes]) -> None:
    """The list of contents is read whole when a zip is opened: its size has to be known before."""
    end = zipfile._EndRecData(file)  # type: ignore[attr-defined] # what ZipFile itself goes by
    if end and end[zipfile._ECD_SIZE] > MOST_DIRECTORY:  # type: ignore[attr-defined]
        raise _too_many()


def _too_many() -> PhotosRefused:
    return PhotosRefused(f"There are more than {MOST_PHOTOS:,} photos. Import a part of them at a time.")


def _spellings(info: zipfile.ZipInfo) -> list[str]:
    """What an entry may be called. Some programs write UTF-8 and don't say so."""
    names = [info.filename]
    if not info.flag_bits & 0x800:
        with suppress(UnicodeError):
            names.append(info.filename.encode("cp437").decode())
    return names


def _path(name: str) -> str:
    """With composed letters and slashes, and without a "./" before it."""
    path = unicodedata.normalize("NFC", name).replace("\\", "/").strip()
    return path.removeprefix("./")


def _base(path: str) -> str:
    return path.rpartition("/")[2].casefold()


def _stem(path: str) -> str:
    return _base(path).rpartition(".")[0] or _base(path)


def _is_litter(path: str) -> bool:
    """What systems leave beside people's files."""
    base = _base(path)
    return path.startswith("__MACOSX/") or base.startswith(".") or base in ("thumbs.db", "desktop.ini")
