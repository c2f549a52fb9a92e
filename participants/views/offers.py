"""A seat that is offered: taken or let go with one press, from the mail's link or from one's own page."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_variables

from participants.models import Registration
from participants.operations import offers
from participants.operations.refusals import Refused
from participants.outcomes import outcome_of
from participants.views.chosen import chosen
from participants.views.links import answered, private
from participants.views.refusals import in_full
from portal import clock

ANSWERS = {"yes": offers.accept, "no": offers.decline}


@login_not_required
@sensitive_variables("token")
def offer(request: HttpRequest, token: str) -> HttpResponse:
    """Say which seat is offered until when, and take the answer of whoever holds the link."""
    return answered(request, token, name="offer", registration=offers.find(token), answers=ANSWERS, show=_show)


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
        messages.error(request, in_full(refusal))
    return redirect("my_page")


def _show(request: HttpRequest, registration: Registration, *, status: int) -> HttpResponse:
    until, now = registration.offered_until, clock.now()
    context = {
        "registration": registration,
        "session": registration.session,
        "is_open": registration.place == Registration.Place.OFFERED and until is not None and now < until,
        "outcome": outcome_of(registration, now=now),
    }
    return private(render(request, "participants/offer.html", context, status=status))
