"""From an uploaded photo to a Subject."""

from pathlib import Path

import numpy as np
import pytest
from django.db.models.fields.files import FieldFile
from PIL import Image

from brandkit.accounts.models import Role
from brandkit.common.errors import Invalid, NotFound, StorageFailed
from brandkit.common.models import Event, history
from brandkit.common.storage import digest
from generation import intake
from generation.imaging import files
from generation.intake import PhotoRefused, name_from, take_in
from generation.models import Subject
from tests.conftest import stored_files
from tests.factories import make_brand, make_subject, make_user, picture_bytes
from tests.races import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A disc that comes without its background, so that nothing needs to be cut out."""
    file = tmp_path / "red-disc.png"
    file.write_bytes(disc((200, 40, 30)))
    return file


def disc(colour: tuple[int, int, int]) -> bytes:
    y, x = np.mgrid[:120, :160]
    rgba = np.full((120, 160, 4), (*colour, 0), np.uint8)
    rgba[..., 3] = 255 * ((x - 80) ** 2 + (y - 60) ** 2 < 40**2)
    return files.png(rgba)


def content(file: FieldFile) -> bytes:
    with file.open() as opened:
        return bytes(opened.read())


def test_it_keeps_the_photo_its_cut_out_and_who_brought_it(tmp_path: Path) -> None:
    photo = tmp_path / "yellow-banana_2.jpg"
    photo.write_bytes(picture_bytes(160, 120, kind="JPEG"))
    brand = make_brand()
    person = make_user(brand)
    subject, new = take_in(brand=brand, by=person, file=photo, sku=" FR-0042 ")
    assert new
    subject.refresh_from_db()
    assert (subject.name, subject.sku, subject.slug) == ("Yellow banana 2", "FR-0042", "fr-0042")
    assert content(subject.original) == photo.read_bytes()
    assert subject.original_sha256 == digest(photo.read_bytes())
    assert (subject.original_type, subject.original_width, subject.original_height) == (
        "image/jpeg",
        160,
        120,
    )
    assert (subject.width, subject.height) == (160, 120)
    for kind, sha256 in (("normal", subject.normal_sha256), ("cutout", subject.cutout_sha256)):
        assert digest(content(getattr(subject, kind))) == sha256
    with subject.cutout.open() as file, Image.open(file) as cutout:
        assert (cutout.format, cutout.mode, cutout.size) == ("PNG", "RGBA", (160, 120))
    with subject.thumbnail.open() as file, Image.open(file) as thumbnail:
        assert thumbnail.format == "WEBP"
    assert subject.created_by == person
    assert "too_small" in [advice["code"] for advice in subject.advice]
    place = f"private/brands/{brand.pk}/subjects/{subject.original_sha256}/"
    assert [name.startswith(place) for name in stored_files()] == [True] * 4
    [event] = history(subject)
    assert (event.kind, event.actor, event.brand_id) == ("subject.added", person, brand.pk)


def test_it_takes_the_cut_out_that_the_upload_brings(photo: Path) -> None:
    subject, _ = take_in(brand=make_brand(), by=None, file=photo)
    assert subject.confidence == 1.0
    assert np.allclose(subject.box, (0.256, 0.175, 0.744, 0.825), atol=0.01)


def test_it_gives_the_same_subject_for_the_same_bytes_and_does_no_work(
    photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    brand = make_brand()
    first, _ = take_in(brand=brand, by=None, file=photo)
    kept = stored_files()
    monkeypatch.setattr(intake, "open_photo", None)
    twin = tmp_path / "other name.png"
    twin.write_bytes(photo.read_bytes())
    second, new = take_in(brand=brand, by=None, file=twin, name="Another name")
    assert (second, new, second.name) == (first, False, "Red disc")
    assert stored_files() == kept
    assert Event.objects.filter(kind="subject.added").count() == 1


def test_it_makes_a_subject_of_its_own_in_each_brand(photo: Path) -> None:
    one, _ = take_in(brand=make_brand(), by=None, file=photo)
    other, new = take_in(brand=make_brand(), by=None, file=photo)
    assert new
    assert one.pk != other.pk
    assert len(stored_files()) == 8


@pytest.mark.parametrize(
    ("data", "step", "words"),
    [
        (b"", "size", "This file is empty"),
        (b"Dear Sir or Madam", "type", "This file is text"),
        (picture_bytes(64, 64, kind="JPEG")[:700], "decode", "damaged"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "type", "This file is an SVG"),
        (picture_bytes(1, 1), "header", "1 x 1"),
    ],
    ids=["empty", "text", "truncated", "svg", "1x1"],
)
def test_it_refuses_what_is_no_photo_and_leaves_nothing(
    tmp_path: Path, data: bytes, step: str, words: str
) -> None:
    file = tmp_path / "photo.jpg"
    file.write_bytes(data)
    with pytest.raises(PhotoRefused, match=words) as caught:
        take_in(brand=make_brand(), by=None, file=file)
    assert caught.value.step == step
    assert caught.value.found["bytes"] == len(data)
    assert stored_files() == []
    assert not Subject.objects.exists()
    assert not Event.objects.exists()


def test_it_leaves_nothing_when_the_disk_is_full(photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []

    def full_at_the_third(fd: int) -> None:
        synced.append(fd)
        if len(synced) == 3:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full_at_the_third)
    with pytest.raises(StorageFailed, match="No space left on device"):
        take_in(brand=make_brand(), by=None, file=photo)
    assert len(synced) == 3
    assert stored_files() == []
    assert not Subject.objects.exists()


def test_it_leaves_nothing_when_the_row_can_not_be_written(
    photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError("no event, no subject")

    monkeypatch.setattr(intake, "record", broken)
    with pytest.raises(RuntimeError, match="no event"):
        take_in(brand=make_brand(), by=None, file=photo)
    assert stored_files() == []
    assert not Subject.objects.exists()


def test_it_takes_nothing_from_people_of_another_brand(photo: Path) -> None:
    with pytest.raises(NotFound):
        take_in(brand=make_brand(), by=make_user(make_brand(), Role.OWNER), file=photo)
    assert stored_files() == []


@pytest.mark.parametrize(("field", "length"), [("name", 121), ("sku", 61)])
def test_it_refuses_words_that_are_too_long(photo: Path, field: str, length: int) -> None:
    with pytest.raises(Invalid, match=f"has {length} characters"):
        take_in(brand=make_brand(), by=None, file=photo, **{field: "x" * length})
    assert stored_files() == []


def test_it_finds_a_free_slug(photo: Path) -> None:
    brand = make_brand()
    make_subject(brand, slug="mug")
    make_subject(brand, slug="mug-2")
    make_subject(make_brand(), slug="mug-3")
    subject, _ = take_in(brand=brand, by=None, file=photo, name="Mug!")
    assert subject.slug == "mug-3"


@pytest.mark.parametrize(
    ("file_name", "name"),
    [
        ("yellow-banana_2.png", "Yellow banana 2"),
        ("IMG_2034.HEIC", "IMG_2034"),
        ("C:\\photos\\red mug.jpg", "Red mug"),
        ("../../etc/passwd", "Passwd"),
        ("\x00\x1b.jpg", "Photo"),
        ("x" * 200 + ".jpg", "X" + "x" * 119),
    ],
)
def test_it_names_a_subject_after_its_file(file_name: str, name: str) -> None:
    assert name_from(file_name) == name


@pytest.mark.django_db(transaction=True)
def test_it_makes_one_subject_of_the_same_photo_sent_three_times_at_once(photo: Path) -> None:
    brand = make_brand()
    answers = at_once(3, lambda: take_in(brand=brand, by=None, file=photo))
    assert len({subject.pk for subject, _ in answers}) == 1
    assert sorted(new for _, new in answers) == [False, False, True]
    assert len(stored_files()) == 4
    subject = Subject.objects.get()
    assert content(subject.original) == photo.read_bytes()
    assert [event.kind for event in history(subject)] == ["subject.added"]


@pytest.mark.django_db(transaction=True)
def test_it_gives_different_photos_of_one_name_different_slugs_at_once(tmp_path: Path) -> None:
    brand = make_brand()
    photos = []
    for number in range(3):
        photos.append(tmp_path / f"{number}.png")
        photos[-1].write_bytes(disc((number, 40, 30)))
    answers = at_once(3, lambda: take_in(brand=brand, by=None, file=photos.pop(), name="Mug"))
    assert sorted(subject.slug for subject, _ in answers) == ["mug", "mug-2", "mug-3"]
