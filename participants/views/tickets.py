"""The ticket, and the small worker that keeps it on the phone for when there is no network."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from participants.documents import tickets
from participants.forms import TicketForm
from participants.models import Registration
from participants.operations import ticket_changes
from participants.operations.refusals import Refused
from participants.views.chosen import chosen
from portal import clock


@require_safe
def ticket(request: HttpRequest) -> HttpResponse:
    """The ticket of a confirmed registration; 404 with the reason before the guardian's yes and after a release."""
    registration = chosen(request)
    context: dict[str, Any] = {"registration": registration, "session": registration.session}
    if not registration.is_confirmed:
        return render(request, "participants/ticket_gone.html", context, status=404)
    context |= {
        "code": tickets.short_code(registration),
        "qr_code": tickets.qr_code(tickets.ticket_text(registration)),
        "now": clock.now(),
    }
    return render(request, "participants/ticket.html", context)


def ticket_replace(request: HttpRequest) -> HttpResponse:
    """Ask whether it is meant; then give another ticket in the place of the one that the page showed."""
    registration, form = chosen(request), TicketForm(request.POST if request.method == "POST" else None)
    try:
        if not form.is_valid():
            ticket_changes.check(registration, now=clock.now())
            return _ask_whether_to_replace(request, registration)
        ticket_changes.replace(registration=registration, old=form.cleaned_data["old"], by=None, now=clock.now())
    except Refused as refusal:
        return _ask_whether_to_replace(request, registration, refusal)
    messages.success(request, _("Tiketmu sudah diganti. Yang lama ditolak di pintu; buka dan simpan yang baru."))
    return redirect("my_page")  # which also drops the copy of the old one from this phone


def _ask_whether_to_replace(
    request: HttpRequest, registration: Registration, refusal: Refused | None = None
) -> HttpResponse:
    """The question, or in its place why it cannot be asked."""
    context = {
        "registration": registration,
        "session": registration.session,
        "code": tickets.short_code(registration),
        "refusal": refusal,
    }
    return render(request, "participants/ticket_replace.html", context, status=409 if refusal else 200)


@login_not_required
@require_safe
def ticket_worker(request: HttpRequest) -> HttpResponse:
    """The service worker's script, from beside the ticket, since a worker serves only what is below its own address."""
    return HttpResponse(_worker(), content_type="text/javascript; charset=utf-8")


@cache
def _worker() -> bytes:
    return (settings.ROOT / "static" / "js" / "ticket_worker.js").read_bytes()
