"""Are you still coming? Answered with one press, from the mail's link or from one's own page."""

from __future__ import annotations

from contextlib import suppress

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from participants.models import Registration
from participants.operations import comings
from participants.operations.refusals import Refused
from participants.outcomes import RELEASED
from participants.views.chosen import chosen
from participants.views.links import private, unknown
from portal import clock

ANSWERS = {"yes": True, "no": False}


@login_not_required
@sensitive_variables("token")
def coming(request: HttpRequest, token: str) -> HttpResponse:
    """Ask whoever holds the link, and take the answer; a yes can still become a no until the first day begins."""
    registration = comings.find(token)
    if registration is None:
        return unknown(request)
    comes = ANSWERS.get(request.POST.get("answer", ""))
    if request.method != "POST" or comes is None:
        return _show(request, registration, status=422 if request.method == "POST" else 200)
    with suppress(Refused):  # the page says how things stand
        comings.answer(registration=registration, comes=comes, now=clock.now())
    return private(redirect("coming", token))


def answer_coming(request: HttpRequest) -> HttpResponse:
    """Take the answer from one's own page."""
    if request.method != "POST":  # back from the door, where the login had to be renewed
        return redirect("my_page")
    comes = ANSWERS.get(request.POST.get("answer", ""))
    if comes is None:
        return redirect("my_page")
    try:
        comings.answer(registration=chosen(request), comes=comes, now=clock.now())
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        if comes:
            messages.success(request, _("Terima kasih. Kursimu tetap milikmu; sampai jumpa!"))
    return redirect("my_page")


def _show(request: HttpRequest, registration: Registration, *, status: int) -> HttpResponse:
    session = registration.session
    context = {
        "registration": registration,
        "session": session,
        "is_open": registration.is_confirmed and session.asks_who_comes <= clock.now() < session.starts,
        "outcome": RELEASED.get(registration.release_reason),
    }
    return private(render(request, "participants/coming.html", context, status=status))
