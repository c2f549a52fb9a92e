"""Are you still coming? Answered with one press, from the mail's link or from one's own page."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from participants.models import Registration
from participants.operations import comings
from participants.operations.refusals import Refused
from participants.outcomes import outcome_of
from participants.views.chosen import chosen
from participants.views.links import answered, private
from participants.views.refusals import in_full
from portal import clock

ANSWERS = {"yes": partial(comings.answer, comes=True), "no": partial(comings.answer, comes=False)}


@login_not_required
@sensitive_variables("token")
def coming(request: HttpRequest, token: str) -> HttpResponse:
    """Ask whoever holds the link, and take the answer; a yes can still become a no until the first day begins."""
    registration = comings.find(token)
    if registration and _gives_up_for_good(request, registration) and "sure" not in request.POST:
        return _show(request, registration, status=200, is_unsure=True)
    return answered(request, token, name="coming", registration=registration, answers=ANSWERS, show=_show)


def answer_coming(request: HttpRequest) -> HttpResponse:
    """Take the answer from one's own page."""
    if request.method != "POST":  # back from the door, where the login had to be renewed
        return redirect("my_page")
    answer = ANSWERS.get(request.POST.get("answer", ""))
    if answer is None:
        return redirect("my_page")
    registration = chosen(request)
    if _gives_up_for_good(request, registration):
        return redirect(f"{reverse('cancel')}?pendaftaran={registration.public_id}")  # that page asks first
    try:
        registration = answer(registration=registration, now=clock.now())
    except Refused as refusal:
        messages.error(request, in_full(refusal))
    else:
        if registration.is_live:
            messages.success(request, _("Terima kasih. Kursimu tetap milikmu; sampai jumpa!"))
    return redirect("my_page")


def _gives_up_for_good(request: HttpRequest, registration: Registration) -> bool:
    """Whether the answer lets go of a seat that nobody gets again, as registration is closed."""
    says_no = request.method == "POST" and request.POST.get("answer") == "no"
    return says_no and registration.is_live and not registration.session.is_open(clock.now())


def _show(request: HttpRequest, registration: Registration, *, status: int, is_unsure: bool = False) -> HttpResponse:
    now = clock.now()
    context: dict[str, Any] = {
        "registration": registration,
        "session": registration.session,
        "is_registration_open": registration.session.is_open(now),
        "is_unsure": is_unsure,
        "closed": None,
        "is_open": True,
        "outcome": outcome_of(registration, now=now),
    }
    try:
        comings.check(registration, now=now)
    except Refused as refusal:
        context |= {"closed": refusal, "is_open": False}
    return private(render(request, "participants/coming.html", context, status=status))
