"""Photos to open, good and bad, built as small as they can be."""

import io
import struct
import zlib
from typing import Any

import numpy as np
from PIL import Image

WIDTH, HEIGHT = 96, 64


def gradient(width: int = WIDTH, height: int = HEIGHT) -> Image.Image:
    """Red grows to the right, green downwards; the upper left quarter is blue: it shows how it was turned."""
    x = np.linspace(0, 255, width)[None, :].repeat(height, 0)
    y = np.linspace(0, 255, height)[:, None].repeat(width, 1)
    pixels = np.stack([x, y, np.zeros_like(x)], axis=-1).astype(np.uint8)
    pixels[: height // 2, : width // 2, 2] = 255
    return Image.fromarray(pixels)


def saved(picture: Image.Image, format: str, **options: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, format, **options)
    return out.getvalue()


def chunk(kind: bytes, content: bytes = b"") -> bytes:
    """One part of a PNG."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(width: int, height: int, *parts: bytes, depth: int = 8, colour: int = 2) -> bytes:
    """A PNG that claims that size, with those parts after its header."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(parts) + chunk(b"IEND")


def png_bomb(width: int, height: int) -> bytes:
    """Black at one bit a pixel: as large as allowed, and some kilobytes."""
    rows = zlib.compressobj(9)
    row = bytes(1 + (width + 7) // 8)
    data = b"".join(rows.compress(row * 64) for _ in range(height // 64)) + rows.compress(row * (height % 64))
    return png(width, height, chunk(b"IDAT", data + rows.flush()), depth=1, colour=0)


def jpeg_with_scans(scans: int) -> bytes:
    """A progressive JPEG whose last pass is said again and again."""
    jpeg = saved(gradient(), "JPEG", progressive=True)
    last = jpeg.rindex(b"\xff\xda")
    return jpeg[:-2] + jpeg[last:-2] * scans + b"\xff\xd9"


def jpeg_claiming(width: int, height: int) -> bytes:
    jpeg = bytearray(saved(gradient(), "JPEG"))
    frame = jpeg.index(b"\xff\xc0")
    jpeg[frame + 5 : frame + 9] = struct.pack(">HH", height, width)
    return bytes(jpeg)


def webp_claiming(width: int, height: int) -> bytes:
    """34 bytes: a lossless WebP's header with hardly anything behind it."""
    bits = (width - 1) | (height - 1) << 14
    body = b"\x2f" + struct.pack("<I", bits) + bytes(9)
    return b"RIFF" + struct.pack("<I", 12 + len(body)) + b"WEBPVP8L" + struct.pack("<I", len(body)) + body
