"""Attendance files: a row a person or a row a person and day, as CSV or XLSX, streamed from one snapshot.

PostgreSQL writes each line of CSV and each row of a sheet itself, so memory does not grow with the rows; of many people
two of its processes do so side by side, while ours compresses and puts together.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC
from typing import IO, Literal

from django.db.models import Count
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from participants.exports import cells, columns, sheets
from participants.exports.columns import Column
from participants.exports.pieces import Piece, PressedPiece
from participants.exports.portions import portions
from participants.exports.snapshots import snapshot
from participants.queries import person_days
from participants.queries.person_days import Selection, literal
from programs.models import TrainingSession
from programs.models.programs import WESTERNMOST

Layout = Literal["people", "days"]
BOM = "\ufeff"
# What people read of a session is made safe once for each, not for each row.
TEXTS = {
    "slug": lambda session: session.slug,
    "name_id": lambda session: session.program.name_id,
    "name_en": lambda session: session.program.name_en,
    "region": lambda session: session.region.name,
    "city": lambda session: session.region.city,
    "venue": lambda session: session.venue.name,
}
FROM = """
FROM wanted
JOIN places place USING (session_id)
JOIN participants_participant person ON person.id = wanted.participant_id
"""
ACCOUNT = "JOIN accounts_user account ON account.id = person.user_id\n"
DAYS = "JOIN person_days day ON day.registration_id = wanted.registration_id AND day.is_wanted\n"
ORDER = "ORDER BY place.turn, wanted.registration_id"


@dataclass(frozen=True)
class Request:
    """What is exported: whom, in which layout ("people" or "days"), which personal columns, and who asks.

    `description` says in words what was asked for; it stands in the file. `told` is called with the rows so far.
    """

    selection: Selection
    requested_by: str
    description: dict[str, str]
    layout: Layout = "people"
    personal: frozenset[str] = frozenset()
    delimiter: str = ","
    number: str = "—"
    told: Callable[[int], None] = lambda rows: None


@dataclass
class Written:
    """What became of a file: rows and people, its columns, and fingerprints (SHA-256) of the file and of its rows."""

    row_count: int = 0
    people: int = 0
    columns: list[str] = field(default_factory=list)
    sha256: str = ""
    rows_sha256: str = ""


def write_csv(request: Request, file: IO[bytes]) -> Written:
    """Write UTF-8 with byte-order mark. Phones in local form; what could be a formula is quoted (see `cells`)."""
    with snapshot() as moment, person_days.planned(request.selection):
        reading = Reading.begin(request)
        heading = io.StringIO()
        names = [cells.csv_cell(column.heading) for column in reading.columns]
        csv.writer(heading, delimiter=request.delimiter, lineterminator="\n").writerow(names)
        file.write(f"{BOM}{heading.getvalue()}".encode())
        expressions = [column.for_csv() for column in reading.columns]
        options = f"FORMAT csv, DELIMITER '{request.delimiter}'"
        copies = reading.copies(", ".join(expressions), cells.csv_cell, options)
        rows = 0
        with closing(moment.copied(copies, Piece, request.told)) as pieces:
            for piece in pieces:
                piece.put_into(file)
                rows += piece.rows
        written = reading.written(rows)
    written.sha256 = written.rows_sha256 = _digest(file)
    return written


def write_xlsx(request: Request, file: IO[bytes]) -> Written:
    """Write typed cells: texts are text cells whatever they begin with, so none is a formula.

    A last sheet says what the file is: who asked when for what, how many rows and people, and the fingerprint of its
    rows.
    """
    with snapshot() as moment, person_days.planned(request.selection):
        reading, shared = Reading.begin(request), sheets.SharedTexts()
        row = sheets.sql_row([column.for_xlsx(shared) for column in reading.columns])
        copies = reading.copies(row, shared.cell, sheets.COPY_OF_LINES)
        styles = [(column.heading, column.style) for column in reading.columns]
        book = sheets.Book(file, name=_("Kehadiran"), columns=styles, shared=shared)
        with closing(moment.copied(copies, PressedPiece, request.told)) as pieces:
            for piece in pieces:
                book.add(piece)
        written = reading.written(book.rows)
    written.rows_sha256 = book.digest.hexdigest()
    book.end(name=_("Keterangan"), heading=(_("Hal"), _("Isi")), lines=_manifest(request, written))
    written.sha256 = _digest(file)
    return written


@dataclass(frozen=True)
class Reading:
    """What a file is read from, found in the snapshot once: its columns, its sessions in order, its portions."""

    request: Request
    columns: list[Column]
    days: int
    sessions: list[TrainingSession]
    portions: list[Selection]

    @classmethod
    def begin(cls, request: Request) -> Reading:
        selection, language = request.selection, get_language() or "id"
        days, by_day = person_days.most_days(selection), request.layout == "days"
        people = dict(selection.chosen().order_by().values_list("session").annotate(people=Count("pk")))
        sessions = TrainingSession.objects.select_related("program", "region", "venue").filter(pk__in=people)
        ordered = list(sessions.order_by("region__name", "slug"))
        in_order = {session.pk: people[session.pk] for session in ordered}
        chosen = (
            columns.of_days(request.personal, language=language)
            if by_day
            else columns.of_people(days, request.personal, language=language)
        )
        parts = portions(selection, in_order, rows=max(days, 1) if by_day else 1)
        return cls(request, chosen, days, ordered, parts)

    def copies(self, expressions: str, write: Callable[[str], str], options: str) -> list[str]:
        """A `COPY` for each portion; `write` says how the format writes a text of a session."""
        return [
            f"COPY ({self.statement(expressions, write, portion)}) TO STDOUT ({options})" for portion in self.portions
        ]

    def statement(self, expressions: str, write: Callable[[str], str], selection: Selection) -> str:
        """One statement, ordered by region, session and registration."""
        by_day = self.request.layout == "days"
        select = f"{self._places(write)}SELECT {expressions} {FROM}"
        select += (ACCOUNT if "email" in self.request.personal else "") + (DAYS if by_day else "")
        select += ORDER + (", day.number" if by_day else "")
        return person_days.sql(selection, select, days=0 if by_day else self.days)

    def written(self, rows: int) -> Written:
        """What is known of a file of so many rows; the people of a file by day are counted once more."""
        people = rows if self.request.layout == "people" else person_days.count_people(self.request.selection)
        return Written(row_count=rows, people=people, columns=[column.key for column in self.columns])

    def _places(self, write: Callable[[str], str]) -> str:
        """The sessions in order, as a relation; the first row is of none, and says what type each column has."""
        rows = ["(0::bigint, 0, ''" + ", ''" * len(TEXTS) + ")"]
        for turn, session in enumerate(self.sessions, 1):
            texts = ", ".join(literal(write(read(session))) for read in TEXTS.values())
            rows.append(f"({session.pk}, {turn}, {literal(session.region.time_zone)}, {texts})")
        return f", places (session_id, turn, time_zone, {', '.join(TEXTS)}) AS (VALUES {', '.join(rows)})\n"


def _manifest(request: Request, written: Written) -> Iterator[tuple[str, str]]:
    """The lines of the last sheet."""
    now = request.selection.now
    yield _("Nomor berkas"), request.number
    yield _("Diminta oleh"), request.requested_by
    yield _("Keadaan per"), f"{now.astimezone(WESTERNMOST):%Y-%m-%d %H:%M:%S} WIB ({now.astimezone(UTC):%H:%M} UTC)"
    yield _("Zona waktu"), _("Jam di berkas adalah waktu setempat sesi; zonanya ada di kolom Zona waktu.")
    yield from request.description.items()
    yield _("Jumlah baris"), str(written.row_count)
    yield _("Jumlah peserta"), str(written.people)
    yield _("Sidik jari baris"), written.rows_sha256


def _digest(file: IO[bytes]) -> str:
    file.seek(0)
    return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
