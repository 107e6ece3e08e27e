"""Every kind of photo that works: exact sizes, right colours, nothing left in it."""

import hashlib
import io
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageCms

from generation.imaging.decode import Photo, open_photo
from tests.generation.imaging.photos import HEIGHT, WIDTH, gradient, saved

pytestmark = pytest.mark.usefixtures("nothing_left")


def opened(tmp_path: Path, data: bytes, name: str = "photo") -> Photo:
    path = tmp_path / name
    path.write_bytes(data)
    return open_photo(path)


def assert_like(photo: Photo, picture: Image.Image, tolerance: float = 3.0) -> None:
    assert (photo.width, photo.height) == picture.size
    difference = np.abs(photo.rgb.astype(int) - np.asarray(picture.convert("RGB")).astype(int))
    assert difference.mean() < tolerance
    assert np.abs(photo.rgb.astype(int) - normalised(photo)).mean() < 3.0


def normalised(photo: Photo) -> np.ndarray:
    with Image.open(io.BytesIO(photo.jpeg)) as picture:
        assert (picture.format, picture.mode, picture.size) == ("JPEG", "RGB", (photo.width, photo.height))
        assert set(picture.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        return np.asarray(picture).astype(int)


def test_it_tells_what_came_and_what_it_made(tmp_path: Path) -> None:
    data = saved(gradient(), "PNG")
    photo = opened(tmp_path, data)
    assert (photo.media_type, photo.size, photo.sha256) == (
        "image/png",
        len(data),
        hashlib.sha256(data).hexdigest(),
    )
    assert (photo.original_width, photo.original_height) == (WIDTH, HEIGHT)
    assert photo.alpha is None
    assert np.array_equal(photo.rgb, np.asarray(gradient()))
    with Image.open(io.BytesIO(photo.thumbnail)) as thumbnail:
        assert (thumbnail.format, thumbnail.size) == ("WEBP", (WIDTH, HEIGHT))


@pytest.mark.parametrize(
    ("format", "mode", "media_type"),
    [
        ("JPEG", "RGB", "image/jpeg"),
        ("JPEG", "L", "image/jpeg"),
        ("JPEG", "CMYK", "image/jpeg"),
        ("PNG", "1", "image/png"),
        ("PNG", "L", "image/png"),
        ("PNG", "P", "image/png"),
        ("PNG", "RGBA", "image/png"),
        ("WEBP", "RGB", "image/webp"),
    ],
)
def test_it_opens_every_kind_of_colour(tmp_path: Path, format: str, mode: str, media_type: str) -> None:
    picture = gradient().convert(mode)
    photo = opened(tmp_path, saved(picture, format))
    assert photo.media_type == media_type
    assert photo.alpha is None
    assert_like(photo, picture, tolerance=12.0 if mode == "P" else 4.0)


def test_it_keeps_the_high_byte_of_16_bits(tmp_path: Path) -> None:
    grey = np.linspace(0, 65_535, WIDTH * HEIGHT).astype(np.uint16).reshape(HEIGHT, WIDTH)
    photo = opened(tmp_path, saved(Image.fromarray(grey), "PNG"))
    assert np.array_equal(photo.rgb[..., 0], grey >> 8)
    assert np.array_equal(photo.rgb[..., 0], photo.rgb[..., 2])


def test_it_opens_heic_whatever_its_name_ends_in(tmp_path: Path) -> None:
    pillow_heif.register_heif_opener()
    photo = opened(tmp_path, saved(gradient(), "HEIF", quality=90), "IMG_0001.HEIC")
    assert photo.media_type == "image/heic"
    assert_like(photo, gradient(), tolerance=8.0)


def test_it_takes_the_first_picture_of_a_phones_mpo(tmp_path: Path) -> None:
    second = Image.new("RGB", (WIDTH, HEIGHT), "white")
    photo = opened(tmp_path, saved(gradient(), "MPO", save_all=True, append_images=[second]))
    assert photo.media_type == "image/jpeg"
    assert_like(photo, gradient(), tolerance=4.0)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_it_turns_upright_and_forgets_where_it_was_taken(tmp_path: Path, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "SECRET MAKER"
    exif.get_ifd(0x8825)[2] = (48.0, 8.0, 12.0)
    turned = gradient().transpose(_INVERSE[orientation]) if orientation > 1 else gradient()
    photo = opened(tmp_path, saved(turned, "PNG", exif=exif))
    assert (photo.original_width, photo.original_height) == (WIDTH, HEIGHT)
    assert np.array_equal(photo.rgb, np.asarray(gradient()))
    normalised(photo)
    assert b"SECRET" not in photo.jpeg + photo.thumbnail
    assert b"Exif" not in photo.jpeg + photo.thumbnail


_INVERSE = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def test_it_turns_a_jpeg_too_and_drops_its_comment(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = gradient().transpose(Image.Transpose.ROTATE_90)
    data = saved(turned, "JPEG", exif=exif, comment="SECRET", quality=95)
    photo = opened(tmp_path, data)
    assert_like(photo, gradient(), tolerance=5.0)
    assert b"SECRET" in data
    assert b"SECRET" not in photo.jpeg


def test_it_follows_the_colour_profile(tmp_path: Path) -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    # A profile in which red and green have changed places, and which says so nowhere else.
    swapped = srgb.replace(b"rXYZ", b"????").replace(b"gXYZ", b"rXYZ").replace(b"????", b"gXYZ")
    for profile, order in ((srgb, [0, 1, 2]), (swapped, [1, 0, 2])):
        photo = opened(tmp_path, saved(gradient(), "PNG", icc_profile=profile))
        wanted = np.asarray(gradient())[..., order].astype(int)
        assert np.abs(photo.rgb.astype(int) - wanted).max() <= 2
        assert b"ICC_PROFILE" not in photo.jpeg
        assert b"ICCP" not in photo.thumbnail


def test_it_goes_without_a_profile_that_does_not_fit(tmp_path: Path) -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    for profile in (lab, b"no profile"):
        photo = opened(tmp_path, saved(gradient(), "PNG", icc_profile=profile))
        assert np.array_equal(photo.rgb, np.asarray(gradient()))


def test_it_keeps_a_see_through_background_as_the_cut_out(tmp_path: Path) -> None:
    alpha = np.zeros((HEIGHT, WIDTH), np.uint8)
    alpha[:, WIDTH // 2 :] = 255
    picture = gradient()
    picture.putalpha(Image.fromarray(alpha))
    for data in (saved(picture, "PNG"), saved(picture, "WEBP", lossless=True)):
        photo = opened(tmp_path, data)
        assert photo.alpha is not None
        assert np.array_equal(photo.alpha, alpha)
        assert (photo.rgb[:, : WIDTH // 2] == 255).all()
        assert np.array_equal(photo.rgb[:, WIDTH // 2 :], np.asarray(gradient())[:, WIDTH // 2 :])


def test_it_keeps_a_palettes_see_through_colour(tmp_path: Path) -> None:
    picture = Image.new("P", (WIDTH, HEIGHT), 0)
    picture.putpalette([255, 0, 0, 0, 0, 255])
    picture.paste(1, (0, 0, WIDTH // 2, HEIGHT))
    photo = opened(tmp_path, saved(picture, "PNG", transparency=0))
    assert photo.alpha is not None
    assert np.array_equal(np.unique(photo.alpha), [0, 255])
    assert tuple(photo.rgb[0, 0]) == (0, 0, 255)
    assert tuple(photo.rgb[0, -1]) == (255, 255, 255)


def test_it_takes_no_notice_of_an_alpha_that_hides_nothing(tmp_path: Path) -> None:
    picture = gradient()
    picture.putalpha(Image.new("L", picture.size, 200))
    assert opened(tmp_path, saved(picture, "PNG")).alpha is None


@pytest.mark.parametrize("format", ["JPEG", "PNG"])
def test_it_scales_the_long_side_to_3072(tmp_path: Path, format: str) -> None:
    large = gradient().resize((6400, 1000))
    exif = Image.Exif()
    exif[0x0112] = 6
    photo = opened(tmp_path, saved(large, format, exif=exif))
    assert (photo.original_width, photo.original_height) == (1000, 6400)
    wanted = large.transpose(Image.Transpose.ROTATE_270).resize((480, 3072))
    assert_like(photo, wanted, tolerance=4.0)
    with Image.open(io.BytesIO(photo.thumbnail)) as thumbnail:
        assert thumbnail.size == (80, 512)


def test_it_makes_the_same_bytes_of_the_same_file(tmp_path: Path) -> None:
    data = saved(gradient(), "JPEG")
    one, two = opened(tmp_path, data), opened(tmp_path, data)
    assert (one.jpeg, one.thumbnail) == (two.jpeg, two.thumbnail)
    assert np.array_equal(one.rgb, two.rgb)
