"""Catalogues for tests: tables and zips with little in them."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import xlsxwriter

from generation.imaging import files

HEADER = "sku,name,photo,scenes,formats,variations,priority"


def disc(shade: int) -> bytes:
    """A photo that comes without its background, so that nothing needs to be cut out."""
    y, x = np.mgrid[:80, :100]
    rgba = np.full((80, 100, 4), (200, shade, 30, 0), np.uint8)
    rgba[..., 3] = 255 * ((x - 50) ** 2 + (y - 40) ** 2 < 30**2)
    return files.png(rgba)


def put(folder: Path, content: str | bytes, name: str = "catalogue.csv") -> Path:
    file = folder / name
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


def rows(*below: str, header: str = HEADER) -> str:
    """A CSV with these rows, the first of which is row 2."""
    return "\n".join([header, *below]) + "\n"


def workbook(sheets: Mapping[str, Sequence[Sequence[object]]], **hidden: bool) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        for name, lines in sheets.items():
            sheet = book.add_worksheet(name)
            for number, line in enumerate(lines):
                sheet.write_row(number, 0, line)
            if hidden.get(name):
                sheet.hide()
            else:
                sheet.set_first_sheet()
                sheet.activate()
    return out.getvalue()


def zipped(entries: Mapping[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as packed:
        for name, content in entries.items():
            packed.writestr(name, content)
    return out.getvalue()
