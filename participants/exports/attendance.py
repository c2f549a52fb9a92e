"""Attendance files: a row a person or a row a person and day, as CSV or XLSX, streamed from one snapshot.

CSV is written by PostgreSQL's `COPY`, XLSX from a cursor of the server, so memory does not grow with the rows.
"""

from __future__ import annotations

import csv
import hashlib
import io
import marshal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC
from itertools import islice
from typing import IO, Any, Literal

from django.db import connection, transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from rustpy_xlsxwriter import Format, write_worksheets

from participants.exports import cells, columns
from participants.exports.columns import Column, Kind
from participants.queries import person_days
from participants.queries.person_days import Selection
from programs.models.programs import WESTERNMOST

Layout = Literal["people", "days"]
CHUNK = 2_000
SHEET_ROWS = 1_048_576 - 1  # what a sheet of Excel holds below its heading
MEMORY = "64MB"  # that PostgreSQL may use for each sort and hash of an export, of which few run at a time
BOM = "\ufeff"
PLACES = """
, places AS MATERIALIZED (
    SELECT session.id AS session_id, region.time_zone, row_number() OVER (ORDER BY region.name, session.slug) AS turn,
           {texts}
    FROM programs_trainingsession session
    JOIN programs_program program ON program.id = session.program_id
    JOIN programs_region region ON region.id = session.region_id
    JOIN programs_venue venue ON venue.id = session.venue_id
    WHERE session.id IN (SELECT session_id FROM chosen)
)
"""
# What people read of a session is made safe once for each, not for each row.
TEXTS = {
    "slug": "session.slug",
    "name_id": "program.name_id",
    "name_en": "program.name_en",
    "region": "region.name",
    "city": "region.city",
    "venue": "venue.name",
}
FROM = """
FROM wanted
JOIN places place USING (session_id)
JOIN participants_participant person ON person.id = wanted.participant_id
"""
ACCOUNT = "JOIN accounts_user account ON account.id = person.user_id\n"
DAYS = """
JOIN person_days day ON day.registration_id = wanted.registration_id AND day.is_wanted AND day.day_id IS NOT NULL
"""
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
    with snapshot():
        chosen = _begin(request)
        sink = _Sink(file, request.told)
        heading = io.StringIO(BOM)
        heading.seek(len(BOM))
        names = [cells.csv_cell(column.heading) for column in chosen]
        csv.writer(heading, delimiter=request.delimiter, lineterminator="\n").writerow(names)
        sink.write(heading.getvalue().encode())
        rows = statement(request, [column.for_csv() for column in chosen], cells.sql_csv_cell)
        with connection.cursor() as cursor:
            cursor.copy_expert(f"COPY ({rows}) TO STDOUT (FORMAT csv, DELIMITER '{request.delimiter}')", sink)
        sink.flush()
        written = _written(request, chosen, sink.rows - 1)  # without the heading
    written.sha256 = written.rows_sha256 = sink.digest.hexdigest()
    return written


def write_xlsx(request: Request, file: IO[bytes]) -> Written:
    """Write typed cells in constant memory: texts are text cells whatever they begin with, so none is a formula.

    A second sheet says what the file is: who asked when for what, how many rows, and the fingerprint of its rows.
    """
    with snapshot():
        chosen = _begin(request)
        rows = _Rows(request, chosen)
        names, sheets = [], []
        for number in range(_sheets(request)):
            names.append(_("Kehadiran") + (f" {number + 1}" if number else ""))  # mostly there is no second
            sheets.append((names[-1], islice(rows, SHEET_ROWS)))
        manifest = _("Keterangan")
        write_worksheets(
            [*sheets, (manifest, _manifest(request, rows))],
            file,  # type: ignore[arg-type]
            freeze_panes={name: {"row": 1, "col": 0} for name in names},
            autofilter=dict.fromkeys(names, True),
            column_width={"general": 17.0, manifest: 44.0},
            column_formats={name: [_format(column) for column in chosen] for name in names},
            header_format=dict.fromkeys([*names, manifest], Format().set_bold().set_text_wrap()),
        )
        written = _written(request, chosen, rows.count)
    written.rows_sha256 = rows.digest.hexdigest()
    file.seek(0)
    written.sha256 = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
    return written


class _Sink:
    """Where `COPY` writes, a row a call: counts, takes the fingerprint and tells how far it is."""

    def __init__(self, file: IO[bytes], told: Callable[[int], None]) -> None:
        self.rows, self.digest, self._file, self._told = 0, hashlib.sha256(), file, told
        self._waiting: list[bytes] = []

    def write(self, row: bytes) -> None:
        self.rows += 1
        self._waiting.append(row)
        if not self.rows % CHUNK:
            self.flush()
            self._told(self.rows)

    def flush(self) -> None:
        data = b"".join(self._waiting)
        self._waiting.clear()
        self.digest.update(data)
        self._file.write(data)


class _Rows:
    """The rows of the sheets as their writer wants them, from a cursor of the server; counted and fingerprinted."""

    def __init__(self, request: Request, chosen: list[Column]) -> None:
        self.count, self.digest = 0, hashlib.sha256()
        self._rows = self._read(request, chosen)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return self._rows

    def _read(self, request: Request, chosen: list[Column]) -> Iterator[dict[str, Any]]:
        names = [column.heading for column in chosen]
        with connection.chunked_cursor() as cursor:
            cursor.execute(statement(request, [column.for_xlsx() for column in chosen], cells.sql_plain))
            while rows := cursor.fetchmany(CHUNK):
                self.digest.update(marshal.dumps(rows, 2))  # a quarter of what their `repr` costs
                for row in rows:
                    yield dict(zip(names, row, strict=True))
                self.count += len(rows)
                request.told(self.count)
        if not self.count:
            yield dict.fromkeys(names)  # the writer takes the headings from the first row


def _manifest(request: Request, rows: _Rows) -> Iterator[dict[str, str]]:
    """The lines of the second sheet; the writer asks for them when the rows are written."""
    now = request.selection.now
    facts = {
        _("Nomor berkas"): request.number,
        _("Diminta oleh"): request.requested_by,
        _("Keadaan per"): f"{now.astimezone(WESTERNMOST):%Y-%m-%d %H:%M:%S} WIB ({now.astimezone(UTC):%H:%M} UTC)",
        _("Zona waktu"): _("Jam di berkas adalah waktu setempat sesi; zonanya ada di kolom Zona waktu."),
        **request.description,
        _("Jumlah baris"): str(rows.count),
        _("Sidik jari baris"): rows.digest.hexdigest(),
    }
    for name, value in facts.items():
        yield {_("Hal"): name, _("Isi"): cells.plain(value)}


def _format(column: Column) -> Format:
    match column.kind:
        case Kind.DATE:
            return Format().set_num_format("yyyy-mm-dd")
        case Kind.TIME:
            return Format().set_num_format("yyyy-mm-dd hh:mm")
        case Kind.NUMBER:
            return Format()
        case _:
            return Format().set_num_format("@")  # text stays text when somebody edits the cell


def _begin(request: Request) -> list[Column]:
    """The columns; the first thing that is read in the snapshot."""
    language = get_language() or "id"
    if request.layout == "days":
        return columns.of_days(request.personal, language=language)
    return columns.of_people(person_days.most_days(request.selection), request.personal, language=language)


def _written(request: Request, chosen: list[Column], rows: int) -> Written:
    """What is known of a file of so many rows; the people of a file by day are counted once more."""
    people = rows if request.layout == "people" else person_days.count(request.selection)[0]
    return Written(row_count=rows, people=people, columns=[column.key for column in chosen])


def _sheets(request: Request) -> int:
    """How many sheets it takes, mostly one: what is asked for is counted only where it might be more."""
    most = request.selection.chosen().count()
    if request.layout == "days":
        most *= person_days.most_days(request.selection)
    if most > SHEET_ROWS:
        most = person_days.count(request.selection)[request.layout == "days"]
    return max(1, -(-most // SHEET_ROWS))


def statement(request: Request, expressions: list[str], safe: Callable[[str], str]) -> str:
    """One statement, ordered by region, session and registration; `safe` writes a text of a session."""
    by_day = request.layout == "days"
    texts = ", ".join(f"{safe(text)} AS {name}" for name, text in TEXTS.items())
    select = f"{PLACES.format(texts=texts)} SELECT {', '.join(expressions)} {FROM}"
    select += (ACCOUNT if "email" in request.personal else "") + (DAYS if by_day else "")
    select += ORDER + (", day.number" if by_day else "")
    return person_days.sql(request.selection, select, days=0 if by_day else person_days.most_days(request.selection))


@contextmanager
def snapshot() -> Iterator[None]:
    """All that is read within is of one moment, and may take longer and more memory than what a page reads."""
    is_outermost = not connection.in_atomic_block  # a level can be chosen only before a transaction's first query
    with transaction.atomic():
        with connection.cursor() as cursor:
            if is_outermost:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute(f"SET LOCAL work_mem = '{MEMORY}'; SET LOCAL jit = off; SET LOCAL statement_timeout = 0")
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")  # while a book is compressed
        yield
