"""The attendance grid of a session, and the attendance export."""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format, time_format
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from participants import queries
from participants.exports import attendance as export
from participants.models import AttendanceExport, AttendanceFact, Mark, Registration
from participants.operations import attendance
from participants.operations.attendance import NewMark
from participants.operations.refusals import Refused
from portal import clock
from programs.models import Program, Region, TrainingDay, TrainingSession

NO_BREAK_SPACE = "\u00a0"
CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
CHOICES = [("", "—"), *Mark.choices]
_NUMBER = re.compile(r"[0-9]{1,18}")  # what a number of ours can be: longer ones do not fit PostgreSQL's bigint
_CLOCKS_SAY = range(2000, 2100)  # years in which a device's clock may be set without being plainly broken


def grid(request: HttpRequest, session: TrainingSession, context: dict[str, Any]) -> HttpResponse:
    """The cohort by days. A POST records marks: one at a time from the page's script, or the whole form without it."""
    may_record = request.user.has_perm("participants.record_attendance")
    if request.method == "POST":
        if not may_record:
            raise Http404
        return _record(request, session)
    now, newest = clock.now(), _newest(session)  # first the number: what comes in while reading is then asked for again
    today = now.astimezone(session.region.zone).date()
    options = {value: _options(value) for value, _label in CHOICES}
    people = [_person(row, session, today.isoformat(), options) for row in _cohort(session, now)]
    there = Counter(cell["number"] for person in people for cell in person["cells"] if cell["mark"] in queries.THERE)
    context |= {
        "session": session,
        "days": [(day, day.date <= today, there[day.number]) for day in session.days.all()],
        "people": people,
        "there": " ".join(queries.THERE),
        "may_record": may_record,
        "newest": newest,
    }
    return TemplateResponse(request, "admin/programs/trainingsession/attendance.html", context)


def changes(request: HttpRequest, session: TrainingSession) -> JsonResponse:
    """What was recorded after the fact numbered `since`, by whomever, as the page's script asks for it."""
    since, newest = request.GET.get("since", "0"), _newest(session)  # see `grid` for why the number comes first
    facts = AttendanceFact.objects.filter(session=session, pk__gt=int(since) if _NUMBER.fullmatch(since) else 0)
    touched = Registration.objects.confirmed().filter(pk__in=facts.values("registration"))
    rows = queries.with_attendance(touched, now=clock.now())
    cells = [_cell(row, mark, session) for row in rows for mark in queries.day_marks(row)]
    return JsonResponse({"newest": newest, "cells": [_json(cell) for cell in cells]})


def _record(request: HttpRequest, session: TrainingSession) -> HttpResponse:
    by_script = request.headers.get("X-Requested-With") == "fetch"
    try:
        marks = [_sent_mark(request)] if by_script else _changed_marks(request)
        with transaction.atomic():  # "the rest are present" comes with what was chosen on the page just before
            attendance.record(session=session, marks=marks, by=request.user, now=clock.now())  # type: ignore[arg-type]
            if number := request.POST.get("all_present"):
                day = session.days.filter(number=_number(number)).first()
                if day is None:
                    raise attendance.NotADayOfSession
                attendance.mark_rest_present(session=session, day=day, by=request.user, now=clock.now())  # type: ignore[arg-type]
    except (Refused, ValueError, ValidationError) as error:
        sentence = (
            str(error) if isinstance(error, Refused) else str(_("Isian ini tidak bisa dibaca. Muat ulang halamannya."))
        )
        if by_script:
            return JsonResponse({"refused": sentence}, status=409)
        messages.error(request, sentence)
    else:
        if by_script:
            return changes(request, session)
        messages.success(request, _("Tersimpan."))
    return redirect("admin:programs_trainingsession_attendance", session.pk)


def _sent_mark(request: HttpRequest) -> NewMark:
    """The one mark that the page's script sends, with the id and the time of the device."""
    post = request.POST
    device_at = parse_datetime(post.get("device_at", ""))
    return NewMark(
        registration_id=_number(post.get("registration", "")),
        day_id=_number(post.get("day", "")),
        mark=post.get("mark", ""),
        public_id=UUID(post.get("id", "")),
        device_at=device_at if device_at and device_at.tzinfo and device_at.year in _CLOCKS_SAY else None,
    )


def _number(text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise ValueError("not a number of ours")
    return int(text)


def _changed_marks(request: HttpRequest) -> list[NewMark]:
    """The marks of the whole form that differ from what its page showed."""
    marks = []
    for name, mark in request.POST.items():
        if name.startswith("m-") and mark != request.POST.get(f"o{name[1:]}", ""):
            _prefix, registration, day = name.split("-")
            marks.append(NewMark(_number(registration), _number(day), str(mark), uuid4()))
    return marks


def _cohort(session: TrainingSession, now: datetime) -> Any:
    confirmed = Registration.objects.confirmed().filter(session=session).select_related("participant")
    return queries.with_attendance(confirmed, now=now).order_by("participant__full_name", "pk")


def _person(row: Registration, session: TrainingSession, today: str, options: dict[str, SafeString]) -> dict[str, Any]:
    marks = queries.day_marks(row)
    cells = [_cell(row, mark, session) | {"open": mark.date <= today} for mark in marks]
    for cell in cells:
        cell["options"] = options[cell["mark"]]
    return {"pk": row.pk, "name": row.participant.full_name, "cells": cells}


def _cell(row: Registration, mark: queries.DayMark, session: TrainingSession) -> dict[str, Any]:
    who = str(_("belum dicatat: dihitung tidak hadir")) if mark.mark else ""
    if mark.recorded_at:
        at = datetime.fromisoformat(mark.recorded_at).astimezone(session.region.zone)
        when = f"{date_format(at, 'j M')} {time_format(at)} {session.region.zone_abbreviation}"
        who = f"{mark.recorded_by or ''} {when.replace(' ', NO_BREAK_SPACE)}".strip()
    shown = mark.mark if mark.recorded_at else ""
    return {"name": f"{row.pk}-{mark.day_id}", "number": mark.number, "mark": shown, "who": who}


def _json(cell: dict[str, Any]) -> dict[str, str]:
    return {"name": cell["name"], "mark": cell["mark"], "who": cell["who"]}


def _options(mark: str) -> SafeString:
    """The options of a cell's list, with `mark` chosen."""
    options = ((value, " selected" if value == mark else "", label) for value, label in CHOICES)
    return format_html_join("", '<option value="{}"{}>{}</option>', options)


def _newest(session: TrainingSession) -> int:
    return AttendanceFact.objects.filter(session=session).order_by("-pk").values_list("pk", flat=True).first() or 0


class ExportForm(forms.Form):
    """What to export. Personal columns are off until asked for, with a reason."""

    program = forms.ModelChoiceField(
        label=_("Edisi"), queryset=Program.objects.all(), required=False, empty_label=_("Semua")
    )
    region = forms.ModelChoiceField(
        label=_("Wilayah"), queryset=Region.objects.none(), required=False, empty_label=_("Semua")
    )
    session = forms.ModelChoiceField(
        label=_("Sesi"), queryset=TrainingSession.objects.none(), required=False, empty_label=_("Semua")
    )
    first = forms.DateField(label=_("Mulai tanggal"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    last = forms.DateField(label=_("Sampai tanggal"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    format = forms.ChoiceField(
        label=_("Format"),
        choices=[("xlsx", _("Excel (XLSX)")), ("csv;", _("CSV, titik koma")), ("csv,", _("CSV, koma"))],
    )
    personal = forms.MultipleChoiceField(
        label=_("Kolom pribadi"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[
            ("phone", _("Nomor ponsel")),
            ("gender", _("Gender")),
            ("occupation", _("Kegiatan")),
            ("birth_year", _("Tahun lahir")),
        ],
    )
    reason = forms.CharField(
        label=_("Alasan"), max_length=200, required=False, help_text=_("Wajib kalau ada kolom pribadi; tercatat.")
    )

    def __init__(self, *args: Any, user: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["region"].queryset = Region.objects.visible_to(user)  # type: ignore[attr-defined]
        sessions = TrainingSession.objects.visible_to(user).select_related("region")
        self.fields["session"].queryset = sessions  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("personal") and not data.get("reason"):
            self.add_error("reason", _("Tulis untuk apa kolom pribadi diperlukan."))
        if data.get("first") and data.get("last") and data["first"] > data["last"]:
            self.add_error("last", _("Tanggal ini sebelum tanggal mulai."))
        return data

    def registrations(self, user: Any) -> Any:
        """The registrations asked for, of the regions that `user` may see."""
        rows, data = Registration.objects.visible_to(user), self.cleaned_data
        lookups = {
            "session__program": data["program"],
            "region": data["region"],
            "session": data["session"],
        }
        rows = rows.filter(**{name: value for name, value in lookups.items() if value})
        if data["first"] or data["last"]:
            within = {"date__gte": data["first"], "date__lte": data["last"]}
            days = TrainingDay.objects.filter(**{name: value for name, value in within.items() if value})
            rows = rows.filter(session__in=days.values("session"))
        return rows

    def described(self) -> dict[str, str]:
        """The filter in words, for the file and the audit row."""
        names = ("program", "region", "session", "first", "last", "reason")
        return {str(self.fields[name].label): str(self.cleaned_data[name] or "—") for name in names}


def export_page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse | FileResponse:
    """Ask what to export (GET), give it out and record that (POST)."""
    if not request.user.has_perm("participants.export_attendance"):
        raise Http404
    form = ExportForm(request.POST or None, user=request.user, initial={"session": request.GET.get("session")})
    if request.method == "POST" and form.is_valid():
        return _give_out(request, form)
    return TemplateResponse(request, "admin/participants/attendanceexport/form.html", context | {"form": form})


def _give_out(request: HttpRequest, form: ExportForm) -> FileResponse:
    """Build the whole file first: it is given out complete or not at all, and recorded with its fingerprint."""
    now, data = clock.now(), form.cleaned_data
    wanted = export.Request(
        registrations=form.registrations(request.user),
        now=now,
        requested_by=str(request.user),
        description=form.described(),
        personal=frozenset(data["personal"]),
        delimiter=data["format"][3:] or ",",
    )
    kind = data["format"][:4].rstrip(";,")
    file = tempfile.TemporaryFile()  # noqa: SIM115 -- the response closes it
    written = (export.write_xlsx if kind == "xlsx" else export.write_csv)(wanted, file)
    AttendanceExport.objects.create(
        by_id=int(request.user.pk or 0),
        at=now,
        format=kind,
        filter=form.described(),
        columns=written.columns,
        reason=data["reason"],
        row_count=written.row_count,
        sha256=written.sha256,
    )
    file.seek(0)
    name = f"kehadiran-{now.astimezone(clock.HOME):%Y%m%d-%H%M}.{kind}"
    return FileResponse(file, as_attachment=True, filename=name, content_type=CONTENT_TYPES[kind])
