"""Reading tables that people bring: CSV as spreadsheets write it, and XLSX; each cell as the text that a form takes."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date, datetime
from enum import Enum
from itertools import islice
from typing import Any, NamedTuple

import python_calamine

from participants import workbooks
from participants.exports import cells

MOST_ROWS = 5_000
MOST_COLUMNS = 200
MOST_BYTES = 10_000_000
LAST_ROW = 2 * MOST_ROWS  # of a sheet: some of its rows are blank
HEAD = 10  # rows with something in them, of which one may be the header
_OTHER_FORMATS = (b"%PDF", b"\xd0\xcf\x11\xe0", b"{\\rtf", b"\x89PNG", b"\xff\xd8\xff")


class Why(Enum):
    """Why a file is not read."""

    EMPTY = "empty"
    NO_ROWS = "no_rows"
    TOO_BIG = "too_big"
    TOO_MANY_ROWS = "too_many_rows"
    TOO_MANY_COLUMNS = "too_many_columns"
    LONG_CELL = "long_cell"
    OTHER_FORMAT = "other_format"
    NOT_UTF8 = "not_utf8"
    BAD_CSV = "bad_csv"
    BAD_XLSX = "bad_xlsx"


class NotATable(Exception):
    """Neither of the two formats, or too much of it; `why` says which."""

    def __init__(self, why: Why) -> None:
        super().__init__(why.value)
        self.why = why


class Table(NamedTuple):
    """A header, the rows below it that hold something, and the number that a spreadsheet shows beside each of them."""

    columns: list[str]
    rows: list[list[str]]
    numbers: list[int]


def read(content: bytes, *, known: Callable[[list[str]], int] = lambda row: 0) -> Table:
    """What a file holds, without its empty rows and what stands above its header. Raises NotATable.

    `known` says how many names of columns it finds in a row. The header is the row that has most of the first `HEAD`,
    and the first one where none has two.
    """
    if len(content) > MOST_BYTES:
        raise NotATable(Why.TOO_BIG)
    if content.startswith(_OTHER_FORMATS):
        raise NotATable(Why.OTHER_FORMAT)
    first, table = _sheet(content) if content.startswith(b"PK") else (1, _csv(content, known))
    filled = [(number, row) for number, row in enumerate(table, start=first) if any(row)]
    if not filled:
        raise NotATable(Why.EMPTY)
    (_number, columns), *rest = filled[_header([row for _number, row in filled[:HEAD]], known) :]
    if not rest:
        raise NotATable(Why.NO_ROWS)
    if len(rest) > MOST_ROWS:
        raise NotATable(Why.TOO_MANY_ROWS)
    if len(columns) > MOST_COLUMNS:
        raise NotATable(Why.TOO_MANY_COLUMNS)
    rows = [[*row, *[""] * len(columns)][: len(columns)] for _number, row in rest]
    return Table(columns, rows, [number for number, _row in rest])


def _header(head: list[list[str]], known: Callable[[list[str]], int]) -> int:
    """The place of the row that names the columns."""
    names = [known(row) for row in head]
    return names.index(max(names)) if max(names) > 1 else 0


def _sheet(content: bytes) -> tuple[int, list[list[str]]]:
    """The number of the first row that holds something, and the rows from there on."""
    try:
        clean = workbooks.harmless(content, last_row=LAST_ROW, last_column=MOST_COLUMNS)
        book = python_calamine.load_workbook(clean)
        sheet = book.get_sheet_by_index(0)
        above = sheet.start[0] if sheet.start else 0  # rows that the reader leaves out, as nothing stands in them
        return above + 1, [[text(cell) for cell in row] for row in sheet.to_python()]
    except (workbooks.NotAWorkbook, python_calamine.CalamineError, IndexError, ValueError) as error:
        raise NotATable(Why.BAD_XLSX) from error


def _csv(content: bytes, known: Callable[[list[str]], int]) -> list[list[str]]:
    try:
        words = content.decode("utf-8-sig")
        header = next((line for line in words.splitlines() if line.strip(" ;,\t")), "")
        separator = max(";,\t", key=lambda sign: (_known_by(words, sign, known), header.count(sign)))
        return [[text(cell) for cell in row] for row in _rows(words, separator)]
    except UnicodeDecodeError as error:
        raise NotATable(Why.NOT_UTF8) from error
    except csv.Error as error:
        raise NotATable(Why.LONG_CELL if "field limit" in str(error) else Why.BAD_CSV) from error


def _known_by(words: str, separator: str, known: Callable[[list[str]], int]) -> int:
    """How many names of columns stand in one row at the head, if `separator` is what parts them."""
    most = 0
    with suppress(csv.Error):  # it may be the other sign's cell that is too long
        for row in islice(filter(any, _rows(words, separator)), HEAD):
            most = max(most, known(row))
    return most


def _rows(words: str, separator: str) -> Iterator[list[str]]:
    """Each row, of which no more is looked at than tells that it is too wide."""
    for row in csv.reader(io.StringIO(words, newline=""), delimiter=separator):
        yield row[: MOST_COLUMNS + 1]


def text(cell: Any) -> str:
    """What a person would have typed: dates as ISO, whole numbers without a point, no apostrophe of ours."""
    if isinstance(cell, datetime | date):
        return cell.isoformat()[:10]
    if isinstance(cell, bool):
        return "ya" if cell else ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return cells.as_typed(str(cell).replace("\x00", "").strip())
