"""What strangers put into a workbook costs no more to look at than a list of people does; honest ones stay readable."""

import io
import re
import time
import zipfile
from datetime import datetime

import openpyxl
import pytest

from participants import tables, workbooks
from participants.exports import attendance as export
from participants.models import Registration
from participants.queries.person_days import Selection
from tests.factories import WIB, make_participant, make_registration, make_session
from tests.workbooks import NAMESPACE, SHEET, cells, sheet, xlsx

TABLE = [["Nama", "HP"], ["Ani", "0812"]]
FAR = ["XFD1048576", "ZZ100000", "A1048576", "XFD2", "GS2", "A10001", "ZZZZ99", "A99999999"]


def read(content):
    columns, rows, _numbers = tables.read(content)
    return [columns, *rows]


@pytest.mark.parametrize("corner", FAR)
@pytest.mark.parametrize("prefix", ["", "x:"])
def test_a_cell_far_away_is_refused_before_room_is_made_for_all_between(corner, prefix):
    began = time.monotonic()
    written = cells("A1", corner)
    if prefix:
        written = re.sub("<(/?)", rf"<\1{prefix}", f"<sheetData {NAMESPACE}>{written}</sheetData>")
        written = written.replace("xmlns=", "xmlns:x=")

    with pytest.raises(tables.NotATable):
        tables.read(sheet(written))

    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="1048576"><c><v>1</v></c></row>',
        '<row r="1048575"/><row><c><v>1</v></c></row>',
        '<row r="2"><c r="XFC2"/><c><v>1</v></c></row>',
        '<row r="2"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row>',
        pytest.param("<row/>" * 10_000 + "<row><c><v>1</v></c></row>", id="counted"),
    ],
)
def test_no_way_of_writing_a_place_leads_far_away(rows):
    with pytest.raises(tables.NotATable):
        tables.read(sheet('<row r="1"><c><v>1</v></c></row>' + rows))
    with zipfile.ZipFile(workbooks.harmless(sheet(rows), last_row=10_000, last_column=200)) as clean:
        assert SHEET not in clean.namelist()


def test_blank_cells_that_are_only_coloured_and_further_sheets_are_no_reason():
    book = openpyxl.Workbook()
    for row in TABLE:
        book.active.append(row)
    book.active["ZZ20000"].font = openpyxl.styles.Font(bold=True)
    book.create_sheet("Desa")["A20000"] = "Sentani"
    file = io.BytesIO()
    book.save(file)

    assert read(file.getvalue()) == TABLE


def test_as_many_rows_as_are_taken_are_read_in_a_moment():
    rows = [[f"Kolom {n}" for n in range(20)], *([f"Isi {n}" for n in range(20)] for _row in range(tables.MOST_ROWS))]
    content = xlsx(*rows)
    began = time.monotonic()

    assert read(content) == rows
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    "before",
    ['<!DOCTYPE x [<!ENTITY a "aaaa">]>', '<!DOCTYPE x SYSTEM "file:///etc/passwd">', "<!DOCTYPE worksheet>"],
)
def test_what_defines_entities_is_refused(before):
    with pytest.raises(workbooks.NotAWorkbook):
        workbooks.harmless(sheet(cells("A1", "A2"), before), last_row=10, last_column=10)


@pytest.mark.parametrize("most", ["MOST_UNPACKED", "MOST_PARTS", "MOST_ELEMENTS"])
def test_more_than_any_list_holds_is_refused(monkeypatch, most):
    monkeypatch.setattr(workbooks, most, 3)
    with pytest.raises(workbooks.NotAWorkbook):
        workbooks.harmless(xlsx(*TABLE), last_row=10, last_column=10)


def test_a_part_of_which_the_list_of_parts_tells_only_the_beginning_is_refused():
    """Another reader might go on where this one stops, to a cell in the last corner."""
    content = bytearray(sheet(cells("A1", "A2") + "<!--" + "x" * 5_000 + "-->"))
    entry = content.rindex(SHEET.encode()) - 46  # in the list, the size unpacked stands 24 bytes after its beginning
    content[entry + 24 : entry + 28] = (300).to_bytes(4, "little")

    with pytest.raises(workbooks.NotAWorkbook):
        workbooks.harmless(bytes(content), last_row=10, last_column=10)


def test_what_is_packed_in_ways_that_spreadsheets_do_not_use_is_refused():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_LZMA) as package:
        package.writestr("xl/workbook.xml", "<workbook/>")
    with pytest.raises(workbooks.NotAWorkbook):
        workbooks.harmless(file.getvalue(), last_row=10, last_column=10)


@pytest.mark.django_db
def test_files_of_our_own_are_read_back():
    registration = make_registration(make_session(), participant=make_participant(full_name="Siti Nur'aini"))
    file = io.BytesIO()
    request = export.Request(Selection(Registration.objects.all(), datetime(2025, 12, 18, tzinfo=WIB)), "uji", {})
    written = export.write_xlsx(request, file)

    columns, (row,), _numbers = tables.read(file.getvalue())
    assert (columns[0], len(columns)) == ("Edisi", len(written.columns))
    assert registration.participant.full_name in row


def test_texts_beside_their_cells_are_read_as_those_in_a_table_of_texts():
    texts = "".join(
        f'<row r="{number}">' + "".join(f'<c t="inlineStr"><is><t>{text}</t></is></c>' for text in row) + "</row>"
        for number, row in enumerate(TABLE, start=1)
    )
    assert read(sheet(texts)) == read(xlsx(*TABLE)) == TABLE
