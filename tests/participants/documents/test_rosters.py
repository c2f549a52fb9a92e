"""The roster on paper, read back from its PDF: who is on it, on which page, and whether every letter was printed."""

import io
import re

import pytest
from django.utils import translation
from pypdf import PdfReader
from pypdf.generic import ContentStream

from participants.admin.papers import cohort
from participants.documents import latin, tickets
from participants.documents.rosters import roster
from tests.factories import make_participant, make_registration, make_session

OF_MANY_SCRIPTS = {
    "王小明": "≈ Wang Xiao Ming",
    "ꦱꦶꦠꦶ ꦤꦸꦂꦲꦭꦶꦗ": "≈ siti nurhlij",
    "สมชาย ใจดี": "≈ smchay aichdi",
    "محمد علي": "≈ mhmd ly",
    "Иван Петров": "≈ Ivan Petrov",
    "Siti 🌸 Ayu": "≈ Siti Ayu",
    "Đặng Ánh Nguyệt": "Đặng Ánh Nguyệt",
    "Ma’ruf D'Angelo": "Ma’ruf D'Angelo",
    "#strong[Budi] $x$ *a*": "#strong[Budi] $x$ *a*",
}
ROW = re.compile(r"^(\d+) ?(.*?) ?([A-Z]{4}-[A-Z]{4})$", re.MULTILINE | re.DOTALL)
MISSING = 0  # the number of the glyph that stands for every letter a typeface lacks: an empty box


def enrol(session, names):
    return [
        make_registration(session, participant=make_participant(full_name=name, region=session.region))
        for name in names
    ]


def pages_of(session, number=1, people=None):
    day = session.days.get(number=number)
    return PdfReader(io.BytesIO(roster(session, day, cohort(session) if people is None else people))).pages


def rows_of(text):
    """Number, name and code of each row, as they stand on a page that says `text`."""
    text = text.replace("\u200b", "").partition("Paraf\n")[2]
    return [(int(number), " ".join(name.split()), code) for number, name, code in ROW.findall(text)]


def glyphs_of(page):
    """The numbers of the glyphs that the page shows, two bytes each, as the typesetter writes them."""
    for operands, operator in ContentStream(page.get_contents(), page.pdf).operations:
        if operator in (b"Tj", b"TJ"):
            for piece in operands[0] if operator == b"TJ" else operands:
                if isinstance(piece, bytes | str):
                    raw = piece if isinstance(piece, bytes) else piece.original_bytes
                    yield from (int.from_bytes(raw[at : at + 2]) for at in range(0, len(raw), 2))


@pytest.mark.parametrize(("name", "printed"), OF_MANY_SCRIPTS.items())
def test_in_latin_says_a_name_by_its_sound_and_that_it_does(name, printed):
    assert latin.in_latin(name) == printed


def test_in_latin_is_the_sign_alone_where_nothing_can_be_said():
    assert latin.in_latin("\U000f0000") == latin.ABOUT


@pytest.mark.django_db
def test_names_of_every_script_are_read_beside_their_codes_and_none_is_boxes():
    session = make_session()
    people = enrol(session, OF_MANY_SCRIPTS)

    (page,) = pages_of(session)

    assert {(name, code) for _number, name, code in rows_of(page.extract_text())} == {
        (OF_MANY_SCRIPTS[row.participant.full_name], tickets.short_code(row)) for row in people
    }
    assert "≈ nama ditulis menurut bunyinya" in " ".join(page.extract_text().split())
    assert MISSING not in set(glyphs_of(page))


@pytest.mark.django_db
def test_every_letter_that_is_left_as_it_is_has_a_glyph():
    letters = "".join(chr(code) for code in range(0x20, 0x2200) if latin._PRINTED.match(chr(code)))
    words = [letters[at : at + 60].strip() for at in range(0, len(letters), 60)]
    session = make_session()
    people = enrol(session, words)

    (page, *more) = pages_of(session, people=people)

    assert [word for word in words if latin.in_latin(word) != word] == []
    assert MISSING not in {glyph for one in (page, *more) for glyph in glyphs_of(one)}
    assert "menurut bunyinya" not in page.extract_text()


@pytest.mark.django_db
def test_a_letter_that_no_typeface_has_is_found_as_a_box(monkeypatch):
    """The control of the two before."""
    monkeypatch.setattr(latin, "in_latin", str)
    session = make_session()
    enrol(session, ["王小明"])

    assert MISSING in set(glyphs_of(pages_of(session)[0]))


@pytest.mark.django_db
def test_everybody_of_a_full_session_is_on_the_paper_of_each_day_once_and_nothing_is_cut():
    session = make_session()
    longest = ["W" * 80, "Wulandari " * 7 + "Ayu", ("Bambang " * 10).strip()]
    names = [f"Peserta {number:03}" for number in range(1, 298)] + longest
    people = enrol(session, names)
    expected = [(row.participant.full_name, tickets.short_code(row)) for row in people]

    assert len(roster(session, session.days.first(), people)) < 100_000  # it is fetched on a bad line
    for day, on_paper in zip(session.days.all(), (people, people[-40:], people[-40:]), strict=True):
        pages = [page.extract_text() for page in pages_of(session, day.number, on_paper)]
        rows = [rows_of(page) for page in pages]
        assert [number for page in rows for number, *_row in page] == list(range(1, len(on_paper) + 1))
        assert [(re.sub("(?<=W) (?=W)", "", name), code) for page in rows for _number, name, code in page] == expected[
            -len(on_paper) :
        ]
        assert min(len(page) for page in rows) > 0
        for at, page in enumerate(pages, start=1):
            assert page.count(f"Daftar hadir, hari {day.number}\n") == page.count(f"{at} / {len(pages)}") == 1
            assert page.count("Nama Kode Hadir Terlambat Izin Paraf\n") == 1
            assert f", {day.date.day} Desember 2025\n09.00–16.00 WIB" in page


@pytest.mark.django_db
def test_a_word_wider_than_its_column_goes_on_in_the_next_line():
    session = make_session()
    enrol(session, ["W" * 80, "Ŵ" * 80])
    (page,) = pages_of(session)
    lines = page.extract_text().splitlines()
    for letter in "WŴ":
        assert [line.count(letter) for line in lines if letter * 9 in line] == [20] * 4


@pytest.mark.django_db
def test_the_roster_speaks_the_readers_language():
    session = make_session()
    enrol(session, ["محمد علي"])
    with translation.override("en"):
        (page,) = pages_of(session)
    text = " ".join(page.extract_text().split())
    assert "Attendance list, day 1" in text
    assert "Latin letters" in text
