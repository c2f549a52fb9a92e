"""Words of people's own lists, and what they mean in a form: occupations, genders, a yes, and dates."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from participants.fields import one_line
from participants.models import Participant
from participants.operations.import_work import Order

Occupation, Gender = Participant.Occupation, Participant.Gender
YES = ("ya", "y", "yes", "1", "x", "v", "✓", "setuju", "true", "benar")
USUAL: dict[str, dict[str, tuple[str, ...]]] = {
    "occupation": {
        Occupation.SCHOOL: ("siswa", "siswi", "siswa/i", "murid", "sma", "smk", "siswa sma", "siswa smk"),
        Occupation.UNIVERSITY: ("mahasiswi", "mahasiswa/i", "kuliah"),
        Occupation.FREELANCE: ("freelance", "freelancer", "pekerja gig"),
        Occupation.EMPLOYED: (
            *("bekerja", "kerja", "karyawati", "pegawai", "karyawan swasta", "pegawai swasta", "swasta", "honorer"),
            *("pns", "asn"),
        ),
        Occupation.BUSINESS: ("wiraswasta", "pengusaha", "usaha sendiri", "umkm"),
        Occupation.SEEKING: ("pencari kerja", "belum bekerja", "tidak bekerja", "menganggur"),
        Occupation.OTHER: ("lain", "lain-lain", "ibu rumah tangga", "irt"),
    },
    "gender": {
        Gender.FEMALE: ("p", "pr", "f", "wanita"),
        Gender.MALE: ("l", "lk", "m", "laki", "laki laki", "pria"),
        Gender.UNSAID: ("-",),
    },
}
CHOICES: dict[str, Any] = {"occupation": Occupation.choices, "gender": Gender.choices}
MONTHS = (
    ("januari", "january", "jan"),
    ("februari", "february", "pebruari", "feb"),
    ("maret", "march", "mar"),
    ("april", "apr"),
    ("mei", "may"),
    ("juni", "june", "jun"),
    ("juli", "july", "jul"),
    ("agustus", "august", "agu", "ags", "agt", "aug"),
    ("september", "sep", "sept"),
    ("oktober", "october", "okt", "oct"),
    ("november", "nopember", "nov", "nop"),
    ("desember", "december", "des", "dec"),
)
_NUMBER_OF = {name: number for number, names in enumerate(MONTHS, 1) for name in names}
_IN_WORDS = re.compile(r"([0-9]{1,2})[ ./-]+([^\W\d_]+)[ ./,-]+([0-9]{4})")
_DAY_FIRST = re.compile(r"([0-9]{1,2}) ?([./-]) ?([0-9]{1,2}) ?\2 ?([0-9]{4})")
_YEAR_FIRST = re.compile(r"([0-9]{4}) ?([./-]) ?([0-9]{1,2}) ?\2 ?([0-9]{1,2})")
_BIRTHPLACE = re.compile(r"[^\W\d_]\D*[ ,/](?=[0-9])")  # before a date: `Denpasar, 17 Mei 2004`
_MIDNIGHT = re.compile(r"[ T]0?0[:.]00(?:[:.]00(?:\.0+)?)?$")  # behind a date, of a spreadsheet that keeps both in one

EXAMPLES = {
    "email": "nama@gmail.com",
    "phone": "0812-3456-7890, +62 812-3456-7890",
    "birth_date": "17/05/2004, 17 Mei 2004, 2004-05-17, Denpasar 17 Mei 2004",
}


def is_yes(cell: str) -> bool:
    return one_line(cell).casefold() in YES


def value(name: str, cell: str) -> str:
    """The value of the field `name` that a word names, by value, label in either language or usual word.

    What names none stays as it is, to be refused.
    """
    word = one_line(cell).casefold()
    for meant, words in _words(name).items():
        if word in words:
            return meant
    return word


def iso_date(cell: str) -> str:
    """A date as people here write it, in words or numbers, as ISO; what is none, or has its month first, stays.

    A birthplace before it is passed over.
    """
    text = _date_in(cell)
    if found := _IN_WORDS.fullmatch(text):
        year, month, day = int(found[3]), _NUMBER_OF.get(found[2].casefold(), 0), int(found[1])
    elif found := _DAY_FIRST.fullmatch(text):
        year, month, day = int(found[4]), int(found[3]), int(found[1])
    elif found := _YEAR_FIRST.fullmatch(text):
        year, month, day = int(found[1]), int(found[3]), int(found[4])
    else:
        return cell
    return f"{year:04}-{month:02}-{day:02}" if 0 < month <= 12 else cell


def order(cell: str) -> Order | None:
    """In which order a date in numbers stands; None for anything else, and where day and month agree."""
    text = _date_in(cell)
    if found := _YEAR_FIRST.fullmatch(text):
        first, second, either, sure = int(found[4]), int(found[3]), Order.YEAR_AND_EITHER, Order.YEAR_FIRST
    elif found := _DAY_FIRST.fullmatch(text):
        first, second, either, sure = int(found[1]), int(found[3]), Order.EITHER, Order.DAY_FIRST
    else:
        return None
    if first == second or max(first, second) > 31 or min(first, second) > 12:
        return None
    if max(first, second) <= 12:
        return either
    return sure if first > 12 else Order.MONTH_FIRST if sure is Order.DAY_FIRST else None


def _date_in(cell: str) -> str:
    text = _MIDNIGHT.sub("", one_line(cell))
    place = _BIRTHPLACE.match(text)
    return text[place.end() :] if place else text


def accepted(name: str) -> str:
    """What a column of the field `name` may say, in the reader's language; empty where anything may stand."""
    if name in EXAMPLES:
        return _("Misalnya %(example)s.") % {"example": EXAMPLES[name]}
    if name in CHOICES:
        shown = [", ".join(dict.fromkeys([str(label), *USUAL[name][meant]])) for meant, label in CHOICES[name]]
        return _("Kata yang diterima: %(words)s.") % {"words": "; ".join(shown)}
    if name.startswith("consent_"):
        return _("Ya: %(words)s. Kata lain dan sel kosong berarti tidak.") % {"words": ", ".join(YES)}
    return ""


@cache
def _words(name: str) -> dict[str, set[str]]:
    found = {str(meant): {str(meant), *USUAL[name][meant]} for meant, _label in CHOICES[name]}
    for language in ("id", "en"):
        with translation.override(language):
            for meant, label in CHOICES[name]:
                found[str(meant)].add(str(label).casefold())
    return found
