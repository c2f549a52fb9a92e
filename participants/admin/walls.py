"""The wall of a training room: a code that changes every half minute, with which people check in by themselves."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from participants.documents import tickets
from participants.operations import scanners, self_checkins
from portal import clock
from programs.models import TrainingSession


def wall(request: HttpRequest, session: TrainingSession) -> HttpResponse:
    """The page to project. It asks for itself anew when its code ends; with a script only the code is exchanged."""
    if not request.user.has_perm("participants.record_attendance"):
        raise Http404
    now = clock.machine_now()
    code = self_checkins.code_on_the_wall(session, now)
    link = f"{settings.BASE_URL}{reverse('check_in')}"
    context = {
        "session": session,
        "code": f"{code[:3]} {code[3:]}",
        "qr_code": tickets.qr_code(f"{link}?kode={code}", mode="byte"),
        "address": link.partition("//")[2],
        "left": self_checkins.HALF_MINUTE - int(now.timestamp()) % self_checkins.HALF_MINUTE,
        "length": self_checkins.HALF_MINUTE,
        "is_allowed": scanners.rule_of(session).is_self_open,
        "is_open": self_checkins.is_open(session, clock.now()),
    }
    return render(request, "admin/programs/trainingsession/wall.html", context)
