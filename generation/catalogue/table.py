"""A file with a table in it, as rows of text: CSV in any usual spelling, or an Excel workbook."""

import codecs
import csv
import io
import json
import tempfile
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from brandkit.common.spreadsheets import as_meant
from generation.catalogue.columns import TableRefused, known
from generation.imaging import sandbox
from generation.imaging.sandbox import Bounds

MEGABYTE = 2**20
MOST_BYTES = 20 * MEGABYTE
MOST_ROWS = 50_000
MOST_COLUMNS = 200
MOST_TEXT = 50_000_000
"""Characters of a workbook in all: packed, they may take next to no space."""

BOUNDS = Bounds(cpu=40, wall=60)
SEPARATORS = (";", ",", "\t")
MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
CONTROLS = frozenset(map(chr, range(32))) - set("\t\n\r\f\v") | {"\x7f"}

SAVE_ANEW = "Open it in your spreadsheet, and save it as “Excel workbook (.xlsx)” or “CSV UTF-8”."
REFUSALS = {
    "password": "This workbook has a password. Save it without one.",
    "workbook": f"This workbook can't be read. {SAVE_ANEW}",
    "empty": "This workbook is empty. Its first sheet needs a row that names the columns, and rows below it.",
    "rows": f"This workbook has {{found:,}} rows. Import at most {MOST_ROWS:,} at a time.",
    "columns": "This workbook has {found:,} columns. Keep those that are needed.",
    "text": "There is too much text in this workbook. Keep only the columns that are needed.",
}


@dataclass(frozen=True, kw_only=True)
class Row:
    """number: as a spreadsheet counts, the first row of the file being 1."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Table:
    """header: the first row that says anything; rows: those below it that do. notes: how it was read, where
    that might not be what was meant, in sentences."""

    header: tuple[str, ...]
    rows: tuple[Row, ...]
    separator: str = ","
    notes: tuple[str, ...] = ()


def read(path: Path) -> Table:
    """The table in a file, told by its content and not by its name. Raises TableRefused, OSError."""
    size = path.stat().st_size
    if size > MOST_BYTES:
        words = f"This file is {size / MEGABYTE:.1f} MB. A table may have {MOST_BYTES // MEGABYTE} MB"
        raise TableRefused(f"{words}; photos belong into a zip beside it.")
    with path.open("rb") as file:
        head = file.read(8)
        if head.startswith(b"PK\x03\x04"):
            return _workbook(file)
        if head.startswith(b"\xd0\xcf\x11\xe0"):
            raise TableRefused(f"This is an old or a locked Excel file. {SAVE_ANEW}")
        return _csv(head + file.read())


def separator_of(file: IO[bytes]) -> str:
    """What stands between a file's cells; a comma where it is no CSV."""
    head = file.read(64 * 2**10)
    try:
        return "," if head.startswith(b"PK") else _separator(_decoded(head)[0])[1]
    except TableRefused:
        return ","


def _workbook(file: IO[bytes]) -> Table:
    with tempfile.TemporaryFile() as answer:
        limits = (MOST_ROWS, MOST_COLUMNS, MOST_TEXT)
        try:
            facts = sandbox.run(
                "generation.catalogue.workbook.read", *limits, files=(file, answer), bounds=BOUNDS
            )
        except sandbox.Failed as failure:
            words = "takes too much memory or time to open. Copy the rows into a new one, and save that."
            raise TableRefused(f"This workbook {words}") from failure
        if "refused" in facts:
            raise TableRefused(REFUSALS[facts["refused"]].format(**facts))
        answer.seek(0)
        return _table(map(json.loads, answer), notes=_which_sheet(**facts))


def _which_sheet(sheet: str, others: int) -> list[str]:
    return [f"Only the sheet “{sheet}” is read; others are left out."] if others else []


def _csv(data: bytes) -> Table:
    text, notes = _decoded(data)
    if CONTROLS & set(text):
        raise TableRefused(f"This file is no table. {SAVE_ANEW}")
    named, separator, text = _separator(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        return _table(reader, separator=separator, notes=notes)
    except csv.Error as error:
        words = f"Line {reader.line_num + named} of this file breaks the rules of CSV: {error}."
        raise TableRefused(f"{words} Is a quotation mark missing before it? {SAVE_ANEW}") from error


def _decoded(data: bytes) -> tuple[str, list[str]]:
    """By its mark, else UTF-16 by its zeros, else UTF-8, else as Windows wrote it before."""
    encoding = next((name for mark, name in MARKS if data.startswith(mark)), "")
    if not encoding and data[:200].count(0) > len(data[:200]) // 4:
        encoding = "utf-16-be" if data[0] == 0 else "utf-16-le"
    try:
        return data.decode(encoding or "utf-8"), []
    except UnicodeDecodeError:
        if encoding:
            raise TableRefused(f"The text in this file is damaged. {SAVE_ANEW}") from None
    try:
        note = "This file was read as Windows text (cp1252). If letters look wrong, save it as “CSV UTF-8”."
        return data.decode("cp1252"), [note]
    except UnicodeDecodeError:
        raise TableRefused(f"This file is no text that can be read. {SAVE_ANEW}") from None


def _separator(text: str) -> tuple[int, str, str]:
    """How many lines only name the separator, as Excel's "sep=;" does; the separator; and the rest."""
    first, _, rest = text.partition("\n")
    if first[:4].lower() == "sep=" and first[4:5] in SEPARATORS:
        return 1, first[4:5], rest
    header = next((line for line in text.splitlines() if line.strip(';,\t "')), "")
    return 0, max(SEPARATORS, key=lambda each: _fit(header, each)), text


def _fit(header: str, separator: str) -> tuple[int, int]:
    """How well a header falls into columns: those that are known, and all."""
    try:
        cells = next(csv.reader([header], delimiter=separator), [])
    except csv.Error:
        cells = []
    return sum(bool(known(_clean(cell))) for cell in cells), len(cells)


def _table(rows: Iterable[list[str]], *, separator: str = ",", notes: Iterable[str] = ()) -> Table:
    found = _rows(rows)
    header = next(found, None)
    if header is None:
        raise TableRefused("This file is empty. It needs a row that names the columns, and rows below it.")
    below = tuple(found)
    if not below:
        raise TableRefused("There is no row below the one that names the columns.")
    return Table(header=header.cells, rows=below, separator=separator, notes=tuple(notes))


def _rows(rows: Iterable[list[str]]) -> Iterator[Row]:
    """Those that say anything, with their numbers. Raises TableRefused for too many."""
    for number, cells in enumerate(rows, start=1):
        cleaned = tuple(map(_clean, cells))
        if any(cleaned):
            yield Row(number=number, cells=cleaned)
        if number > MOST_ROWS:
            raise TableRefused(f"This file has more than {MOST_ROWS:,} rows. Import a part of it at a time.")
        if len(cells) > MOST_COLUMNS:
            raise TableRefused(f"Row {number} has {len(cells)} columns. There may be {MOST_COLUMNS}.")


def _clean(cell: str) -> str:
    """Composed letters, no invisible characters but line ends; text that was kept from being a formula."""
    cell = unicodedata.normalize("NFC", cell)
    cell = "".join(each for each in cell if each.isprintable() or each in "\t\n\xa0").strip()
    return as_meant(cell)
