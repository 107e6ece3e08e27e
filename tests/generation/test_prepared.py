"""Stored pictures as a provider takes them: as they are where they fit, else made to fit once."""

from dataclasses import replace
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from django.core.files.storage import Storage
from PIL import Image

from brandkit.accounts.models import Brand
from brandkit.common.storage import digest, private_store
from generation.imaging.fitting import fit_within
from generation.imaging.unreadable import Unreadable
from generation.models import Generation, PreparedPicture, Reference
from generation.prepared import InputChanged, NotPrepared, Stored, prepared
from generation.providers.base import Picture, Provider
from generation.providers.fake import Fake
from generation.runner import run
from tests.conftest import stored_files
from tests.factories import make_brand, make_generation, make_reference, make_subject, picture_bytes
from tests.races import at_once

pytestmark = pytest.mark.django_db


class Narrow(Fake):
    most_input_side = 100
    most_input_bytes = 20_000


class JpegOnly(Fake):
    input_types = frozenset({"image/jpeg"})


class Here(Narrow):
    computes = True


def made(kind: type[Provider] = Narrow) -> Provider:
    return kind(alias="p", options={})


def noise(width: int, height: int) -> bytes:
    """A PNG that no codec makes small."""
    pixels = np.random.default_rng(1).integers(0, 256, (height, width, 3), np.uint8)
    out = BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def keep(brand: Brand, data: bytes) -> Stored:
    """As a row would have it."""
    with Image.open(BytesIO(data)) as picture:
        width, height = picture.size
    row: Reference = make_reference(make_subject(brand), data=data, width=width, height=height)
    return Stored(role="scene", file=row.picture, sha256=row.sha256, width=width, height=height)


def opened(picture: Picture) -> Image.Image:
    return Image.open(BytesIO(picture.data))


def test_it_sends_what_fits_as_it_is_stored(brand: Brand) -> None:
    data = picture_bytes(100, 60)
    picture = prepared(keep(brand, data), brand_id=brand.pk, provider=made())
    assert picture == Picture(
        role="scene", data=data, media_type="image/png", width=100, height=60, sha256=digest(data)
    )
    assert not PreparedPicture.objects.exists()


@pytest.mark.parametrize(
    ("kind", "data", "size"),
    [
        (Narrow, picture_bytes(300, 200), (100, 67)),
        (Narrow, noise(90, 90), (90, 90)),
        (JpegOnly, picture_bytes(300, 200), (300, 200)),
    ],
    ids=["side", "bytes", "type"],
)
def test_it_makes_a_jpeg_that_fits(
    kind: type[Provider], data: bytes, size: tuple[int, int], brand: Brand
) -> None:
    picture = prepared(keep(brand, data), brand_id=brand.pk, provider=made(kind))
    assert (picture.role, picture.media_type) == ("scene", "image/jpeg")
    assert (picture.width, picture.height) == size
    assert picture.sha256 == digest(picture.data)
    assert len(picture.data) <= kind.most_input_bytes
    with opened(picture) as image:
        assert (image.format, image.mode, image.size) == ("JPEG", "RGB", size)
    [row] = PreparedPicture.objects.all()
    assert (row.brand, row.source_sha256, row.sha256) == (brand, digest(data), picture.sha256)
    assert (row.most_bytes, row.most_side) == (kind.most_input_bytes, kind.most_input_side)


def test_it_looks_like_the_picture_that_it_was_made_from(brand: Brand) -> None:
    data = picture_bytes(300, 300)
    picture = prepared(keep(brand, data), brand_id=brand.pk, provider=made())
    with opened(picture) as small, Image.open(BytesIO(data)) as large:
        wanted = np.asarray(large.convert("RGB").resize((100, 100), Image.Resampling.LANCZOS), float)
        assert np.abs(np.asarray(small, float) - wanted).mean() < 3


def test_it_makes_it_once_for_all_calls(brand: Brand, monkeypatch: pytest.MonkeyPatch) -> None:
    stored, narrow = keep(brand, picture_bytes(300, 200)), made()
    first = prepared(stored, brand_id=brand.pk, provider=narrow)
    files = stored_files()
    monkeypatch.setattr("generation.prepared.fit_within", None)
    assert prepared(stored, brand_id=brand.pk, provider=narrow) == first
    assert prepared(replace(stored, role="reference"), brand_id=brand.pk, provider=narrow).data == first.data
    assert (PreparedPicture.objects.count(), stored_files()) == (1, files)


def test_it_makes_another_one_for_other_limits_and_for_another_brand(brand: Brand) -> None:
    data = picture_bytes(300, 200)
    prepared(keep(brand, data), brand_id=brand.pk, provider=made())
    prepared(keep(brand, data), brand_id=brand.pk, provider=made(JpegOnly))
    other = make_brand()
    prepared(keep(other, data), brand_id=other.pk, provider=made())
    assert PreparedPicture.objects.count() == 3


@pytest.mark.parametrize("change", ["gone", "other bytes"])
def test_it_makes_it_anew_where_the_store_has_lost_it(change: str, brand: Brand) -> None:
    stored = keep(brand, picture_bytes(300, 200))
    first = prepared(stored, brand_id=brand.pk, provider=made())
    store, name = private_store(), str(PreparedPicture.objects.get().picture)
    spoil(store, name, change)
    assert prepared(stored, brand_id=brand.pk, provider=made()) == first
    with store.open(name) as file:
        assert file.read() == first.data
    assert PreparedPicture.objects.count() == 1


@pytest.mark.parametrize("change", ["gone", "other bytes"])
def test_it_sends_nothing_that_is_no_longer_what_was_approved(change: str, brand: Brand) -> None:
    stored = keep(brand, picture_bytes(300, 200))
    prepared(stored, brand_id=brand.pk, provider=made())
    spoil(private_store(), str(stored.file), change)
    with pytest.raises(InputChanged, match="The scene's picture is no longer in the store as it was"):
        prepared(stored, brand_id=brand.pk, provider=made())


def spoil(store: Storage, name: str, change: str) -> None:
    store.delete(name)
    if change == "other bytes":
        with store.open(name, "wb") as file:
            file.write(b"something else")


def test_what_computes_here_gets_the_very_bytes(brand: Brand) -> None:
    data = picture_bytes(300, 200)
    assert prepared(keep(brand, data), brand_id=brand.pk, provider=made(Here)).data == data
    assert not PreparedPicture.objects.exists()


def test_it_says_what_can_not_be_made_small_enough(brand: Brand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Narrow, "most_input_bytes", 100)
    stored = keep(brand, picture_bytes(300, 200))
    files = stored_files()
    words = "The scene's picture can't be made small enough for Fake: .*100 bytes.* Upload another one."
    with pytest.raises(NotPrepared, match=words):
        prepared(stored, brand_id=brand.pk, provider=made())
    assert (PreparedPicture.objects.count(), stored_files()) == (0, files)


@pytest.mark.django_db(transaction=True)
def test_it_keeps_one_row_and_one_file_of_what_four_make_at_once(brand: Brand) -> None:
    stored = keep(brand, noise(300, 200))
    files = stored_files()
    pictures = at_once(4, lambda: prepared(stored, brand_id=brand.pk, provider=made()))
    assert len(set(pictures)) == 1
    assert (PreparedPicture.objects.count(), len(stored_files())) == (1, len(files) + 1)


def test_it_lowers_the_quality_before_it_gives_up_pixels() -> None:
    data, whole = noise(256, 256), {"most_bytes": 10**6, "most_side": 256}
    best = fit_within(data, **whole)
    lower = fit_within(data, **whole | {"most_bytes": len(best.jpeg) - 1})
    fewer = fit_within(data, **whole | {"most_bytes": len(best.jpeg) // 4})
    assert (best.width, lower.width, fewer.width) == (256, 256, 128)
    assert len(fewer.jpeg) <= len(best.jpeg) // 4
    assert fit_within(data, **whole) == best


def test_it_takes_no_metadata_along(brand: Brand) -> None:
    out, exif = BytesIO(), Image.Exif()
    exif[0x010E] = "a secret"
    Image.new("RGB", (300, 200), "tan").save(out, "JPEG", exif=exif, comment=b"a secret")
    picture = prepared(keep(brand, out.getvalue()), brand_id=brand.pk, provider=made())
    assert b"secret" in out.getvalue()
    assert b"secret" not in picture.data


@pytest.mark.parametrize("data", [b"no picture", picture_bytes()[:200]])
def test_it_refuses_what_is_no_picture(data: bytes, tmp_path: Any) -> None:
    with pytest.raises(Unreadable):
        fit_within(data, most_bytes=1000, most_side=100)


def test_an_attempt_tells_what_was_really_sent(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two pictures of one photo in one scene: prepared once, and both say so."""
    settings.BRANDKIT_PROVIDERS = {"fake": {"BACKEND": "generation.providers.fake.Fake"}}
    monkeypatch.setattr(Fake, "most_input_side", 100)
    generations = [make_generation(make_brand(), provider="fake")]
    generations.append(again(generations[0]))
    for generation in generations:
        run(generation.NOUN, generation.pk)
    [row] = PreparedPicture.objects.all()
    scene, subject = generations[0].scene_version, generations[0].subject
    assert row.source_sha256 == scene.sha256
    for generation in generations:
        [attempt] = generation.attempts.all()
        assert [(each["role"], each["sha256"]) for each in attempt.sent] == [
            ("subject", subject.normal_sha256),
            ("scene", row.sha256),
        ]
        assert (attempt.sent[1]["media_type"], attempt.sent[1]["width"]) == ("image/jpeg", 100)


def again(generation: Generation) -> Generation:
    same = ("subject", "scene_version", "prompt_version", "output_format")
    fields = {name: getattr(generation, name) for name in same}
    return make_generation(generation.brand, provider="fake", variation=2, **fields)
