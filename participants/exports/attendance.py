"""The attendance export: one row a participant with the days side by side, as CSV or XLSX, from one snapshot."""

from __future__ import annotations

import csv
import hashlib
import io
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, Any

import xlsxwriter
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from participants import queries
from participants.exports import cells
from participants.models import Mark, Registration
from programs.models import TrainingSession

PERSONAL = {"phone", "gender", "occupation", "birth_year"}
CHUNK = 2_000
SHEET_ROWS = 1_048_576  # what a sheet of Excel holds; XlsxWriter leaves out what is beyond without a word


@dataclass(frozen=True)
class Row:
    """One participant: facts as they are in the database, and the marks of each day in order."""

    registration: Registration
    marks: list[queries.DayMark]
    min_days: int

    @property
    def present(self) -> int:
        return queries.days_present(self.marks)

    @property
    def is_complete(self) -> bool:
        """Whether the rule for a certificate is met so far."""
        return self.present >= self.min_days


@dataclass(frozen=True)
class Column:
    """A column: its key, its heading, and how it reads a row. `is_phone` is written in each format's own way."""

    key: str
    heading: str
    read: Callable[[Row], str | int]
    is_phone: bool = False


@dataclass(frozen=True)
class Request:
    """What is exported: a queryset that is scoped already, the personal columns asked for, and who asks when."""

    registrations: QuerySet[Registration]
    now: datetime
    requested_by: str
    description: dict[str, str]
    personal: frozenset[str] = frozenset()
    delimiter: str = ","


@dataclass
class Written:
    """What became of a file: its rows and its fingerprint (SHA-256, hexadecimal)."""

    row_count: int = 0
    sha256: str = ""
    columns: list[str] = field(default_factory=list)


def columns(days: int, personal: frozenset[str]) -> list[Column]:
    """The columns for sessions of up to `days` days."""
    chosen = [
        Column("program", _("Edisi"), lambda row: row.registration.session.program.name),
        Column("region", _("Wilayah"), lambda row: row.registration.session.region.name),
        Column("city", _("Kota"), lambda row: row.registration.session.region.city),
        Column("session", _("Sesi"), lambda row: row.registration.session.slug),
        Column("venue", _("Tempat"), lambda row: row.registration.session.venue.name),
        Column("name", _("Nama"), lambda row: row.registration.participant.full_name),
        Column("phone", _("Nomor ponsel"), lambda row: row.registration.participant.phone, is_phone=True),
        Column("gender", _("Gender"), lambda row: row.registration.participant.get_gender_display()),
        Column("occupation", _("Kegiatan"), lambda row: row.registration.participant.get_occupation_display()),
        Column("birth_year", _("Tahun lahir"), lambda row: row.registration.birth_date.year),
    ]
    chosen = [column for column in chosen if column.key not in PERSONAL - personal]
    for number in range(days):
        chosen += [
            Column(f"date_{number + 1}", _("Tanggal hari %(day)s") % {"day": number + 1}, _day(number, "date")),
            Column(f"mark_{number + 1}", _("Hari %(day)s") % {"day": number + 1}, _day(number, "mark")),
            Column(f"at_{number + 1}", _("Dicatat hari %(day)s (setempat)") % {"day": number + 1}, _day(number, "at")),
        ]
    return [
        *chosen,
        Column("time_zone", _("Zona waktu"), lambda row: row.registration.session.region.zone_abbreviation),
        Column("present", _("Hari hadir"), lambda row: row.present),
        Column(
            "complete",
            _("Memenuhi syarat sertifikat"),
            lambda row: _("ya") if row.is_complete else _("tidak"),
        ),
    ]


def write_csv(request: Request, file: IO[bytes]) -> Written:
    """Write UTF-8 with byte-order mark. Phones in local form; what could be a formula is quoted (see `cells`)."""
    digest = hashlib.sha256()

    def put(line: list[Any]) -> None:
        text = io.StringIO()
        csv.writer(text, delimiter=request.delimiter, lineterminator="\r\n").writerow(line)
        data = text.getvalue().encode()
        digest.update(data)
        file.write(data)

    file.write(b"\xef\xbb\xbf")
    digest.update(b"\xef\xbb\xbf")
    with _snapshot():
        written, chosen = _begin(request)
        put([column.heading for column in chosen])
        for row in _rows(request):
            put([_csv_value(column, row) for column in chosen])
            written.row_count += 1
    written.sha256 = digest.hexdigest()
    return written


def write_xlsx(request: Request, file: IO[bytes]) -> Written:
    """Write typed cells in constant memory: texts are text cells whatever they begin with, so none is a formula."""
    # What XlsxWriter puts aside while it works holds names: it goes with the folder, whatever happens.
    with tempfile.TemporaryDirectory() as folder, _snapshot():
        written, chosen = _begin(request)
        book = xlsxwriter.Workbook(file, {"constant_memory": True, "tmpdir": folder})
        book.set_properties({"created": request.now.replace(tzinfo=None)})
        sheet, line = _new_sheet(book, chosen), 0
        for row in _rows(request):
            if line + 1 == SHEET_ROWS:
                _finish_sheet(sheet, line, chosen)
                sheet, line = _new_sheet(book, chosen), 0
            line += 1
            for number, column in enumerate(chosen):
                value = column.read(row)
                if isinstance(value, int):
                    sheet.write_number(line, number, value)
                else:
                    sheet.write_string(line, number, cells.plain(value))
            written.row_count += 1
        _finish_sheet(sheet, line, chosen)
        _write_manifest(book, request, written)
        book.close()
    file.seek(0)
    written.sha256 = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
    return written


def _new_sheet(book: xlsxwriter.Workbook, chosen: list[Column]) -> Any:
    """A sheet with its headings, which stay in sight. The first has no number: mostly there is no second."""
    number, bold = len(book.worksheets()) + 1, book.add_format({"bold": True, "text_wrap": True})
    sheet = book.add_worksheet(_("Kehadiran") + (f" {number}" if number > 1 else ""))
    sheet.freeze_panes(1, 0)
    for place, column in enumerate(chosen):
        sheet.set_column(place, place, 16)
        sheet.write_string(0, place, column.heading, bold)
    return sheet


def _finish_sheet(sheet: Any, lines: int, chosen: list[Column]) -> None:
    sheet.autofilter(0, 0, max(lines, 1), len(chosen) - 1)


def _write_manifest(book: xlsxwriter.Workbook, request: Request, written: Written) -> None:
    facts = {
        _("Diminta oleh"): request.requested_by,
        _("Keadaan per"): f"{request.now:%Y-%m-%d %H:%M:%S} UTC",
        _("Jumlah peserta"): str(written.row_count),
        _("Waktu"): _("Semua jam adalah waktu setempat sesi; zonanya ada di kolom Zona waktu."),
        **request.description,
    }
    sheet = book.add_worksheet(_("Keterangan"))
    sheet.set_column(0, 1, 40)
    for line, (name, value) in enumerate(facts.items()):
        sheet.write_string(line, 0, name)
        sheet.write_string(line, 1, cells.plain(value))


def _begin(request: Request) -> tuple[Written, list[Column]]:
    days = request.registrations.order_by().values_list("session__program__days_per_session", flat=True)
    chosen = columns(max(days.distinct(), default=0), request.personal)
    return Written(columns=[column.key for column in chosen]), chosen


@contextmanager
def _snapshot() -> Iterator[None]:
    """All that is read within is of one moment. Rows are fetched bit by bit: no statement meets its time limit."""
    is_outermost = not connection.in_atomic_block  # a level can be chosen only before a transaction's first query
    with transaction.atomic():
        if is_outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def _rows(request: Request) -> Iterator[Row]:
    """The rows, streamed from a cursor of the server, so that memory does not grow with them."""
    everybody = request.registrations.confirmed()  # type: ignore[attr-defined]
    sessions = TrainingSession.objects.filter(pk__in=everybody.order_by().values("session"))
    at_hand = {session.pk: session for session in sessions.select_related("program", "region", "venue")}
    person = [f"participant__{name}" for name in ("full_name", "phone", "gender", "occupation")]
    slim = everybody.select_related("participant").only("session", "birth_date", *person)
    rows = queries.with_attendance(slim, now=request.now).order_by("session__region__name", "session__slug", "pk")
    for registration in rows.iterator(chunk_size=CHUNK):
        registration.session = at_hand[registration.session_id]  # a few sessions for all the rows, not one for each
        yield Row(registration, queries.day_marks(registration), registration.session.program.certificate_min_days)


def _csv_value(column: Column, row: Row) -> str | int:
    value = column.read(row)
    if isinstance(value, int):
        return value
    return cells.phone_for_csv(value) if column.is_phone else cells.csv_cell(value)


def _day(number: int, fact: str) -> Callable[[Row], str]:
    """Reads one fact of day `number` (0 is the first); empty where a session has fewer days."""

    labels = {mark.value: str(mark.label) for mark in Mark}  # in the reader's language, looked up once

    def read(row: Row) -> str:
        if number >= len(row.marks):
            return ""
        mark = row.marks[number]
        if fact == "date":
            return mark.date
        if fact == "mark":
            return labels[mark.mark] if mark.mark else ""
        if mark.recorded_at is None:
            return ""
        zone = row.registration.session.region.zone
        return f"{datetime.fromisoformat(mark.recorded_at).astimezone(zone):%Y-%m-%d %H:%M}"

    return read
