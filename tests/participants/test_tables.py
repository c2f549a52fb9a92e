"""Tables that people bring, and that we wrote ourselves, are read as they were meant."""

from datetime import date

import pytest

from participants import import_forms, tables
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


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_the_header_is_the_row_with_most_names_of_the_first_ten(separator):
    """A title may stand above it, with signs of its own in it."""
    rows = [["Nama", "Email", "HP"], ["Ani", "ani@example.com", "0812"]]
    text = "Daftar peserta, gelombang B; Jakarta, 16 Desember, 2025, final\n\n"
    text += "\n".join(separator.join(row) for row in rows)

    assert tables.read(text.encode(), known=import_forms.known_in) == (rows[0], [rows[1]], [4])
    content = xlsx(["Daftar peserta"], ["Jakarta", "Nama"], *rows)
    assert tables.read(content, known=import_forms.known_in) == (rows[0], [rows[1]], [4])


def test_a_first_row_without_known_names_is_the_header_and_so_is_one_of_a_single_name():
    for text in ("A,B\nNama,x\n", "A,B\n" + "c,d\n" * 10 + "Nama,Email\n"):
        assert tables.read(text.encode(), known=import_forms.known_in).columns == ["A", "B"]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "empty"),
        (b"\n;;\n", "empty"),
        (b"Nama,HP\n", "no_rows"),
        (b"Nama\n" + b"x\n" * (tables.MOST_ROWS + 1), "too_many_rows"),
        (b"," * tables.MOST_COLUMNS + b"a\nx\n", "too_many_columns"),
        (b"x" * (tables.MOST_BYTES + 1), "too_big"),
        (b"Nama,HP\nAni," + b"1" * 131_073 + b"\n", "long_cell"),
        (b"%PDF-1.4\nxx\n", "other_format"),
        (b"\xd0\xcf\x11\xe0 an old workbook", "other_format"),
        (b"{\\rtf1 a text}", "other_format"),
        (b"Nama\nAndr\xe9\n", "not_utf8"),
        (b"PK\x03\x04 nothing", "bad_xlsx"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_refused_says_why(content, why):
    with pytest.raises(tables.NotATable) as refused:
        tables.read(content)
    assert refused.value.why.value == why


@pytest.mark.parametrize(
    "content", [b"", b"Nama\n", b"PK\x03\x04 nothing", b"\xff\xfe\x00", b"Nama\n" + b"x\n" * (tables.MOST_ROWS + 1)]
)
def test_what_is_no_table_or_too_much_is_refused(content):
    with pytest.raises(tables.NotATable):
        tables.read(content)
