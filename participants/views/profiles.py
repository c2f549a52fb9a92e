"""One's own data: what may be changed, what is fixed and who puts it right."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from participants.forms import AdultForm, ContactForm, PersonForm
from participants.models import Participant
from participants.operations import profiles
from participants.operations.refusals import Refused
from participants.views.typed import keeps_what_was_typed
from portal import clock


@keeps_what_was_typed
def profile(request: HttpRequest) -> HttpResponse:
    """Change one's own data, as far as it is free; what is fixed is read, with the way to have it put right."""
    participant = Participant.objects.select_related("region").filter(user=request.user).first()
    if participant is None or participant.is_erased:
        return redirect("my_page")
    sent = request.POST if request.method == "POST" else None
    shown = _forms(participant, profiles.freedom(participant=participant, now=clock.now()), sent)
    if sent is None or not all(form.is_valid() for form in shown):
        return _show(request, participant, sent)
    said = {name: value for form in shown for name, value in form.cleaned_data.items()}
    try:
        profiles.change(participant=participant, now=clock.now(), **said)
    except Refused as refusal:
        return _show(request, participant, sent, refusal)
    messages.success(request, _("Datamu sudah diperbarui."))
    return redirect("my_page")


def _forms(participant: Participant, may: profiles.Freedom, sent: Any) -> list[forms.Form]:
    """Those that may be filled in at this moment."""
    rest = (AdultForm if may.is_open else ContactForm) if may.asks_rest else None
    asked = [form for form in (PersonForm if may.is_open else None, rest) if form]
    known = {name: getattr(participant, name) for form in asked for name in form.base_fields if name != "region"}
    return [form(sent, initial=known | {"region": participant.region_id}) for form in asked]


def _show(request: HttpRequest, participant: Participant, sent: Any, refusal: Refused | None = None) -> HttpResponse:
    may = profiles.freedom(participant=participant, now=clock.now())
    shown = _forms(participant, may, sent)
    wrong = [form for form in shown if form.is_bound and form.errors]
    context = {
        "participant": participant,
        "may": may,
        "fields": [field for form in shown for field in form],
        "wrong": wrong,
        "refusal": refusal,
        "code": profiles.WRONG_DATA,
    }
    return render(request, "participants/profile.html", context, status=422 if wrong or refusal else 200)
