"""A seat that is offered: taken or let go with one press, from the mail's link or from one's own page."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_variables

from participants.models import Registration
from participants.operations import offers
from participants.operations.refusals import Refused
from participants.outcomes import RELEASED
from participants.views.chosen import chosen
from participants.views.links import private, unknown
from portal import clock

ANSWERS = {"yes": offers.accept, "no": offers.decline}


@login_not_required
@sensitive_variables("token")
def offer(request: HttpRequest, token: str) -> HttpResponse:
    """Say which seat is offered until when, and take the answer of whoever holds the link."""
    registration = offers.find(token)
    if registration is None:
        return unknown(request)
    answer = ANSWERS.get(request.POST.get("answer", ""))
    if request.method != "POST" or answer is None:
        return _show(request, registration, status=422 if request.method == "POST" else 200)
    with suppress(Refused):  # the page says what became of the offer
        answer(registration=registration, now=clock.now())
    return private(redirect("offer", token))


def accept_offer(request: HttpRequest) -> HttpResponse:
    """Take the offered seat, from one's own page."""
    return _answered(request, offers.accept)


def decline_offer(request: HttpRequest) -> HttpResponse:
    """Let go of the offered seat, from one's own page."""
    return _answered(request, offers.decline)


def _answered(request: HttpRequest, answer: Callable[..., Registration]) -> HttpResponse:
    if request.method != "POST":  # back from the door, where the login had to be renewed
        return redirect("my_page")
    try:
        answer(registration=chosen(request), now=clock.now())
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("my_page")


def _show(request: HttpRequest, registration: Registration, *, status: int) -> HttpResponse:
    until = registration.offered_until
    context = {
        "registration": registration,
        "session": registration.session,
        "is_open": registration.place == Registration.Place.OFFERED and until is not None and clock.now() < until,
        "outcome": RELEASED.get(registration.release_reason),
    }
    return private(render(request, "participants/offer.html", context, status=status))
