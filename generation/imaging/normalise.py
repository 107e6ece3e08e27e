"""From a stranger's file to plain sRGB pixels. Runs only in the sandbox's child: see `decode.open_photo`."""

import mmap
import warnings
from dataclasses import dataclass
from io import BytesIO
from typing import IO, Any

import numpy as np
import pillow_heif
from PIL import ExifTags, Image, ImageCms

from generation.imaging import files
from generation.imaging.sniff import HEIC, JPEG, NAMES, PNG, WEBP
from generation.imaging.structure import check_size, check_structure
from generation.imaging.unreadable import Limits, Unreadable

FORMATS = {JPEG: "JPEG", PNG: "PNG", WEBP: "WEBP", HEIC: "HEIF"}
SRGB = ImageCms.createProfile("sRGB")
PLAIN = ("L", "LA", "RGB", "RGBA", "CMYK")
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
LYING = (5, 6, 7, 8)

pillow_heif.register_heif_opener(thumbnails=False, decode_threads=1)
# Pillow's own limit warns in its own words; ours has been checked before any pixel is decoded.
Image.MAX_IMAGE_PIXELS = None
warnings.simplefilter("ignore")


@dataclass(frozen=True)
class Normal:
    """An upright picture in sRGB on white, and how see-through it was."""

    rgb: Image.Image
    alpha: Image.Image | None
    original: tuple[int, int]


def normalise(
    source: IO[bytes], target: IO[bytes], media_type: str, limits: dict[str, int]
) -> dict[str, Any]:
    """Read a photo from `source`; write its JPEG, its thumbnail, its pixels and its alpha to `target`.

    Returns the lengths and sizes to tell them apart by, or `refused` with what Unreadable has to say.
    """
    try:
        return _write(read(source, media_type, Limits(**limits)), target)
    except Unreadable as error:
        return {"refused": {"step": error.step, "words": str(error), **error.found}}


def _write(normal: Normal, target: IO[bytes]) -> dict[str, Any]:
    lengths = [target.write(files.jpeg(normal.rgb)), target.write(files.thumbnail(normal.rgb))]
    target.write(normal.rgb.tobytes())
    if normal.alpha:
        target.write(normal.alpha.tobytes())
    return {
        "jpeg": lengths[0],
        "thumbnail": lengths[1],
        "size": normal.rgb.size,
        "original": normal.original,
        "alpha": normal.alpha is not None,
    }


def read(source: IO[bytes], media_type: str, limits: Limits) -> Normal:
    """Check and decode a photo, scaled down to `limits.long_side`. Raises Unreadable."""
    with mmap.mmap(source.fileno(), 0, access=mmap.ACCESS_READ) as data:
        check_structure(data, media_type, limits)
        length = len(data)
    found: dict[str, int | str] = {"bytes": length, "type": media_type}
    try:
        source.seek(0)
        with Image.open(source, formats=[FORMATS[media_type]]) as opened:
            found |= {"width": opened.width, "height": opened.height}
            check_size(opened.width, opened.height, media_type, limits, length)
            return _normal(opened, limits.long_side)
    except Unreadable:
        raise
    except MemoryError as error:
        words = "This photo needs too much memory to open. Save it smaller or as a plain JPEG."
        raise Unreadable("decode", words, **found) from error
    except Exception as error:  # decoders raise everything: SyntaxError, IndexError, EOFError...
        words = f"This {NAMES[media_type]} is damaged and can't be opened. Save or download it again."
        raise Unreadable("decode", words, **found) from error


def _normal(opened: Image.Image, long_side: int) -> Normal:
    """Shrink first: what follows is cheap then. Turning before would lose a JPEG's fast way to shrink."""
    original, wanted = opened.size, files.fit(opened.size, long_side)
    if opened.format in ("JPEG", "MPO"):
        opened.draft(None, wanted)  # decodes a half, a quarter or an eighth of the size
    opened.load()
    orientation = _orientation(opened)
    picture = _plain(opened)
    if picture.size != wanted:
        picture = picture.resize(wanted, Image.Resampling.LANCZOS, reducing_gap=3.0)
    if orientation in UPRIGHT:
        picture = picture.transpose(UPRIGHT[orientation])
        original = original[::-1] if orientation in LYING else original
    colour, alpha = _apart(picture)
    rgb = _to_srgb(colour, opened.info.get("icc_profile"))
    if alpha:
        rgb = Image.composite(rgb, Image.new("RGB", rgb.size, "white"), alpha)
    rgb.info.clear()  # Pillow would write comments and profiles on from there
    return Normal(rgb, alpha if alpha and _means_something(alpha) else None, original)


def _orientation(opened: Image.Image) -> int:
    try:
        return int(opened.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # a broken note must not cost the picture
        return 1


def _plain(opened: Image.Image) -> Image.Image:
    """The same picture in eight bits a channel, with its transparency as a channel."""
    if opened.mode.startswith("I") or opened.mode == "F":  # 16 bits of grey
        return Image.fromarray((np.asarray(opened).clip(0, 65_535).astype(np.uint16) >> 8).astype(np.uint8))
    if opened.has_transparency_data and opened.mode not in ("LA", "RGBA"):
        return opened.convert("RGBA")
    if opened.mode == "1":
        return opened.convert("L")
    return opened if opened.mode in PLAIN else opened.convert("RGB")


def _apart(picture: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    if picture.mode not in ("LA", "RGBA"):
        return picture, None
    return picture.convert(picture.mode[:-1]), picture.getchannel("A")


def _to_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """By its colour profile; a profile that is broken or of another kind of picture is as good as none."""
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            if not ImageCms.getProfileDescription(source).startswith("sRGB IEC61966-2"):
                converted = ImageCms.profileToProfile(picture, source, SRGB, outputMode="RGB")
                return converted or picture.convert("RGB")
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            pass
    return picture.convert("RGB")


def _means_something(alpha: Image.Image) -> bool:
    """Whether it tells a subject from its background: at least a hundredth is see-through, and one is not."""
    counts = alpha.histogram()
    least = sum(counts) / 100
    return sum(counts[:128]) >= least and sum(counts[128:]) >= least
