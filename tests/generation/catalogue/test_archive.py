"""Photos are found by the names that people write, and nothing in a zip reaches past it."""

import io
import struct
import zipfile
from pathlib import Path

import pytest

from brandkit.common.errors import Invalid
from brandkit.common.storage import digest
from generation.catalogue import archive
from generation.catalogue.archive import Folder, NoPhotos, PhotosRefused, Zip
from generation.imaging.unreadable import LIMITS
from tests.generation.catalogue.files import disc, zipped

PHOTO = disc(1)


def opened(*names: str) -> Zip:
    return Zip(io.BytesIO(zipped(dict.fromkeys(names, PHOTO))))


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("spring/mug.png", "spring/mug.png"),
        ("./spring/mug.png", "spring/mug.png"),
        ("spring\\mug.png", "spring/mug.png"),
        ("Spring/MUG.PNG", "spring/mug.png"),
        ("bowl.png", "spring/bowl.png"),
        ("C:\\pictures\\bowl.png", "spring/bowl.png"),
        ("other folder/bowl.png", "spring/bowl.png"),
        ("Blåbær.png", "Bla\u030abær.png"),
    ],
)
def test_it_finds_a_photo_by_its_path_or_by_a_name_that_only_it_has(wanted: str, found: str) -> None:
    names = ("spring/mug.png", "summer/mug.png", "spring/bowl.png", "Bla\u030abær.png")
    assert opened(*names).find(wanted) == found


def test_the_very_spelling_counts_first() -> None:
    assert opened("Mug.png", "mug.png").find("mug.png") == "mug.png"


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ("mug.png", "several photos “mug.png”: “spring/mug.png” and “summer/mug.png”. Write the whole path."),
        ("bowl.png", "There is no photo “bowl.png”."),
        ("bowl.jpg", "There is no photo “bowl.jpg”."),
        ("cup.jpg", "There is no photo “cup.jpg”. There is “cup.png”."),
        ("../../etc/passwd", "There is no photo “../../etc/passwd”."),
        ("/etc/passwd", "There is no photo “/etc/passwd”."),
        (".hidden.png", "There is no photo “.hidden.png”."),
        ("__MACOSX/cup.jpg", "There is no photo “__MACOSX/cup.jpg”. There is “cup.png”."),
    ],
)
def test_it_says_why_it_finds_none(wanted: str, words: str) -> None:
    names = ("spring/mug.png", "summer/mug.png", "cup.png", ".hidden.png", "__MACOSX/._cup.png", "empty/")
    with pytest.raises(Invalid) as caught:
        opened(*names).find(wanted)
    assert caught.value.message.endswith(words)


def test_it_knows_names_in_utf_8_from_zips_that_do_not_say_so() -> None:
    data = zipped({"Käse.png": PHOTO})
    flag = struct.pack("<H", 0x800)
    assert data.count(flag) == 2
    assert Zip(io.BytesIO(data.replace(flag, b"\0\0"))).find("Käse.png") == "K├ñse.png"


def test_a_folder_is_read_like_a_zip_and_links_out_of_it_are_not_followed(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    (folder / "spring").mkdir(parents=True)
    (folder / "spring" / "mug.png").write_bytes(PHOTO)
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "plan.png").write_bytes(PHOTO)
    (folder / "linked").symlink_to(tmp_path / "secret")
    photos = Folder(folder)
    assert archive.check(photos, photos.find("MUG.png")) == digest(PHOTO)
    for name in ("plan.png", "linked/plan.png", "../secret/plan.png"):
        with pytest.raises(Invalid, match="There is no photo"):
            photos.find(name)


def test_a_table_that_comes_alone_says_what_to_do() -> None:
    with pytest.raises(Invalid, match="No photos came with the table"):
        NoPhotos().find("mug.png")


def test_it_copies_just_the_bytes() -> None:
    out = io.BytesIO()
    archive.copy(opened("mug.png"), "mug.png", out)
    assert out.getvalue() == PHOTO


def test_it_takes_no_more_of_a_photo_than_one_may_have() -> None:
    """Fifty thousand to one: nothing of it but the first piece over the limit is ever unpacked."""
    packed = Zip(io.BytesIO(zipped({"bomb.png": PHOTO + bytes(LIMITS.bytes)})))
    out = io.BytesIO()
    for read in (lambda: archive.check(packed, "bomb.png"), lambda: archive.copy(packed, "bomb.png", out)):
        with pytest.raises(Invalid, match="more than 50 MB"):
            read()
    assert len(out.getvalue()) <= LIMITS.bytes


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "This file is empty"), (b"Dear Sir", "“a.png”: This file is text"), (b"GIF89a..", "is a GIF")],
)
def test_it_sees_at_once_what_is_no_photo(content: bytes, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        archive.check(Zip(io.BytesIO(zipped({"a.png": content}))), "a.png")


def test_it_says_what_is_wrong_with_a_damaged_entry() -> None:
    data = bytearray(zipped({"a.png": PHOTO}, zipfile.ZIP_STORED))
    at = data.index(PHOTO) + len(PHOTO) // 2
    data[at] ^= 0xFF
    with pytest.raises(Invalid, match="can't be read out of the zip: it is damaged"):
        archive.check(Zip(io.BytesIO(bytes(data))), "a.png")


def test_it_does_not_open_what_can_not_be_unpacked_piece_by_piece() -> None:
    """Nor what is locked."""
    with pytest.raises(Invalid, match="packed in an unusual way"):
        archive.check(Zip(io.BytesIO(zipped({"a.png": PHOTO}, zipfile.ZIP_BZIP2))), "a.png")
    locked = bytearray(zipped({"a.png": PHOTO}))
    locked[6] |= 1
    locked[locked.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(Invalid, match="locked with a password"):
        archive.check(Zip(io.BytesIO(bytes(locked))), "a.png")


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 and no more", zipped({"a.png": PHOTO})[:-30], PHOTO])
def test_it_refuses_what_is_no_zip(data: bytes) -> None:
    with pytest.raises(PhotosRefused, match="no zip that can be opened"):
        Zip(io.BytesIO(data))


def test_it_refuses_too_many_photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MOST_PHOTOS", 1)
    (tmp_path / "a.png").touch()
    (tmp_path / "b.png").touch()
    for read in (lambda: opened("a.png", "b.png"), lambda: Folder(tmp_path)):
        with pytest.raises(PhotosRefused, match="more than 1 photos"):
            read()


def test_it_reads_no_list_of_contents_that_would_not_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MOST_DIRECTORY", 40)
    monkeypatch.setattr(zipfile, "ZipFile", None)
    with pytest.raises(PhotosRefused, match="Import a part of them"):
        Zip(io.BytesIO(_DATA))


_DATA = zipped({"a.png": PHOTO})
