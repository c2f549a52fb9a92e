"""Tables that people bring, and that we wrote ourselves, are read as they were meant."""

from datetime import date

import pytest

from participants import tables
from participants.exports.cells import csv_cell, phone_for_csv
from participants.fields import e164, readable
from tests.workbooks import xlsx

NUMBERS = ["+6281234567890", "+628111234567", "+6562345678", "+14155552671"]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_csv_is_read_with_any_separator_and_mark(separator, mark):
    text = f'{mark}Nama{separator}HP\r\n"Ani{separator} A.Md."{separator}0812\r\n\r\n'
    assert tables.read(text.encode()) == (["Nama", "HP"], [[f"Ani{separator} A.Md.".strip(), "0812"]], [2])


def test_xlsx_cells_become_what_a_person_would_type():
    content = xlsx(["Nama", "Lahir", "HP", "Setuju"], ["Ani", date(2004, 5, 17), 81234567890, True], [None] * 4)
    assert tables.read(content) == (
        ["Nama", "Lahir", "HP", "Setuju"],
        [["Ani", "2004-05-17", "81234567890", "ya"]],
        [2],
    )


def test_rows_keep_the_number_that_a_spreadsheet_shows():
    """Blank rows count, above the header as well; a cell of two lines is one row."""
    text = '\n,,\nNama,HP\n\n"Ani\nPutri",0812\n,\nBudi,0813\n'
    assert tables.read(text.encode()).numbers == [5, 7]
    content = xlsx([], [None], ["Nama", "HP"], [], ["Ani\nPutri", "0812"], [None, ""], ["Budi", "0813"])
    assert tables.read(content).numbers == [5, 7]


@pytest.mark.parametrize("number", NUMBERS)
def test_phones_of_our_own_files_are_read_back(number):
    for written in (phone_for_csv(number), csv_cell(number), number, readable(number)):
        assert e164(tables.text(written)) == number
    assert e164(tables.text(float("81234567890"))) == "+6281234567890"


@pytest.mark.parametrize(
    "content", [b"", b"Nama\n", b"PK\x03\x04 nothing", b"\xff\xfe\x00", b"Nama\n" + b"x\n" * (tables.MOST_ROWS + 1)]
)
def test_what_is_no_table_or_too_much_is_refused(content):
    with pytest.raises(tables.NotATable):
        tables.read(content)
