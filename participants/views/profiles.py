"""One's own data: what may be changed, what is fixed and who puts it right, and a file of everything that is held."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import auth, messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from participants.exports.own_data import own_data as exported
from participants.forms import AdultForm, ContactForm, PersonForm
from participants.models import Participant
from participants.operations import profiles
from participants.operations.refusals import Refused
from participants.views.typed import keeps_what_was_typed
from portal import clock, languages

RECENT = timedelta(hours=1)  # since the code was typed; machine time


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
        profiles.change(participant=participant, language=languages.current(), now=clock.now(), **said)
    except Refused as refusal:
        return _show(request, participant, sent, refusal)
    messages.success(request, _("Datamu sudah diperbarui."))
    return redirect("my_page")


def own_data(request: HttpRequest) -> HttpResponse:
    """A file of everything that is held about oneself, for whoever has typed a code within the last hour."""
    if request.method != "POST":  # back from the door, where the login had to be renewed
        return redirect("my_page")
    user: Any = request.user
    if not _has_just_entered(request):
        auth.logout(request)
        return redirect_to_login(reverse("my_page"))
    file = exported(user=user, login_until=request.session.get_expiry_date(), now=clock.now())
    response = JsonResponse(file, json_dumps_params={"indent": 2, "ensure_ascii": False})
    response.headers["Content-Disposition"] = 'attachment; filename="data-saya.json"'
    return response


def _has_just_entered(request: HttpRequest) -> bool:
    """Whether an address was proven in this very session within the hour; staff by their own door, when they came."""
    user: Any = request.user
    came = user.last_login.timestamp() if user.last_login else 0.0
    return clock.machine_now().timestamp() - request.session.get("door", came) <= RECENT.total_seconds()


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
        "heading": _("Belum tersimpan"),
        "refusal": refusal,
        "code": profiles.WRONG_DATA,
    }
    return render(request, "participants/profile.html", context, status=422 if wrong or refusal else 200)
