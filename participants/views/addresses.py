"""One's own addresses: the one to log in with, and a second one for when its mail does not come."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from participants.forms import CodeForm, RecoveryForm
from participants.operations import login_codes, recoveries
from participants.operations.refusals import Refused
from participants.views.door import new_secret, remember, secret
from participants.views.refusals import in_full
from participants.views.typed import come_back, keeps_what_was_typed
from portal import clock, languages
from portal.accounts.models import RecoveryAddress


@keeps_what_was_typed
def addresses(request: HttpRequest) -> HttpResponse:
    """Show both addresses; prove, change or remove the second. Staff have their own way in and nothing here."""
    user: Any = request.user
    if user.is_staff:
        raise Http404
    act = request.POST.get("do", "") if request.method == "POST" else ""
    if act == "ask":
        return _ask(request)
    if act == "prove":
        return _prove(request)
    if act == "remove":
        return _remove(request)
    return redirect("addresses") if act else _show(request)


def _ask(request: HttpRequest) -> HttpResponse:
    form, user = RecoveryForm(request.POST), _user(request)
    if not form.is_valid():
        return _show(request, form=form)
    browser = secret(request) or new_secret()
    machine_now = clock.machine_now()
    try:
        recoveries.ask(
            user=user,
            email=form.cleaned_data["email"],
            browser=browser,
            language=languages.current(),
            machine_now=machine_now,
            now=clock.now(),
        )
    except login_codes.TooManyMails as refusal:
        return come_back(_show(request, form=form, refusal=refusal), at=refusal.retry_at, now=machine_now)
    except Refused as refusal:
        form.add_error("email", in_full(refusal))
        return _show(request, form=form)
    return remember(redirect("addresses"), browser)


def _prove(request: HttpRequest) -> HttpResponse:
    form, machine_now = CodeForm(request.POST), clock.machine_now()
    if not form.is_valid():
        return _show(request, code_form=form)
    try:
        recoveries.prove(
            user=_user(request),
            code=form.cleaned_data["code"],
            browser=secret(request) or "",
            machine_now=machine_now,
            now=clock.now(),
        )
    except login_codes.TooManyGuesses as refusal:
        return come_back(_show(request, code_form=form, refusal=refusal), at=refusal.retry_at, now=machine_now)
    except Refused as refusal:
        return _show(request, code_form=form, refusal=refusal)
    messages.success(request, _("Alamat cadanganmu sudah terpasang. Kami juga mengabari alamat masukmu."))
    return redirect("addresses")


def _remove(request: HttpRequest) -> HttpResponse:
    try:
        removed = recoveries.remove(user=_user(request), now=clock.now())
    except Refused as refusal:
        messages.error(request, in_full(refusal))
        return redirect("addresses")
    if removed:
        messages.success(request, _("Alamat cadanganmu sudah dihapus."))
    return redirect("addresses")


def _show(
    request: HttpRequest,
    *,
    form: RecoveryForm | None = None,
    code_form: CodeForm | None = None,
    refusal: Refused | None = None,
) -> HttpResponse:
    user = _user(request)
    asked = recoveries.newest(user=user, browser=secret(request) or "")
    wrong = form or code_form
    context = {
        "form": form or RecoveryForm(),
        "code_form": code_form or CodeForm(),
        "shown": wrong,
        "refusal": refusal,
        "asked": asked if asked and asked.is_usable(clock.machine_now()) else None,
        "recovery": RecoveryAddress.objects.filter(user=user).first(),
    }
    return render(request, "participants/addresses.html", context, status=422 if wrong else 200)


def _user(request: HttpRequest) -> Any:
    return request.user
