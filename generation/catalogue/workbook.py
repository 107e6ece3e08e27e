"""Reads a workbook's first sheet. It runs in a limited child (`imaging.sandbox`) and knows no Django.

The parser is fast and trusting: one cell far off takes all memory at once and ends the process. So it has a
process of its own.
"""

import json
from datetime import date, datetime
from io import TextIOWrapper
from typing import IO, Any

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetVisibleEnum,
    load_workbook,
)

Facts = dict[str, Any]


def read(file: IO[bytes], answer: IO[bytes], most_rows: int, most_columns: int, most_text: int) -> Facts:
    """Write the first visible sheet that holds anything to `answer`: a JSON list of texts for each row.

    most_text: characters in all. Returns {"sheet": its name, "others": how many more sheets hold something},
    or {"refused": why, as a word that `table` has a sentence for}.
    """
    file.seek(0)
    try:
        workbook = load_workbook(file)
    except PasswordError:
        return {"refused": "password"}
    except CalamineError:
        return {"refused": "workbook"}
    sheets = _with_cells(workbook)
    if not sheets:
        return {"refused": "empty"}
    first = sheets[0]
    row, column = first.end or (0, 0)
    if row >= most_rows:
        return {"refused": "rows", "found": row + 1}
    if column >= most_columns:
        return {"refused": "columns", "found": column + 1}
    return _write(first, answer, most_text) or {"sheet": first.name, "others": len(sheets) - 1}


def _with_cells(workbook: CalamineWorkbook) -> list[CalamineSheet]:
    """The visible sheets that hold anything."""
    visible = (each.name for each in workbook.sheets_metadata if each.visible == SheetVisibleEnum.Visible)
    return [sheet for sheet in map(workbook.get_sheet_by_name, visible) if sheet.height]


def _write(sheet: CalamineSheet, answer: IO[bytes], most_text: int) -> Facts | None:
    out = TextIOWrapper(answer, "utf-8", newline="\n")
    left = most_text
    for row in sheet.to_python(skip_empty_area=False):
        texts = [text(value) for value in row]
        left -= sum(map(len, texts))
        if left < 0:
            return {"refused": "text"}
        out.write(json.dumps(texts) + "\n")
    out.flush()
    out.detach()
    return None


def text(value: object) -> str:
    """A cell as people see it: 12345.0 is "12345", a day is "2026-11-22"."""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return value.isoformat(" ")
    return value.isoformat() if isinstance(value, date) else str(value)
