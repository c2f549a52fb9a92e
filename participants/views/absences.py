"""Saying that one cannot come to days of the training: which of them and, if one likes, why; and taking it back."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from participants.forms import AbsenceForm
from participants.models import Registration
from participants.operations import absences
from participants.operations.refusals import Refused
from participants.views.chosen import chosen
from participants.views.refusals import in_full
from participants.views.typed import keeps_what_was_typed
from portal import clock
from programs.dates import in_words
from programs.models import TrainingDay
from programs.templatetags.session_time import hours


@keeps_what_was_typed
def absence(request: HttpRequest) -> HttpResponse:
    """Ask to which days one cannot come; then pass it on, or forget what was passed on before."""
    registration = chosen(request)
    if request.method != "POST":
        return _show(request, registration)
    if "take_back" in request.POST:
        return _take_back(request, registration)
    form = AbsenceForm(request.POST, days=[(day.date.isoformat(), "") for day in registration.session.days.all()])
    if not form.is_valid():
        return _show(request, registration, sent=True)
    days = [date.fromisoformat(day) for day in form.cleaned_data["hari"]]
    try:
        absences.say(registration=registration, days=days, text=form.cleaned_data["text"], now=clock.now())
    except absences.AbsenceSaidBefore as refusal:
        messages.info(request, str(refusal))
    except Refused as refusal:
        return _show(request, registration, sent=True, refusal=refusal)
    else:
        told = _("Koordinator wilayahmu membaca kabarmu di daftar hadir. Kalau jadi datang, tarik kembali di bawah.")
        messages.success(request, told)
    return redirect("my_page")


def _take_back(request: HttpRequest, registration: Registration) -> HttpResponse:
    try:
        day = date.fromisoformat(request.POST.get("hari", ""))
        absences.take_back(registration=registration, day=day, now=clock.now())
    except ValueError:
        messages.error(request, in_full(absences.NothingToTakeBack()))
    except Refused as refusal:
        messages.error(request, in_full(refusal))
    else:
        messages.success(request, _("Kabarmu sudah ditarik kembali. Sampai jumpa!"))
    return redirect("my_page")


def _show(
    request: HttpRequest, registration: Registration, *, sent: bool = False, refusal: Refused | None = None
) -> HttpResponse:
    """The form with the days that are left to choose from; where none is, that."""
    now = clock.now()
    days = absences.days_to_miss(registration, now=now)
    choices = [(day.date.isoformat(), _in_two_lines(day)) for day in days]
    form = AbsenceForm(request.POST if sent else None, days=choices)
    context: dict[str, Any] = {
        "registration": registration,
        "session": registration.session,
        "days": days,
        "form": form,
        "wrong": [form] if sent and days and not refusal and form.errors else [],
        "refusal": refusal if days else None,
        "nothing": None if days else absences.nothing_left(registration, now=now),
        "can_leave": registration.is_live and now < registration.session.starts,
    }
    return render(request, "participants/absence.html", context, status=422 if sent else 200)


def _in_two_lines(day: TrainingDay) -> SafeString:
    """Which day it is, and below it when."""
    number, when = _("Hari %(number)s") % {"number": day.number}, hours(day, day.session.region)
    return format_html('<b>{}, {}</b><br><span class="soft small">{}</span>', number, in_words(day.date), when)
