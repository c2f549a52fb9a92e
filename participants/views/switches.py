"""Moving to another session: choose one that has a seat, read what changes, press once."""

from __future__ import annotations

import uuid
from typing import NamedTuple

from django.contrib import messages
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from participants import queries
from participants.forms import SwitchForm
from participants.models import Registration
from participants.operations import beginnings, switches
from participants.operations.refusals import Refused
from participants.views.chosen import chosen
from participants.views.refusals import BusyMoving
from participants.views.typed import come_back, keeps_what_was_typed
from portal import clock
from programs import pages
from programs.models import TrainingSession
from programs.queries import Offer, OfferState


class NothingChosen(Refused):
    code = "nothing_chosen"
    sentence = gettext_lazy("Kamu belum memilih sesi.")
    remedy = gettext_lazy("Pilih salah satu di bawah ini.")


class Choices(NamedTuple):
    """Where somebody can go: in their own region, and elsewhere by zone."""

    near: list[Offer]
    zones: list[pages.Zone]


@keeps_what_was_typed
def switch(request: HttpRequest) -> HttpResponse:
    """List where one can go; with `ke`, ask whether it is meant; then go."""
    registration = chosen(request)
    if request.method != "POST":
        if not registration.is_live:
            return redirect("my_page")
        try:
            beginnings.check(registration, now=clock.now())
        except beginnings.AlreadyBegun as refusal:
            return _list(request, registration, refusal, status=200)
        return _confirm(request, registration) if "ke" in request.GET else _list(request, registration)
    form = SwitchForm(request.POST)
    if not form.is_valid():
        return _list(request, registration, NothingChosen())
    session = _session(registration, form.cleaned_data["ke"])
    try:
        switches.switch(
            registration=registration, session=session, form_key=form.cleaned_data["form_key"], now=clock.now()
        )
    except switches.TooManySwitches as refusal:
        page = _list(request, registration, refusal)
        return come_back(page, at=refusal.retry_at, now=clock.now())
    except beginnings.AlreadyBegun as refusal:  # of the session that one is in, not of the one chosen
        return _list(request, registration, refusal)
    except Refused as refusal:
        return _list(request, registration, refusal, wanted=session)
    except OperationalError:  # a session's row was not to be had within `lock_timeout`
        response = _list(request, registration, BusyMoving(), status=503)
        response.headers["Retry-After"] = "5"
        return response
    messages.success(request, _("Kamu sudah pindah ke %(city)s.") % {"city": session.region.city})
    return redirect("my_page")


def _list(
    request: HttpRequest,
    registration: Registration,
    refusal: Refused | None = None,
    *,
    wanted: TrainingSession | None = None,
    status: int = 422,
) -> HttpResponse:
    """Where one can go. A refusal is about the session `wanted`, or about the one that one is in."""
    has_begun = isinstance(refusal, beginnings.AlreadyBegun)
    choices = None if has_begun else _choices(registration)
    context = {
        "registration": registration,
        "session": registration.session,
        "name": str(registration.public_id),
        "choices": choices,
        "can_wait": bool(choices) or has_begun or queries.can_still_switch(registration, now=clock.now()),
        "refusal": refusal,
        "wanted": wanted or registration.session,
    }
    return render(request, "participants/switch.html", context, status=status if refusal else 200)


def _choices(registration: Registration) -> Choices | None:
    """The sessions that one can go to; None where there is none."""
    near, elsewhere = queries.sessions_to_switch_to(registration, now=clock.now())
    offers = [[Offer(session, OfferState.OPEN) for session in sessions] for sessions in (near, elsewhere)]
    return Choices(offers[0], pages.by_zone(offers[1])) if near or elsewhere else None


def _confirm(request: HttpRequest, registration: Registration) -> HttpResponse:
    session = _session(registration, request.GET["ke"])
    if not session.seats_left:
        return _list(request, registration, switches.SessionFull(), wanted=session, status=200)
    form = SwitchForm(initial={"form_key": uuid.uuid4(), "ke": session.slug})
    context = {
        "registration": registration,
        "left": registration.session,
        "session": session,
        "form": form,
        "has_queue": Registration.objects.queued().filter(session=registration.session_id).exists(),
    }
    return render(request, "participants/switch_confirm.html", context)


def _session(registration: Registration, slug: str) -> TrainingSession:
    rows = TrainingSession.objects.published().with_places().filter(program=registration.program_id)
    return get_object_or_404(rows, slug=slug)
