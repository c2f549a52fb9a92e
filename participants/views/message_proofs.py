"""Whether a message is from us: the code at its foot tells, to whoever types it."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from participants import addresses, queries
from participants.forms import MessageCodeForm
from participants.messages.mails import recipient


@login_not_required
@require_safe
def message_proof(request: HttpRequest) -> HttpResponse:
    """Ask for a message's code; say what was sent under it, when, and to which masked address. It changes nothing."""
    form = MessageCodeForm(request.GET if "code" in request.GET else None)
    context = {"form": form, "wrong": [form] if form.errors else []}
    if form.is_valid():
        message = queries.message_with_code(form.cleaned_data["code"])
        context |= {"is_asked": True, "message": message}
        context["address"] = addresses.masked(recipient(message)[0]) if message else ""
    return render(request, "participants/message_proof.html", context, status=422 if form.errors else 200)
