"""A table is read as people's programs write it; what is none, or far too much, is refused in words."""

import datetime
import io
import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from brandkit.common.spreadsheets import as_text
from generation.catalogue import columns, table
from generation.catalogue.columns import TableRefused
from generation.imaging.sandbox import Bounds
from tests.generation.catalogue.files import put, workbook, zipped

HEADER = ("SKU", "Name")


@pytest.mark.parametrize(
    "content",
    [
        "SKU,Name\nA-1,Blåbær\n".encode(),
        "\ufeffSKU,Name\r\nA-1,Blåbær\r\n".encode(),
        "SKU;Name\rA-1;Blåbær\r".encode(),
        "SKU\tName\nA-1\tBlåbær".encode(),
        "sep=;\r\nSKU;Name\r\nA-1;Blåbær\r\n".encode("cp1252"),
        "SKU\tName\r\nA-1\tBlåbær\r\n".encode("utf-16"),
        "SKU,Name\nA-1,Blåbær\n".encode("utf-16-le"),
        "SKU,Name\nA-1,Blåbær\n".encode("utf-16-be"),
        "SKU,Name\nA-1,Blåbær\n".encode("utf-32"),
        "SKU,Name\nA-1,Bla\u030abær\n".encode(),
        '"SKU","Name"\n"A-1","Blåbær"\n,\n\n'.encode(),
        workbook({"Data": [HEADER, ("A-1", "Blåbær")]}),
    ],
    ids=[
        "utf-8",
        "utf-8 with a mark",
        "semicolons",
        "tabs",
        "cp1252 with sep=",
        "utf-16",
        "utf-16-le",
        "utf-16-be",
        "utf-32",
        "decomposed letters",
        "quotes",
        "xlsx",
    ],
)
def test_it_reads_the_same_from_every_spelling(tmp_path: Path, content: bytes) -> None:
    found = table.read(put(tmp_path, content))
    assert (found.header, found.rows) == (HEADER, (table.Row(number=2, cells=("A-1", "Blåbær")),))


def test_it_says_where_it_had_to_guess_the_letters(tmp_path: Path) -> None:
    [note] = table.read(put(tmp_path, "sku;name\n1;Käse\n".encode("cp1252"))).notes
    assert "cp1252" in note
    assert table.read(put(tmp_path, "sku;name\n1;Käse\n")).notes == ()


def test_it_takes_the_separator_that_finds_the_columns(tmp_path: Path) -> None:
    found = table.read(put(tmp_path, 'sku;"scenes, all of them";photo,name\n1;2;3\n'))
    assert (found.separator, found.header) == (";", ("sku", "scenes, all of them", "photo,name"))


def test_it_numbers_rows_as_a_spreadsheet_does(tmp_path: Path) -> None:
    """An empty row counts, a line within a cell does not."""
    found = table.read(put(tmp_path, '\n\nsku,name\nA,"two\nlines"\n\n , \nB,one\n'))
    assert [(row.number, row.cells) for row in found.rows] == [(4, ("A", "two\nlines")), (7, ("B", "one"))]
    found = table.read(put(tmp_path, workbook({"Data": [(), HEADER, (), ("A", "one")]})))
    assert [row.number for row in found.rows] == [4]


def test_it_shows_a_workbooks_cells_as_people_see_them(tmp_path: Path) -> None:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet()
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(0, 0, ["sku", "name", "variations"])
        sheet.write_row(1, 0, [4006381333931, True, 2])
        sheet.write_row(2, 0, ["00042", 1.5])
        sheet.write_datetime(2, 2, datetime.datetime(2026, 11, 22), day)
        sheet.write_formula(3, 0, "=A3", None, "00042")
    found = table.read(put(tmp_path, out.getvalue()))
    assert [row.cells for row in found.rows] == [
        ("4006381333931", "TRUE", "2"),
        ("00042", "1.5", "2026-11-22"),
        ("00042", "", ""),
    ]


def test_it_reads_the_first_sheet_that_people_see(tmp_path: Path) -> None:
    sheets = {"Old": [("sku",), ("X",)], "Empty": [], "Now": [("sku",), ("A",)], "Later": [("sku",), ("B",)]}
    found = table.read(put(tmp_path, workbook(sheets, Old=True)))
    assert [row.cells for row in found.rows] == [("A",)]
    assert found.notes == ("Only the sheet “Now” is read; others are left out.",)


def far_off() -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet()
        sheet.write(0, 0, "sku")
        sheet.write(1_048_575, 16_383, "far")
    return out.getvalue()


def bomb() -> bytes:
    """One cell of 400,000,000 letters, in 2 MB."""
    book = zipfile.ZipFile(io.BytesIO(workbook({"Data": [("sku",)]})))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
        for name in book.namelist():
            if name != "xl/sharedStrings.xml":
                packed.writestr(name, book.read(name))
        with packed.open("xl/sharedStrings.xml", "w", force_zip64=True) as shared:
            shared.write(b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>')
            for _ in range(400):
                shared.write(b"a" * 10**6)
            shared.write(b"</t></si></sst>")
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "This file is empty"),
        (b"\n;;\n", "This file is empty"),
        (b"sku,name\n", "no row below"),
        (b"\x89PNG\r\n\x1a\n\0\0", "This file is no table"),
        (b"%PDF-1.7\n\x01\x02", "This file is no table"),
        (b"sku\n\x81\x8d", "no text that can be read"),
        (b"\xff\xfes\0k\0u", "is damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old or a locked Excel file"),
        (b'sku,name\nA,"open\nB,two\n', "Line 3 of this file breaks the rules of CSV"),
        (b"sku" + b"," * 200 + b"\nA\n", "Row 1 has 201 columns"),
        (b"sku\n" + b"A\n" * 50_000, "more than 50,000 rows"),
        (zipped({"a.txt": b"words"}), "This workbook can't be read"),
        (workbook({"Data": [("sku",)]})[:-300], "This workbook can't be read"),
        (workbook({"Data": []}), "This workbook is empty"),
        (workbook({"Data": [("sku", *"x" * 200)]}), "This workbook has 201 columns"),
        (far_off(), "takes too much memory"),
    ],
    ids=[
        "nothing",
        "separators",
        "header only",
        "png",
        "pdf",
        "no letters",
        "half a letter",
        "xls",
        "open quote",
        "wide",
        "long",
        "zip",
        "cut off",
        "empty workbook",
        "wide workbook",
        "a cell far off",
    ],
)
def test_it_refuses_what_is_no_table_and_says_what_to_do(tmp_path: Path, content: bytes, words: str) -> None:
    with pytest.raises(TableRefused, match=words):
        table.read(put(tmp_path, content))


def test_a_workbook_that_unpacks_to_far_more_takes_nothing_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table, "BOUNDS", Bounds(memory=800 * 2**20))
    with pytest.raises(TableRefused, match="takes too much memory or time"):
        table.read(put(tmp_path, bomb()))


def test_it_refuses_a_workbook_with_too_much_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "MOST_TEXT", 8)
    with pytest.raises(TableRefused, match="too much text"):
        table.read(put(tmp_path, workbook({"Data": [("sku",), ("ABCDEF",)]})))


def test_it_refuses_a_file_that_is_too_large_before_reading_it(tmp_path: Path) -> None:
    file = tmp_path / "large.csv"
    with file.open("wb") as out:
        out.truncate(21 * 2**20)
    with pytest.raises(TableRefused, match=r"21\.0 MB\. A table may have 20 MB"):
        table.read(file)


def test_text_that_looks_like_a_formula_comes_back_as_it_was(tmp_path: Path) -> None:
    for cell in ("=1+1", "+49", "-5", "@x", "'quoted", "plain"):
        written = as_text(cell)
        [row] = table.read(put(tmp_path, f"sku\n{written}\n")).rows
        assert row.cells == (cell,)
        assert not written.startswith(("=", "+", "-", "@"))


# Columns


def test_it_knows_columns_in_any_case_and_order() -> None:
    found = columns.find((" Photo ", "SCENE", "Colour", "S K U", "Variations", "", "problem"))
    assert found.where == {"photo": 0, "scenes": 1, "sku": 3, "variations": 4, "problem": 6}
    assert columns.unknown(found.labels) == ["Colour"]
    cells = ("a.jpg", "kitchen", "red")
    assert [found.cell(name, cells) for name in ("photo", "sku", "name")] == ["a.jpg", "", ""]


def test_it_keeps_a_row_as_it_came_but_for_what_was_wrong_before() -> None:
    found = columns.find(("SKU", "Note", "Note", "", "Problem"))
    assert found.kept(("A", "one", "two", "lost", "old")) == {"SKU": "A", "Note": "one", "Note 2": "two"}


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (("name", "colour"), "It says “name”, “colour”."),
        (("A-1", "red mug"), "sku, name, photo, scenes"),
        (("sku", "scene", "Scenes"), "two columns “scenes”"),
    ],
)
def test_it_says_which_columns_are_expected(header: tuple[str, ...], words: str) -> None:
    with pytest.raises(TableRefused, match=words):
        columns.find(header)
