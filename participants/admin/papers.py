"""Attendance on paper: the roster of a day to print, and its codes typed in afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

from participants.documents import rosters, tickets
from participants.models import AttendanceFact, Mark, Registration, TicketChange
from participants.operations import attendance
from participants.operations.attendance import NewMark
from participants.operations.refusals import Refused
from participants.queries.names import SIMILAR, grams, likeness, normal
from portal import clock
from programs.models import TrainingDay, TrainingSession

MOST_LINES = 600
SUGGESTED = 3  # people at most, of those whom a line may mean


class PaperForm(forms.Form):
    """What stands on the paper: the codes or names that were ticked, and what the tick says. All of it or nothing."""

    day = forms.ModelChoiceField(label=_("Hari"), queryset=TrainingDay.objects.none(), empty_label=None)
    mark = forms.ChoiceField(label=_("Yang diketik di bawah"), choices=Mark.choices, initial=Mark.PRESENT)
    lines = forms.CharField(
        label=_("Kode tiket atau nama lengkap, satu per baris"),
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false", "autocapitalize": "characters"}),
        max_length=MOST_LINES * 100,
        required=False,
    )
    rest_present = forms.BooleanField(
        label=_("Semua yang lain hadir"),
        required=False,
        help_text=_("Untuk “semua hadir kecuali…”: ketik yang tidak hadir, lalu centang ini."),
    )

    def __init__(self, *args: Any, session: TrainingSession, **options: Any) -> None:
        super().__init__(*args, **options)
        self.session = session
        self.outdated: dict[str, Outdated] = {}  # of the codes that were typed those that were replaced
        today = clock.now().astimezone(session.region.zone).date()
        self.fields["day"].queryset = session.days.filter(date__lte=today).order_by("-number")  # type: ignore[attr-defined]
        self.fields["day"].label_from_instance = lambda day: _("Hari %(number)s") % {"number": day.number}  # type: ignore[attr-defined]

    def clean_lines(self) -> list[int]:
        """The registrations meant. Every line that means nobody, or more than one, is named; blank ones are not."""
        lines = [line.strip() for line in self.cleaned_data["lines"].splitlines() if line.strip()]
        if len(lines) > MOST_LINES:
            raise ValidationError(_("Paling banyak %(most)s baris."), params={"most": MOST_LINES})
        codes: dict[str, list[int]] = {}
        people = cohort(self.session)
        for row in people:
            for word in (tickets.short_code(row), row.participant.full_name.casefold()):
                codes.setdefault(word, []).append(row.pk)
        outdated: dict[str, Outdated] = {}
        for code, old in _outdated(people):  # on paper that was printed before
            outdated[code] = old
            if old.row.pk not in codes.setdefault(code, []):
                codes[code].append(old.row.pk)
        found, wrong = [], []
        for number, line in enumerate(lines, start=1):
            code = tickets.read_short_code(line) or ""
            meant = codes.get(code) or codes.get(line.casefold(), [])
            if len(meant) == 1:
                found.append(meant[0])
                self.outdated |= {code: outdated[code]} if code in outdated else {}
            else:
                wrong.append((number, line, [row for row in people if row.pk in meant]))
        if wrong:
            names = [_read(row) for row in people]
            problems = [_problem(number, line, _why_not(line, meant, names)) for number, line, meant in wrong]
            raise ValidationError(problems)
        return found


@dataclass(frozen=True)
class Outdated:
    """Whose a code was, and since when (an instant) it is no more."""

    row: Registration
    since: datetime


@dataclass(frozen=True)
class _Name:
    """A name as lines are compared with it: read once, however many lines are wrong."""

    full: str
    words: frozenset[str]
    grams: frozenset[str]
    row: Registration


def _read(row: Registration) -> _Name:
    full = row.participant.full_name
    return _Name(full, frozenset(normal(full).split()), grams(full), row)


def _problem(number: int, line: str, why: str) -> ValidationError:
    params = {"number": number, "line": line[:60], "why": why}
    return ValidationError(_("Baris %(number)s, “%(line)s”: %(why)s"), params=params)


def _why_not(line: str, meant: list[Registration], names: list[_Name]) -> str:
    """Why a line names nobody for sure, with the people whom it may mean and their codes."""
    alike = meant or _like(line, names)
    named = ", ".join(f"{row.participant.full_name} ({tickets.short_code(row)})" for row in alike[:SUGGESTED])
    if meant:
        return _("ada beberapa orang bernama ini; ketik kodenya: %(people)s.") % {"people": named}
    nobody = _("tidak ada di sesi ini, atau salah ketik.")
    perhaps = _("Maksudmu %(people)s?") % {"people": named}
    return f"{nobody} {perhaps}" if named else str(nobody)


def _like(line: str, names: list[_Name]) -> list[Registration]:
    """Who has a name that is like the line or holds each of its words, the likest first."""
    typed, words = grams(line), set(normal(line).split())
    found = []
    for name in names:
        share = 1.0 if words and words <= name.words else likeness(typed, name.grams)
        if share >= SIMILAR:
            found.append((-share, name.full, name.row.pk, name.row))
    return [row for *_order, row in sorted(found, key=lambda one: one[:3])]


def _outdated(people: list[Registration]) -> list[tuple[str, Outdated]]:
    """The codes of tickets of `people` that were replaced; two tickets may have had one code."""
    rows = {row.pk: row for row in people}
    changes = TicketChange.objects.filter(registration__in=rows)
    return [(tickets.code_of(change.old), Outdated(rows[change.registration_id], change.at)) for change in changes]


def cohort(session: TrainingSession) -> list[Registration]:
    """The confirmed people of `session` by name."""
    rows = Registration.objects.confirmed().filter(session=session).select_related("participant")
    return list(rows.order_by("participant__full_name", "pk"))


def paper(request: HttpRequest, session: TrainingSession, context: dict[str, Any]) -> HttpResponse:
    """Rosters to print (GET); what was ticked on them, typed in (POST)."""
    may_record = request.user.has_perm("participants.record_attendance")
    if request.method == "POST" and not may_record:
        raise Http404
    form = PaperForm(request.POST or None, session=session)
    if request.method == "POST" and form.is_valid():
        try:
            number = _record(request, session, form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Tercatat: %(number)s orang.") % {"number": number})
            _warn_of_outdated(request, form)
            return redirect("admin:programs_trainingsession_attendance", session.pk)
    context |= {"session": session, "form": form, "may_record": may_record, "days": session.days.all()}
    return TemplateResponse(request, "admin/programs/trainingsession/paper.html", context)


def _warn_of_outdated(request: HttpRequest, form: PaperForm) -> None:
    """Say which codes a door would have refused on that day, and whom they were recorded for all the same."""
    ends = form.cleaned_data["day"].ends()
    named = [f"{code} ({old.row.participant.full_name})" for code, old in form.outdated.items() if old.since < ends]
    if named:
        text = _(
            "Kode ini sudah diganti, dan dicatat untuk pemiliknya: %(people)s. Kalau bukan dari cetakan lama, pastikan "
            "orangnya benar; di pintu tiket lama ditolak."
        )
        messages.warning(request, text % {"people": ", ".join(named)})


def roster(request: HttpRequest, session: TrainingSession, day: int) -> HttpResponse:
    """The roster of one day as a PDF."""
    found = get_object_or_404(TrainingDay, pk=day, session=session)
    response = HttpResponse(rosters.roster(session, found, cohort(session)), content_type="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="daftar-hadir-{session.slug}-{found.number}.pdf"'
    return response


def _record(request: HttpRequest, session: TrainingSession, data: dict[str, Any]) -> int:
    by: Any = request.user
    told = {"session": session, "by": by, "now": clock.now(), "source": AttendanceFact.Source.PAPER, "batch": uuid4()}
    marks = [NewMark(pk, data["day"].pk, data["mark"]) for pk in dict.fromkeys(data["lines"])]
    with transaction.atomic():
        attendance.record(marks=marks, **told)
        rest = attendance.mark_rest_present(day=data["day"], **told) if data["rest_present"] else 0
    return len(marks) + rest
