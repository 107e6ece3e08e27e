"""What a file is by its first bytes; its name and what the browser said about it count for nothing."""

import re
from dataclasses import dataclass

from generation.imaging.unreadable import Unreadable

HEAD = 4096
"""So many bytes are enough for `sniff`."""

JPEG, PNG, WEBP, HEIC = "image/jpeg", "image/png", "image/webp", "image/heic"
NAMES = {JPEG: "JPEG", PNG: "PNG", WEBP: "WebP", HEIC: "HEIC"}
HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"mif2", b"msf1"})
AVIF_BRANDS = frozenset({b"avif", b"avis"})

# Only to say what was found instead. (What it looks like, what people call it.)
FORBIDDEN = (
    (rb"GIF8[79]a", "a GIF"),
    (rb"II\*\0|MM\0\*|II\+\0|MM\0\+", "a TIFF or a camera's raw file"),
    (rb"\s*%PDF-", "a PDF"),
    (rb"%!PS|\xc5\xd0\xd3\xc6", "a PostScript file"),
    (rb"BM.{12}[\x0c-\x7c]\0\0\0", "a BMP"),
    (rb"8BPS", "a Photoshop file"),
    (rb"\xff\x0a|\0\0\0\x0cJXL ", "a JPEG XL"),
    (rb"\0\0\0\x0cjP  |\xff\x4f\xff\x51", "a JPEG 2000"),
    (rb"PK\x03\x04", "a ZIP archive or an office document"),
)


@dataclass(frozen=True)
class Sniffed:
    """media_type is None for what is not taken; `words` is what people call it, with its article."""

    media_type: str | None
    words: str


def sniff(head: bytes) -> Sniffed:
    """Tell what a file is by its first bytes (`HEAD` of them)."""
    if head.startswith(b"\xff\xd8\xff"):
        return Sniffed(JPEG, "a JPEG")
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return Sniffed(PNG, "a PNG")
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return Sniffed(WEBP, "a WebP")
    if head[4:8] == b"ftyp":
        return _sniff_boxes(head)
    return Sniffed(None, _forbidden(head))


def media_type(head: bytes, size: int) -> str:
    """The type of photo. Raises Unreadable with what was found if it is not one of the four."""
    found = sniff(head)
    if found.media_type is None:
        words = f"This file is {found.words}. Upload a photo as JPEG, PNG, WebP or HEIC."
        raise Unreadable("type", words, bytes=size, type=found.words)
    return found.media_type


def _sniff_boxes(head: bytes) -> Sniffed:
    """ISO 14496-12: a `ftyp` box holds the major brand, a version, and all compatible brands."""
    end = min(int.from_bytes(head[:4]), len(head))
    major, *others = (head[at : at + 4] for at in (8, *range(16, end - 3, 4)))
    brands = {major, *others}
    if major in AVIF_BRANDS or (brands & AVIF_BRANDS and not brands & (HEIC_BRANDS - {b"mif1", b"msf1"})):
        return Sniffed(None, "an AVIF")
    if brands & HEIC_BRANDS:
        return Sniffed(HEIC, "a HEIC")
    return Sniffed(None, "a video")


def _forbidden(head: bytes) -> str:
    if not head:
        return "empty"
    for pattern, words in FORBIDDEN:
        if re.match(pattern, head, re.DOTALL):
            return words
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return "an SVG" if b"<svg" in head.lower() else "a web page or XML"
    return "text" if _is_text(head) else "of an unknown kind"


def _is_text(head: bytes) -> bool:
    """A character may be cut at the end of what was read."""
    try:
        text = head[: max(len(head) - 3, 1)].decode("utf-8", "strict" if len(head) < HEAD else "ignore")
    except UnicodeDecodeError:
        return False
    return all(character.isprintable() or character.isspace() for character in text)
