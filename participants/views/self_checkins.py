"""Checking in by oneself, with the code that the room's wall shows now."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from participants import queries
from participants.models import Registration
from participants.operations import guesses, self_checkins
from participants.operations.refusals import Refused
from participants.views.chosen import chosen
from participants.views.typed import come_back
from portal import clock
from programs.templatetags.session_time import local

PAGE = "participants/check_in.html"
_DIGITS = re.compile(r"[0-9]{6}")


def check_in(request: HttpRequest) -> HttpResponse:
    """Ask for the six digits, or say that the reader is recorded today (GET); record that they are there (POST)."""
    registration = chosen(request)
    context: dict[str, Any] = {"registration": registration, "session": registration.session}
    if request.method != "POST":
        code = request.GET.get("kode", "")
        context |= _told(registration) | {"code": code if _DIGITS.fullmatch(code) else ""}
        if not {"told", "overruled"} & context.keys() and not self_checkins.is_open(registration.session, clock.now()):
            context["refusal"] = self_checkins.SelfCheckInClosed()
        return render(request, PAGE, context)
    typed = "".join(letter for letter in request.POST.get("code", "")[:20] if letter not in " -")
    try:
        self_checkins.check_in(
            registration=registration,
            code=typed if _DIGITS.fullmatch(typed) else "",
            now=clock.now(),
            machine_now=clock.machine_now(),
        )
    except guesses.TooManyCodes as refusal:
        page = render(request, PAGE, context | {"refusal": refusal})
        return come_back(page, at=refusal.retry_at, now=clock.machine_now())
    except Refused as refusal:
        return render(request, PAGE, context | {"refusal": refusal, "code": typed})
    return redirect(f"{request.path}?pendaftaran={registration.public_id}")


def _told(registration: Registration) -> dict[str, Any]:
    """What was recorded of the reader today, if it says that they are there, or contradicts what they said."""
    now, region = clock.now(), registration.session.region
    today = now.astimezone(region.zone).date().isoformat()
    for mark in queries.marks_so_far(registration, now=now):
        if mark.date != today or not mark.recorded_at:
            continue
        if mark.mark in queries.THERE:
            return {"told": mark, "told_at": local(datetime.fromisoformat(mark.recorded_at), region)}
        if overruled := self_checkins.overruled(registration=registration, day_id=mark.day_id):
            return {"overruled": overruled}
    return {}
