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
from participants.operations import opt_outs
from participants.views.links import private, unknown
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
    is_understood = request.method != "POST"
    if request.POST.get("List-Unsubscribe") == ONE_CLICK:
        opt_outs.turn_off(choice, now=clock.now())
        is_understood, is_off = True, True
    elif "again" in request.POST:
        opt_outs.turn_on(choice.account, topic=choice.topic, rule=choice.rule)
        is_understood, is_off = True, False
    else:
        is_off = choice.pk is not None
    context = {
        "choice": choice,
        "is_off": is_off,
        "is_pressed": is_understood and request.method == "POST",
        "address": addresses.masked(choice.account.email),
        "one_click": ONE_CLICK,
    }
    return private(render(request, "participants/opt_out.html", context, status=200 if is_understood else 422))


def opt_in(request: HttpRequest) -> HttpResponse:
    """Take back, on one's own page, what was turned off."""
    user: Any = request.user
    if request.method == "POST":
        for choice in queries.opt_outs_of(user):
            if str(choice.pk) == request.POST.get("choice"):
                opt_outs.turn_on(user, topic=choice.topic, rule=choice.rule)
                messages.success(request, _("Baik, yang berikutnya kami kirim lagi: %(what)s.") % {"what": choice})
    return redirect("my_page")
