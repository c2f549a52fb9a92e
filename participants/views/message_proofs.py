"""Whether a message is from us: the code at its foot tells, to whoever types it."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from participants.forms import MessageCodeForm
from participants.operations import message_proofs
from participants.views.typed import come_back
from portal import clock
from portal.accounts.networks import network_of


@login_not_required
@require_safe
def message_proof(request: HttpRequest) -> HttpResponse:
    """Ask for a message's code; say what was sent under it, when, and to which masked address. It changes nothing.

    Of who tries many codes only that is remembered, for minutes.
    """
    form = MessageCodeForm(request.GET if "code" in request.GET else None)
    context = {"form": form, "wrong": [form] if form.errors else [], "heading": _("Periksa lagi kodenya")}
    if form.is_valid():
        machine_now = clock.machine_now()
        try:
            message = message_proofs.look_up(
                code=form.cleaned_data["code"], network=network_of(request), machine_now=machine_now
            )
        except message_proofs.TooManyTries as refusal:
            page = render(request, "participants/message_proof.html", context | {"refusal": refusal})
            return come_back(page, at=refusal.retry_at, now=machine_now)
        context |= {"is_asked": True, "message": message}
        context["address"] = message_proofs.sent_to(message) if message else ""
    return render(request, "participants/message_proof.html", context, status=422 if form.errors else 200)
