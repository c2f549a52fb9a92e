"""The columns of attendance files: what each is called, who may have it, and how SQL writes it for each format."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum

from django.utils.translation import gettext as _

from participants.exports import cells, sheets
from participants.exports.sheets import SharedTexts, Style
from participants.models import AttendanceFact, Mark, Participant
from participants.queries.person_days import literal
from programs.models.regions import ZONE_ABBREVIATIONS

PERSON, CONTACT = "participants.export_personal", "participants.export_addresses"
PERSONAL = {
    "phone": PERSON,
    "gender": PERSON,
    "occupation": PERSON,
    "birth_year": PERSON,
    "age": PERSON,
    "email": CONTACT,
}


class Kind(Enum):
    """What a column holds, which decides how it is written: a typed cell in XLSX, a safe text in CSV."""

    TEXT = "text"
    SESSION = "session"  # a text of the session, which `place` holds as the format writes it
    WORD = "word"  # of a fixed list of ours, in the reader's language
    PHONE = "phone"
    NUMBER = "number"
    DATE = "date"
    TIME = "time"


@dataclass(frozen=True)
class Column:
    """A column: its key, its heading, what it holds, and the expression over the layout's tables that reads it."""

    key: str
    heading: str
    kind: Kind
    reads: str
    words: tuple[tuple[str, str], ...] = ()

    def for_csv(self) -> str:
        """The expression that writes a cell of CSV: nothing that a stranger typed is taken for a formula."""
        match self.kind:
            case Kind.TEXT:
                return cells.sql_csv_cell(self.reads)
            case Kind.PHONE:
                return cells.sql_phone_for_csv(self.reads)
            case Kind.WORD:
                return self._word(cells.csv_cell)
            case Kind.TIME:
                return f"left(({self.reads})::text, 16)"  # the session's DateStyle is ISO
            case _:
                return self.reads

    @property
    def style(self) -> Style:
        match self.kind:
            case Kind.NUMBER:
                return Style.GENERAL
            case Kind.DATE:
                return Style.DATE
            case Kind.TIME:
                return Style.TIME
            case _:
                return Style.TEXT

    def for_xlsx(self, shared: SharedTexts) -> str:
        """The expression that writes a typed cell of a sheet. Dates and times are Excel's numbers of days."""
        match self.kind:
            case Kind.SESSION:
                return self.reads
            case Kind.TEXT | Kind.PHONE:
                return sheets.sql_text(self.reads)
            case Kind.WORD:
                return f"coalesce({self._word(shared.cell)}, {literal(sheets.empty(Style.TEXT))})"
            case Kind.DATE:
                return sheets.sql_number(f"{self.reads} - DATE '1899-12-30'", Style.DATE)
            case Kind.TIME:
                minute = f"floor(date_part('epoch', {self.reads}) / 60)"  # as CSV has it
                return sheets.sql_number(f"{minute} / 1440 + 25569", Style.TIME)
            case _:
                return sheets.sql_number(self.reads)

    def _word(self, safe: Callable[[str], str]) -> str:
        cases = " ".join(f"WHEN {literal(value)} THEN {literal(safe(word))}" for value, word in self.words)
        return f"CASE {self.reads} {cases} END"


def of_people(days: int, personal: Iterable[str], *, language: str) -> list[Column]:
    """One row a person, with up to `days` days side by side, over `wanted`, `place`, `person` and `account`."""
    sides = []
    for day in range(1, days + 1):
        sides += [
            Column(f"date_{day}", _("Tanggal hari %(day)s") % {"day": day}, Kind.DATE, f"wanted.date_{day}"),
            Column(f"mark_{day}", _("Hari %(day)s") % {"day": day}, Kind.WORD, f"wanted.mark_{day}", _marks()),
            Column(f"at_{day}", _("Dicatat hari %(day)s (setempat)") % {"day": day}, Kind.TIME, f"wanted.at_{day}"),
        ]
    yes_no = (("true", _("ya")), ("false", _("tidak")))
    return [
        *_common(personal, language),
        *sides,
        _zone(),
        Column("present", _("Hari hadir"), Kind.NUMBER, "wanted.present"),
        Column("complete", _("Memenuhi syarat sertifikat"), Kind.WORD, "wanted.is_complete::text", yes_no),
    ]


def of_days(personal: Iterable[str], *, language: str) -> list[Column]:
    """One row a person and day, over `day` (of `person_days`) beside the same tables."""
    recorded = "day.recorded_at AT TIME ZONE"
    sources = tuple((value, str(label)) for value, label in AttendanceFact.Source.choices)
    return [
        *_common(personal, language),
        Column("day", _("Hari"), Kind.NUMBER, "day.number"),
        Column("date", _("Tanggal"), Kind.DATE, "day.date"),
        Column("mark", _("Kehadiran"), Kind.WORD, "day.mark", _marks()),
        Column("source", _("Sumber"), Kind.WORD, "day.source", sources),
        Column("at", _("Dicatat (setempat)"), Kind.TIME, f"{recorded} day.time_zone"),
        Column("at_utc", _("Dicatat (UTC)"), Kind.TIME, f"{recorded} 'UTC'"),
        _zone(),
    ]


def in_words(keys: Iterable[str]) -> str:
    """The headings of the columns with these keys, in the reader's language."""
    known = [*of_people(9, PERSONAL, language="id"), *of_days(PERSONAL, language="id")]
    headings = {column.key: column.heading for column in known}
    return ", ".join(headings.get(key, key) for key in keys)


def _common(personal: Iterable[str], language: str) -> list[Column]:
    """Where, who, and of the personal columns those asked for."""
    genders = tuple((value, str(label)) for value, label in Participant.Gender.choices)
    occupations = tuple((value, str(label)) for value, label in Participant.Occupation.choices)
    program = "name_en" if language == "en" else "name_id"
    asked = set(personal)
    columns = [
        Column("program", _("Edisi"), Kind.SESSION, f"place.{program}"),
        Column("region", _("Wilayah"), Kind.SESSION, "place.region"),
        Column("city", _("Kota"), Kind.SESSION, "place.city"),
        Column("session", _("Sesi"), Kind.SESSION, "place.slug"),
        Column("venue", _("Tempat"), Kind.SESSION, "place.venue"),
        Column("name", _("Nama"), Kind.TEXT, "person.full_name"),
        Column("phone", _("Nomor ponsel"), Kind.PHONE, "person.phone"),
        Column("email", _("Alamat email"), Kind.TEXT, "account.email"),
        Column("gender", _("Gender"), Kind.WORD, "person.gender", genders),
        Column("occupation", _("Kegiatan"), Kind.WORD, "person.occupation", occupations),
        Column("birth_year", _("Tahun lahir"), Kind.NUMBER, "extract(year FROM wanted.birth_date)::int"),
        Column("age", _("Umur pada hari pertama"), Kind.NUMBER, "wanted.age"),
    ]
    return [column for column in columns if column.key not in PERSONAL or column.key in asked]


def _zone() -> Column:
    return Column("time_zone", _("Zona waktu"), Kind.WORD, "place.time_zone", tuple(ZONE_ABBREVIATIONS.items()))


def _marks() -> tuple[tuple[str, str], ...]:
    return tuple((mark.value, str(mark.label)) for mark in Mark)
