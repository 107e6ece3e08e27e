"""Pictures of exact pixels, drawn once."""

import struct
import zlib
from functools import lru_cache
from io import BytesIO

from PIL import Image, ImageDraw


@lru_cache(maxsize=64)
def picture(width: int, height: int, *, kind: str = "PNG", hue: int = 200) -> bytes:
    """A disc before a wall: something to see, and small."""
    drawn = Image.new("RGB", (width, height), "tan")
    draw = ImageDraw.Draw(drawn)
    draw.rectangle((0, height * 0.7, width, height), fill="peru")
    draw.ellipse(
        (width * 0.3, height * 0.3, width * 0.7, height * 0.8), fill=f"hsl({hue}, 60%, 40%)", outline="black"
    )
    return encoded(drawn, kind)


@lru_cache(maxsize=8)
def blank(width: int, height: int) -> bytes:
    return encoded(Image.new("RGB", (width, height), "white"), "PNG")


def encoded(drawn: Image.Image, kind: str) -> bytes:
    out = BytesIO()
    drawn.save(out, kind, **({"compress_level": 1} if kind == "PNG" else {}))
    return out.getvalue()


def padded(png: bytes, size: int) -> bytes:
    """The same picture in a file of about so many bytes: a private chunk stands before its end."""
    filling = b"\xa7" * size
    check = zlib.crc32(b"paDd" + filling)
    chunk = struct.pack(">I", len(filling)) + b"paDd" + filling + struct.pack(">I", check)
    return png[:-12] + chunk + png[-12:]
