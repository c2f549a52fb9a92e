"""Reading tables that people bring: CSV as spreadsheets write it, and XLSX; each cell as the text that a form takes."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime
from typing import Any, NamedTuple

import python_calamine

from participants import workbooks
from participants.exports import cells

MOST_ROWS = 5_000
MOST_COLUMNS = 200
MOST_BYTES = 10_000_000
LAST_ROW = 2 * MOST_ROWS  # of a sheet: some of its rows are blank


class NotATable(Exception):
    """Neither of the two formats, or too much of it."""


class Table(NamedTuple):
    """A header, the rows below it that hold something, and the number that a spreadsheet shows beside each of them."""

    columns: list[str]
    rows: list[list[str]]
    numbers: list[int]


def read(content: bytes) -> Table:
    """What a file holds, without its empty rows. Raises NotATable."""
    if len(content) > MOST_BYTES:
        raise NotATable
    first, table = _sheet(content) if content.startswith(b"PK") else (1, _csv(content))
    filled = [(number, row) for number, row in enumerate(table, start=first) if any(row)]
    if len(filled) < 2 or len(filled) - 1 > MOST_ROWS or len(filled[0][1]) > MOST_COLUMNS:
        raise NotATable
    (_number, columns), *rest = filled
    rows = [[*row, *[""] * len(columns)][: len(columns)] for _number, row in rest]
    return Table(columns, rows, [number for number, _row in rest])


def _sheet(content: bytes) -> tuple[int, list[list[str]]]:
    """The number of the first row that holds something, and the rows from there on."""
    try:
        clean = workbooks.harmless(content, last_row=LAST_ROW, last_column=MOST_COLUMNS)
        book = python_calamine.load_workbook(clean)
        sheet = book.get_sheet_by_index(0)
        above = sheet.start[0] if sheet.start else 0  # rows that the reader leaves out, as nothing stands in them
        return above + 1, [[text(cell) for cell in row] for row in sheet.to_python()]
    except (workbooks.NotAWorkbook, python_calamine.CalamineError, IndexError, ValueError) as error:
        raise NotATable from error


def _csv(content: bytes) -> list[list[str]]:
    try:
        words = content.decode("utf-8-sig")
        header = next((line for line in words.splitlines() if line.strip(" ;,\t")), "")
        separator = max(";,\t", key=header.count)
        return [[text(cell) for cell in row] for row in csv.reader(io.StringIO(words, newline=""), delimiter=separator)]
    except (UnicodeDecodeError, csv.Error) as error:
        raise NotATable from error


def text(cell: Any) -> str:
    """What a person would have typed: dates as ISO, whole numbers without a point, no apostrophe of ours."""
    if isinstance(cell, datetime | date):
        return cell.isoformat()[:10]
    if isinstance(cell, bool):
        return "ya" if cell else ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return cells.as_typed(str(cell).replace("\x00", "").strip())
