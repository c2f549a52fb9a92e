"""Sheets whose rows SQL has written: whatever somebody typed stays a text, and stays as it was typed."""

import io
import random
import zipfile
from collections.abc import Iterator
from contextlib import closing

import openpyxl
import pytest
import python_calamine
from django.db import connection

from participants.exports import cells, sheets
from participants.exports.pieces import PressedPiece, pressed
from participants.exports.sheets import Book, SharedTexts, Style
from participants.exports.snapshots import Snapshot
from tests.participants.exports.test_cells import FORMULAS, HARMLESS

pytestmark = pytest.mark.django_db
HOSTILE = [
    *(text.replace("\x00", "") for text in FORMULAS),
    *(text for text in HARMLESS if text),
    "]]>",
    "<![CDATA[=cmd]]>",
    "</t></is></c><c><f>1+1</f></c>",
    "&amp;&lt;&#61;&bogus;",
    "a & b < c > d \"e\" 'f'",
    "_x003D_1+1",
    "_x000A__x0041_x0042_ _X0041_ _x41_",
    "baris\nkedua\ttab",
    "  di tepi  ",
    "\\N",
    "\\.",
    "a\\b\\n",
    "\x01\x02\x1f\x7f\x85",
    "\ufffe\uffff",
    "👩🏽‍💻 𝒮 ñ",
    "%s %(a)s {0}",
    "x" * 32_767,
    "é" * 40_000,
    "&" * 32_767,
]


def rows_of(statement: str) -> Iterator[PressedPiece]:
    copy = f"COPY ({statement}) TO STDOUT ({sheets.COPY_OF_LINES})"
    return Snapshot(None).copied([copy], PressedPiece, lambda rows: None)


def book(pieces, *, columns=(("Nama", Style.TEXT),), shared=None) -> io.BytesIO:
    file = io.BytesIO()
    under_way = Book(file, name="Kehadiran", columns=columns, shared=shared or SharedTexts())
    for piece in pieces:
        under_way.add(piece)
    under_way.end(name="Keterangan", heading=("Hal", "Isi"), lines=[("Jumlah", "=1+1 & <b>")])
    file.seek(0)
    return file


def typed(texts: list[str]) -> str:
    with connection.cursor() as cursor:
        return cursor.mogrify("SELECT * FROM unnest(%s) WITH ORDINALITY AS typed (t, n)", [texts]).decode()


def test_every_text_is_a_text_as_it_was_typed():
    file = book(rows_of(f"SELECT {sheets.sql_row([sheets.sql_text('t')])} FROM ({typed(HOSTILE)}) AS typed ORDER BY n"))
    expected = [cells.plain(text) for text in HOSTILE]

    read = list(openpyxl.load_workbook(file)["Kehadiran"].iter_rows(min_row=2))
    assert {row[0].data_type for row in read if row[0].value is not None} == {"s"}
    assert [openpyxl.utils.escape.unescape(row[0].value or "") for row in read] == expected
    file.seek(0)
    calamine = python_calamine.CalamineWorkbook.from_filelike(file).get_sheet_by_name("Kehadiran").to_python()
    assert [row[0] for row in calamine[1:]] == expected


def test_sql_escapes_every_text_as_python_does():
    chance = random.Random(2)
    letters = "ab1_xF0&<>'\"; \t\n=]é𝒮\x0b\x85\ufffe"
    texts = HOSTILE + ["".join(chance.choices(letters, k=chance.randint(1, 12))) for _number in range(4_000)]

    with connection.cursor() as cursor:
        cursor.execute(f"SELECT t, {cells.sql_xml_text('t')} FROM ({typed(texts)}) AS typed")
        differing = [(text, said) for text, said in cursor if said != cells.xml_text(text)]

    assert differing == []


def test_shared_texts_are_as_safe():
    shared = SharedTexts()
    rows = "".join(f"<row>{shared.cell(text)}</row>" for text in [*HOSTILE, "", *HOSTILE])
    with closing(pressed(rows.encode())) as piece:
        file = book([piece], shared=shared)

    file.seek(0)
    calamine = python_calamine.CalamineWorkbook.from_filelike(file).get_sheet_by_name("Kehadiran").to_python()
    assert [row[0] for row in calamine[1:]] == [cells.plain(text) for text in [*HOSTILE, "", *HOSTILE]]


def test_empty_cells_keep_the_others_in_their_columns():
    values = "(VALUES ('a', 1, DATE '2025-12-16'), ('', NULL, NULL), (NULL, 2.5, DATE '1900-03-01')) AS v (t, n, d)"
    row = [
        sheets.sql_text("t"),
        sheets.sql_number("n"),
        sheets.sql_number("d - DATE '1899-12-30'", Style.DATE),
        sheets.sql_number("9"),
    ]
    columns = [("Teks", Style.TEXT), ("Angka", Style.GENERAL), ("Tanggal", Style.DATE), ("Akhir", Style.GENERAL)]
    sheet = openpyxl.load_workbook(
        book(rows_of(f"SELECT {sheets.sql_row(row)} FROM {values}"), columns=columns)
    ).worksheets[0]

    read = [
        [cell.value.date() if cell.value and cell.is_date else cell.value for cell in row]
        for row in sheet.iter_rows(min_row=2)
    ]
    assert [[str(value) for value in row] for row in read] == [
        ["a", "1", "2025-12-16", "9"],
        ["None", "None", "None", "9"],
        ["None", "2.5", "1900-03-01", "9"],
    ]
    assert [cell.number_format for cell in sheet[3]] == ["@", "General", "yyyy-mm-dd", "General"]


@pytest.mark.parametrize(("limit", "value"), [("MOST_ROWS", 5), ("MOST_BYTES", 1_200)])
def test_a_further_sheet_begins_before_one_holds_too_much(monkeypatch, limit, value):
    monkeypatch.setattr(sheets, limit, value)
    row = sheets.sql_row([sheets.sql_text("'orang ' || n")])
    twos = (f"SELECT {row} FROM generate_series({n}, {n + 1}) n" for n in range(1, 12, 2))
    file = book(piece for two in twos for piece in rows_of(two))

    read = openpyxl.load_workbook(file)
    assert read.sheetnames[-1] == "Keterangan"
    names = ["Kehadiran", *(f"Kehadiran {number}" for number in range(2, len(read.sheetnames)))]
    assert (read.sheetnames[:-1], len(names) > 1) == (names, True)
    rows = {name: [row[0] for row in read[name].iter_rows(values_only=True)] for name in names}
    assert {kept[0] for kept in rows.values()} == {"Nama"}
    assert [value for kept in rows.values() for value in kept[1:]] == [f"orang {number}" for number in range(1, 13)]
    assert {name: read[name].auto_filter.ref for name in names} == {name: f"A1:A{len(rows[name])}" for name in names}
    assert {read[name].freeze_panes for name in names} == {"A2"}
    with zipfile.ZipFile(file) as archive:
        sizes = [archive.getinfo(f"xl/worksheets/sheet{number}.xml").file_size for number in range(1, len(names) + 1)]
    most = max(len(kept) - 1 for kept in rows.values()) if limit == "MOST_ROWS" else max(sizes)
    assert most <= value + (100 if limit == "MOST_BYTES" else 0)  # what ends a sheet is written in any case


def test_a_book_of_nobody_has_its_heading_and_says_what_it_is():
    read = openpyxl.load_workbook(book([]))
    assert [list(sheet.iter_rows(values_only=True)) for sheet in read] == [
        [("Nama",)],
        [("Hal", "Isi"), ("Jumlah", "=1+1 & <b>")],
    ]
    assert read["Keterangan"]["B2"].data_type == "s"


@pytest.mark.parametrize(
    ("number", "name"), [(1, "A"), (26, "Z"), (27, "AA"), (52, "AZ"), (703, "AAA"), (16_384, "XFD")]
)
def test_columns_are_called_as_in_a_sheet(number, name):
    assert sheets.letters(number) == name
