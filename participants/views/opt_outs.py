"""No more of an optional message: one press on the mail's own link, or in the mail program, without a login."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_variables

from participants import addresses, queries
from participants.messages.mails import ONE_CLICK
from participants.models import OptOut
from participants.operations import opt_outs
from participants.operations.refusals import Refused
from participants.views.links import private, unknown
from participants.views.refusals import in_full
from portal import clock
from portal.csrf import comes_from_elsewhere


# Without a token, because mail programs press it too (RFC 8058): they have the link's secret and no page of ours.
@csrf_exempt
@login_not_required
@sensitive_variables("token")
def opt_out(request: HttpRequest, token: str) -> HttpResponse:
    """Ask whoever holds the link, and take the answer; reading changes nothing. A press is answered, never led on."""
    if request.method == "POST" and comes_from_elsewhere(request):
        return private(render(request, "403_csrf.html", status=403))
    choice = opt_outs.find(token)
    if choice is None:
        return unknown(request)
    status, refusal = 200, None
    is_off = choice.pk is not None
    try:
        if request.POST.get("List-Unsubscribe") == ONE_CLICK:
            opt_outs.turn_off(choice, now=clock.now())
            is_off = True
        elif "again" in request.POST:
            opt_outs.turn_on(choice.account, topic=choice.topic, rule=choice.rule)
            is_off = False
        elif request.method == "POST":
            status = 422
    except Refused as no:
        status, refusal = 409, no
    context = {
        "choice": choice,
        "is_off": is_off,
        "is_pressed": request.method == "POST" and status == 200,
        "address": addresses.masked(choice.account.email),
        "one_click": ONE_CLICK,
        "refusal": refusal,
    }
    return private(render(request, "participants/opt_out.html", context, status=status))


def opt_in(request: HttpRequest) -> HttpResponse:
    """Take back, on one's own page, what was turned off."""
    user: Any = request.user
    if request.method == "POST":
        for choice in queries.opt_outs_of(user):
            if str(choice.pk) == request.POST.get("choice"):
                _want_again(request, choice)
    return redirect("my_page")


def _want_again(request: HttpRequest, choice: OptOut) -> None:
    try:
        opt_outs.turn_on(choice.account, topic=choice.topic, rule=choice.rule)
    except Refused as refusal:
        messages.error(request, in_full(refusal))
    else:
        messages.success(request, _("Baik, yang berikutnya kami kirim lagi: %(what)s.") % {"what": choice})
