"""Every kind of file that is not taken: which step, what was found, which words, and nothing left behind."""

from pathlib import Path

import pytest
from PIL import Image

from generation.imaging.decode import Bounds, Limits, Unreadable, open_photo
from tests.generation.imaging.photos import (
    chunk,
    gradient,
    jpeg_claiming,
    jpeg_with_scans,
    png,
    png_bomb,
    saved,
    webp_claiming,
)

pytestmark = pytest.mark.usefixtures("nothing_left")


def refused(tmp_path: Path, data: bytes, name: str = "photo.jpg", **options: object) -> Unreadable:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(Unreadable) as caught:
        open_photo(path, **options)  # type: ignore[arg-type]  # limits and bounds by name
    assert caught.value.found.pop("bytes") == len(data)
    return caught.value


def test_it_refuses_an_empty_file(tmp_path: Path) -> None:
    error = refused(tmp_path, b"")
    assert (error.step, str(error)) == ("size", "This file is empty. Choose the photo again.")


def test_it_refuses_a_file_that_is_too_long_without_reading_it(tmp_path: Path) -> None:
    error = refused(tmp_path, b"x" * 3_000_000, limits=Limits(bytes=2**20))
    words = "This file is 2.9 MB. Upload one of at most 1 MB, for example as a JPEG."
    assert (error.step, str(error)) == ("size", words)


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"Dear brand manager,\nfind my photo attached.", "text"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG"),
        (b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- Hello --><SVG/>", "an SVG"),
        (b"<!doctype html><title>Login</title>", "a web page or XML"),
        (saved(gradient(), "GIF"), "a GIF"),
        (saved(gradient(), "TIFF"), "a TIFF or a camera's raw file"),
        (saved(gradient(), "BMP"), "a BMP"),
        (saved(gradient(), "PDF"), "a PDF"),
        (saved(gradient(), "EPS"), "a PostScript file"),
        (saved(gradient(), "AVIF"), "an AVIF"),
        (saved(gradient(), "JPEG2000"), "a JPEG 2000"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0isommp42", "a video"),
        (b"PK\x03\x04" + bytes(40), "a ZIP archive or an office document"),
        (bytes(range(128, 256)), "of an unknown kind"),
    ],
)
def test_it_says_what_a_file_is_that_is_no_photo(tmp_path: Path, data: bytes, found: str) -> None:
    error = refused(tmp_path, data)
    assert (error.step, error.found) == ("type", {"type": found})
    assert str(error) == f"This file is {found}. Upload a photo as JPEG, PNG, WebP or HEIC."


def test_it_refuses_moving_pictures(tmp_path: Path) -> None:
    frames = {"save_all": True, "append_images": [Image.new("RGB", gradient().size)]}
    webp = refused(tmp_path, saved(gradient(), "WEBP", **frames))
    assert (webp.step, str(webp)) == ("structure", "This WebP is animated. Upload a still photo.")
    apng = refused(tmp_path, saved(gradient(), "PNG", **frames))
    assert (apng.step, str(apng)) == ("structure", "This PNG is animated. Upload a still photo.")


@pytest.mark.parametrize(
    ("data", "width", "height"),
    [
        (jpeg_claiming(20_000, 20_000), 20_000, 20_000),
        (jpeg_claiming(16_385, 100), 16_385, 100),
        (png(20_000, 20_000), 20_000, 20_000),
        (png(100, 2**31 - 1), 100, 2**31 - 1),
        (png(1, 64_000_000), 1, 64_000_000),
        (webp_claiming(16_383, 16_383), 16_383, 16_383),
    ],
)
def test_it_refuses_a_picture_that_is_too_large(tmp_path: Path, data: bytes, width: int, height: int) -> None:
    error = refused(tmp_path, data)
    assert error.step == "header"
    assert (error.found["width"], error.found["height"]) == (width, height)
    assert str(error) == (
        f"This photo is {width} x {height} px. Upload one of at most 64 megapixels and 16384 px a side."
    )


@pytest.mark.parametrize(("width", "height"), [(1, 1), (31, 500), (0, 64)])
def test_it_refuses_a_picture_that_is_too_small(tmp_path: Path, width: int, height: int) -> None:
    error = refused(tmp_path, png(width, height))
    assert error.step == "header"
    assert error.found == {"type": "image/png", "width": width, "height": height}
    assert str(error) == (
        f"This photo is {width} x {height} px. Upload one of at least 32 px a side; 768 or more look good."
    )


def test_it_refuses_thousands_of_passes(tmp_path: Path) -> None:
    error = refused(tmp_path, jpeg_with_scans(5000))
    words = "This JPEG has too many passes (over 100). Open it in a picture editor and save it again."
    assert (error.step, str(error)) == ("structure", words)


def test_it_does_not_take_picture_data_for_passes(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    thumbnail = jpeg_with_scans(200)  # a picture inside a note is not walked
    path.write_bytes(saved(gradient(), "JPEG", comment=thumbnail[:60_000]))
    assert open_photo(path).width == gradient().width


def test_it_refuses_a_million_chunks(tmp_path: Path) -> None:
    data = png(64, 64, chunk(b"tEXt", b"a\0b") * 1_000_000)
    error = refused(tmp_path, data)
    words = "This PNG has too many parts (over 10000). Open it in a picture editor and save it again."
    assert (error.step, str(error)) == ("structure", words)


@pytest.mark.parametrize(
    ("data", "step", "words"),
    [
        (saved(gradient(), "JPEG")[:-200], "decode", "This JPEG is damaged and can't be opened."),
        (saved(gradient(), "JPEG")[:300], "structure", "This JPEG is damaged: it holds no picture."),
        (saved(gradient(), "PNG")[:-20], "structure", "This PNG is damaged: it ends too early."),
        (saved(gradient(), "WEBP")[:-20], "structure", "This WebP is damaged: it ends too early."),
        (png(64, 64, chunk(b"IDAT", b"no deflate")), "decode", "This PNG is damaged and can't be opened."),
        (webp_claiming(8000, 8000), "decode", "This WebP is damaged and can't be opened."),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "decode", "This HEIC is damaged and can't be opened."),
    ],
)
def test_it_refuses_a_damaged_file(tmp_path: Path, data: bytes, step: str, words: str) -> None:
    error = refused(tmp_path, data)
    assert (error.step, str(error)) == (step, f"{words} Save or download it again.")


def test_it_refuses_what_needs_too_much_memory(tmp_path: Path) -> None:
    error = refused(tmp_path, png_bomb(8000, 8000), bounds=Bounds(memory=200 * 2**20))
    words = "This photo needs too much memory to open. Save it smaller or as a plain JPEG."
    assert (error.step, str(error)) == ("decode", words)


def test_it_refuses_what_takes_too_long(tmp_path: Path) -> None:
    error = refused(tmp_path, png_bomb(8000, 8000), bounds=Bounds(wall=0.02))
    words = "This photo takes too long to open. Save it smaller or as a plain JPEG."
    assert (error.step, str(error)) == ("decode", words)
