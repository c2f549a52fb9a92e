"""The attendance grid of a session."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format, time_format
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from participants import queries
from participants.fields import number_in
from participants.models import Appeal, AttendanceFact, Mark, Registration
from participants.operations import attendance
from participants.operations.attendance import NewMark
from participants.operations.refusals import Refused
from portal import clock
from programs.models import TrainingDay, TrainingSession

NO_BREAK_SPACE = "\u00a0"
CHOICES = [("", "—"), *Mark.choices]
_CLOCKS_SAY = range(2000, 2100)  # years in which a device's clock may be set without being plainly broken


def grid(request: HttpRequest, session: TrainingSession, context: dict[str, Any]) -> HttpResponse:
    """The cohort by days. A POST records marks: one at a time from the page's script, or the whole form without it."""
    may_record = request.user.has_perm("participants.record_attendance")
    if request.method == "POST":
        if not may_record:
            raise Http404
        if number := _asked_first(request, session):
            return _sure(request, session, context, *number)
        return _record(request, session, context)
    return _page(request, session, context, {}, set())


def _page(
    request: HttpRequest,
    session: TrainingSession,
    context: dict[str, Any],
    wanted: dict[str, str],
    changed: set[str],
) -> HttpResponse:
    """The grid; `wanted` are marks that were chosen and not recorded, as what holds of the cells `changed` is new."""
    may_record = request.user.has_perm("participants.record_attendance")
    now, newest = clock.now(), _newest(session)  # first the number: what comes in while reading is then asked for again
    today = now.astimezone(session.region.zone).date()
    options = {value: _options(value) for value, _label in CHOICES}
    absences = _absences(session) if request.user.has_perm("participants.view_appeal") else {}
    people = [_person(row, session, today.isoformat(), options) for row in _cohort(session, now)]
    there = Counter(cell["number"] for person in people for cell in person["cells"] if cell["mark"] in queries.THERE)
    silent = Counter(cell["number"] for person in people for cell in person["cells"] if not cell["mark"])
    days = list(session.days.all())
    names = {day.number: (str(day.number), _("Hari %(number)s") % {"number": day.number}) for day in days}
    is_a_day = any(day.date == today for day in days)
    last = _said_last(session, changed)
    for person in people:
        for cell in person["cells"]:
            cell["is_other"] = is_a_day and cell["date"] != today.isoformat()
            cell["day"] = names[cell["number"]]
            cell["absence"] = absences.get((int(person["pk"]), cell["date"]))
            if cell["name"] in wanted:
                cell |= _still_wanted(cell, wanted[cell["name"]], last.get(cell["name"]))
                cell["options"] = options.get(cell["wanted"], cell["options"])
    context |= {
        "session": session,
        "days": [
            {
                "day": day,
                "is_open": day.date <= today,
                "is_other": is_a_day and day.date != today,
                "there": there[day.number],
                "silent": silent[day.number],
            }
            for day in days
        ],
        "has_others": is_a_day and len(days) > 1,
        "people": people,
        "there": " ".join(queries.THERE),
        "may_record": may_record,
        "newest": newest,
        "undoable": attendance.undoable(session=session, by=request.user, now=now) if may_record else None,  # type: ignore[arg-type]
    }
    status = 409 if wanted else 200
    return TemplateResponse(request, "admin/programs/trainingsession/attendance.html", context, status=status)


def _still_wanted(cell: dict[str, Any], wanted: str, said_last: str | None) -> dict[str, Any]:
    """What is told of a cell whose chosen mark still waits for another press; `said_last` where it was changed."""
    if said_last is None:
        return {"wanted": wanted}
    return {"wanted": wanted, "now": str(dict(CHOICES)[cell["mark"]]), "who": _who_last(cell, said_last)}


def changes(request: HttpRequest, session: TrainingSession) -> JsonResponse:
    """What was recorded after the fact numbered `since`, by whomever, as the page's script asks for it."""
    since, newest = request.GET.get("since", "0"), _newest(session)  # see `grid` for why the number comes first
    facts = AttendanceFact.objects.filter(session=session, pk__gt=number_in(since) or 0)
    touched = Registration.objects.confirmed().filter(pk__in=facts.values("registration"))
    rows = queries.with_attendance(touched, now=clock.now())
    cells = [_cell(row, mark, session) for row in rows for mark in queries.day_marks(row)]
    return JsonResponse({"newest": newest, "cells": [_json(cell) for cell in cells]})


def _record(request: HttpRequest, session: TrainingSession, context: dict[str, Any]) -> HttpResponse:
    by_script, rest = _is_script(request), 0
    try:
        if "undo" in request.POST:
            batch = UUID(request.POST["undo"])
            attendance.undo(session=session, batch=batch, by=request.user, now=clock.now())  # type: ignore[arg-type]
        elif by_script:
            mark = _sent_mark(request)
            _write(request, session, [mark], mark.public_id)
        else:
            rest = _write(request, session, _changed_marks(request), uuid4())
    except attendance.MarkChanged as refusal:
        if by_script:
            return JsonResponse(_what_changed(session, refusal), status=409)
        messages.warning(request, str(refusal))
        return _page(request, session, context, _wanted(request), {f"{row}-{day}" for row, day in refusal.cells})
    except (Refused, ValueError, ValidationError) as error:
        sentence = (
            str(error) if isinstance(error, Refused) else str(_("Isian ini tidak bisa dibaca. Muat ulang halamannya."))
        )
        if by_script:
            return JsonResponse({"refused": sentence}, status=409)
        messages.error(request, sentence)
        if isinstance(error, attendance.NotInCohort):  # somebody left meanwhile: what was said of the others is kept
            return _page(request, session, context, _wanted(request), set())
    else:
        if by_script:
            return changes(request, session)
        messages.success(request, _told(rest))
    return redirect("admin:programs_trainingsession_attendance", session.pk)


def _wanted(request: HttpRequest) -> dict[str, str]:
    """What was chosen in the whole form, by cell."""
    return {f"{mark.registration_id}-{mark.day_id}": mark.mark for mark in _changed_marks(request)}


def _what_changed(session: TrainingSession, refusal: attendance.MarkChanged) -> dict[str, Any]:
    """What the page's script shows of cells that somebody else changed meanwhile."""
    rows = Registration.objects.filter(pk__in=[row for row, _day in refusal.cells])
    found = queries.with_attendance(rows, now=clock.now())
    cells = [_cell(row, mark, session) for row in found for mark in queries.day_marks(row)]
    names = {f"{row}-{day}" for row, day in refusal.cells}
    last = _said_last(session, names)
    told = [_json(cell | {"who": _who_last(cell, last[cell["name"]])}) for cell in cells if cell["name"] in names]
    return {"refused": str(refusal), "changed": told}


def _who_last(cell: dict[str, Any], said_last: str) -> str:
    """Who said what a cell shows, and when; of an empty one, who emptied it."""
    return str(cell["who"] if cell["mark"] else said_last)


def _said_last(session: TrainingSession, cells: Collection[str]) -> dict[str, str]:
    """Who said something last of each of these cells, and when: who emptied it, if it is empty."""
    if not cells:
        return {}
    rows, days = zip(*(cell.split("-") for cell in cells), strict=True)
    facts = AttendanceFact.objects.filter(registration__in=rows, day__in=days).select_related("recorded_by")
    last = {
        f"{fact.registration_id}-{fact.day_id}": _who(
            fact.recorded_by.name if fact.recorded_by else fact.gate, fact.recorded_at, session
        )
        for fact in facts.order_by("registration_id", "day_id", "-pk").distinct("registration_id", "day_id")
    }
    return {cell: last.get(cell, "") for cell in cells}


def _is_script(request: HttpRequest) -> bool:
    return request.headers.get("X-Requested-With") == "fetch"


def _told(rest: int) -> str:
    if not rest:
        return _("Tersimpan.")
    text = ngettext("%(people)s orang ditandai hadir.", "%(people)s orang ditandai hadir.", rest) % {"people": rest}
    return " ".join([text, _("Salah? Tekan “Urungkan yang terakhir” di bawah ini.")])


def _asked_first(request: HttpRequest, session: TrainingSession) -> tuple[TrainingDay, int] | None:
    """The day whose rest should be marked as present, and how many that are, where nobody has said yes to it yet."""
    number = number_in(request.POST.get("all_present", ""))
    if _is_script(request) or "sure" in request.POST or number is None:
        return None
    day = session.days.filter(number=number).first()
    if day is None:
        return None
    try:
        chosen = {mark.registration_id for mark in _changed_marks(request) if mark.day_id == day.pk and mark.mark}
    except ValueError:
        return None
    silent = Registration.objects.confirmed().filter(session=session).exclude(attendance__day=day)
    people = silent.exclude(pk__in=chosen).count()
    return (day, people) if people else None


def _sure(
    request: HttpRequest, session: TrainingSession, context: dict[str, Any], day: TrainingDay, people: int
) -> HttpResponse:
    """Ask before many are marked at once; what was chosen on the page goes along."""
    changed = [
        (name, value)
        for name, value in request.POST.items()
        if name[:2] in ("m-", "o-") and request.POST.get(f"m{name[1:]}") != request.POST.get(f"o{name[1:]}", "")
    ]
    context |= {"session": session, "day": day, "people": people, "changed": changed}
    return TemplateResponse(request, "admin/programs/trainingsession/rest_present.html", context)


def _write(request: HttpRequest, session: TrainingSession, marks: list[NewMark], batch: UUID) -> int:
    """Record `marks`, and the rest as present if that was pressed: how many those were."""
    by: Any = request.user
    with transaction.atomic():  # "the rest are present" comes with what was chosen on the page just before
        attendance.record(session=session, marks=marks, by=by, now=clock.now(), batch=batch)
        if number := request.POST.get("all_present"):
            day = session.days.filter(number=_number(number)).first()
            if day is None:
                raise attendance.NotADayOfSession
            return attendance.mark_rest_present(session=session, day=day, by=by, now=clock.now(), batch=batch)
    return 0


def _sent_mark(request: HttpRequest) -> NewMark:
    """The one mark that the page's script sends, with the id and the time of the device."""
    post = request.POST
    device_at = parse_datetime(post.get("device_at", ""))
    return NewMark(
        registration_id=_number(post.get("registration", "")),
        day_id=_number(post.get("day", "")),
        mark=post.get("mark", ""),
        public_id=UUID(post.get("id", "")),
        seen=post.get("seen"),
        device_at=device_at if device_at and device_at.tzinfo and device_at.year in _CLOCKS_SAY else None,
    )


def _number(text: str) -> int:
    if (number := number_in(text)) is None:
        raise ValueError("not a number of ours")
    return number


def _changed_marks(request: HttpRequest) -> list[NewMark]:
    """The marks of the whole form that differ from what its page showed, with that."""
    marks = []
    for name, mark in request.POST.items():
        seen = str(request.POST.get(f"o{name[1:]}", ""))
        if name.startswith("m-") and mark != seen:
            _prefix, registration, day = name.split("-")
            marks.append(NewMark(_number(registration), _number(day), str(mark), uuid4(), seen=seen))
    return marks


def _cohort(session: TrainingSession, now: datetime) -> Any:
    confirmed = Registration.objects.confirmed().filter(session=session).select_related("participant")
    return queries.with_attendance(confirmed, now=now).order_by("participant__full_name", "pk")


def _absences(session: TrainingSession) -> dict[tuple[int | None, str], Appeal]:
    """What people said of days to which they cannot come, by registration and date."""
    said = Appeal.objects.absences().filter(session=session)
    return {(row.registration_id, row.missed_on.isoformat()): row for row in said if row.missed_on}


def _person(row: Registration, session: TrainingSession, today: str, options: dict[str, SafeString]) -> dict[str, Any]:
    marks = queries.day_marks(row)
    cells = [_cell(row, mark, session) | {"open": mark.date <= today, "date": mark.date} for mark in marks]
    for cell in cells:
        cell["options"] = options[cell["mark"]]
    return {"pk": str(row.pk), "name": row.participant.full_name, "cells": cells}


def _cell(row: Registration, mark: queries.DayMark, session: TrainingSession) -> dict[str, Any]:
    who = str(_("belum dicatat: dihitung tidak hadir")) if mark.mark else ""
    if mark.recorded_at:
        who = _who(mark.recorded_by or mark.gate, datetime.fromisoformat(mark.recorded_at), session)
    shown = mark.mark if mark.recorded_at else ""
    return {"name": f"{row.pk}-{mark.day_id}", "number": mark.number, "mark": shown, "who": who}


def _who(name: str, at: datetime, session: TrainingSession) -> str:
    local = at.astimezone(session.region.zone).replace(second=0, microsecond=0)
    return f"{name} {_minute(local, session.region.zone_abbreviation, get_language())}".strip()


@lru_cache(maxsize=1000)
def _minute(at: datetime, zone: str, language: str) -> str:
    """A minute as the grid tells it in `language`, the one that is spoken: of many cells it is the same."""
    parts = (date_format(at, "j M"), f"{time_format(at)} {zone}")
    return " ".join(part.replace(" ", NO_BREAK_SPACE) for part in parts)  # two lines where a phone is narrow


def _json(cell: dict[str, Any]) -> dict[str, str]:
    return {"name": cell["name"], "mark": cell["mark"], "who": cell["who"]}


def _options(mark: str) -> SafeString:
    """The options of a cell's list, with `mark` chosen."""
    options = ((value, " selected" if value == mark else "", label) for value, label in CHOICES)
    return format_html_join("", '<option value="{}"{}>{}</option>', options)


def _newest(session: TrainingSession) -> int:
    return AttendanceFact.objects.filter(session=session).order_by("-pk").values_list("pk", flat=True).first() or 0
