"""The ticket, and the small worker that keeps it on the phone for when there is no network."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from participants.documents import tickets
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


@login_not_required
@require_safe
def ticket_worker(request: HttpRequest) -> HttpResponse:
    """The service worker's script, from beside the ticket, since a worker serves only what is below its own address."""
    return HttpResponse(_worker(), content_type="text/javascript; charset=utf-8")


@cache
def _worker() -> bytes:
    return (settings.ROOT / "static" / "js" / "ticket_worker.js").read_bytes()
