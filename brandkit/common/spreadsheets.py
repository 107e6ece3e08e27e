"""Cells of tables that people open in a spreadsheet, which takes some texts for formulas."""

FORMULA = ("=", "+", "-", "@")
"""At a cell's beginning; an apostrophe before it makes it text."""


def as_text(cell: str) -> str:
    """A cell as a spreadsheet is to show it, and not to compute it; `as_meant` takes it back."""
    return f"'{cell}" if cell.lstrip().startswith(FORMULA) else cell


def as_meant(cell: str) -> str:
    """A cell as it was before `as_text`."""
    return cell[1:] if cell[:1] == "'" and cell[1:].lstrip().startswith(FORMULA) else cell
