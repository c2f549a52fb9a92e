"""The door's other way in: Google says whose address it is. There only where both keys are set (README)."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from participants.addresses import NotAnAddress, normal
from participants.operations import proven_addresses
from participants.operations.refusals import Refused
from participants.views.door import destination, enter, goal_of, send_back
from participants.views.refusals import GoogleAnswerLost, GoogleAway, GoogleCancelled
from portal import clock
from portal.accounts import google as at_google

PROBLEMS = {
    at_google.CANCELLED: GoogleCancelled,
    at_google.AWAY: GoogleAway,
    at_google.LOST: GoogleAnswerLost,
}


@login_not_required
@require_POST
@sensitive_post_parameters()
def google(request: HttpRequest) -> HttpResponse:
    """Lead to Google; where to go on, the language and what was typed wait in the session for the way back."""
    if request.user.is_authenticated:
        return redirect(destination(request))
    typed = request.POST.get("email", "")[:254]
    started = {"goal": goal_of(request), "typed": typed, "language": translation.get_language()}
    try:
        hint = normal(typed)
    except NotAnAddress:
        hint = ""
    return at_google.begin(request, started, hint=hint)


@login_not_required
@require_safe
def google_callback(request: HttpRequest) -> HttpResponse:
    """Come back from Google: in, or to the door with why not. What the browser brings counts once and in it alone."""
    answer = at_google.answer(request)
    language = answer.started.get("language") or settings.LANGUAGE_CODE
    goal = answer.started.get("goal", "")
    with translation.override(language):
        if request.user.is_authenticated and answer.problem:  # back or reload, after success
            return redirect(goal or reverse("my_page"))
        try:
            if answer.problem:
                raise PROBLEMS[answer.problem]
            user = proven_addresses.enter(
                email=answer.email, is_proven=answer.is_proven, language=language, now=clock.now()
            )
        except Refused as refusal:
            return send_back(request, refusal, email=answer.started.get("typed", "") or answer.email, goal=goal)
        enter(request, user)
        return redirect(goal or reverse("my_page"))
