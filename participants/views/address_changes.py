"""Another login address by oneself, on one page in three short steps: who you are, which address, its code."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from participants.forms import CodeForm, NewAddressForm
from participants.models import LoginCode
from participants.operations import address_changes, login_codes
from participants.operations.refusals import Refused
from participants.views.door import new_secret, remember, secret
from participants.views.typed import come_back, keeps_what_was_typed
from portal import clock, languages

Purpose = LoginCode.Purpose


@keeps_what_was_typed
def address_change(request: HttpRequest) -> HttpResponse:
    """Ask for what is still missing, and take it. Staff have their own way in and nothing here."""
    user: Any = request.user
    if user.is_staff:
        raise Http404
    acts = {"own": _ask_owner, "recovery": _ask_owner, "prove": _prove_owner, "ask": _ask_address, "change": _change}
    act = acts.get(request.POST.get("do", "")) if request.method == "POST" else None
    return act(request, user) if act else _show(request, user)


def _ask_owner(request: HttpRequest, user: Any) -> HttpResponse:
    browser = secret(request) or new_secret()
    try:
        address_changes.ask_owner(user=user, by_recovery=request.POST["do"] == "recovery", **_asking(browser))
    except Refused as refusal:
        return _refused(request, user, refusal)
    return remember(redirect("address_change"), browser)


def _prove_owner(request: HttpRequest, user: Any) -> HttpResponse:
    form = CodeForm(request.POST)
    if not form.is_valid():
        return _show(request, user, code_form=form)
    try:
        address_changes.prove_owner(
            user=user,
            code=form.cleaned_data["code"],
            browser=secret(request) or "",
            machine_now=clock.machine_now(),
        )
    except Refused as refusal:
        return _refused(request, user, refusal, code_form=form)
    return redirect("address_change")


def _ask_address(request: HttpRequest, user: Any) -> HttpResponse:
    form = NewAddressForm(request.POST)
    if not form.is_valid():
        return _show(request, user, form=form)
    try:
        email = form.cleaned_data["email"]
        address_changes.ask_address(user=user, email=email, **_asking(secret(request) or ""))
    except Refused as refusal:
        return _refused(request, user, refusal, form=form)
    return redirect("address_change")


def _change(request: HttpRequest, user: Any) -> HttpResponse:
    form = CodeForm(request.POST)
    if not form.is_valid():
        return _show(request, user, code_form=form)
    try:
        changed = address_changes.change(
            user=user,
            code=form.cleaned_data["code"],
            browser=secret(request) or "",
            machine_now=clock.machine_now(),
            now=clock.now(),
        )
    except Refused as refusal:
        return _refused(request, user, refusal, code_form=form)
    update_session_auth_hash(request, changed.account)  # every other session has ended
    messages.success(request, _("Alamat masukmu sudah diganti. Perangkat lain dikeluarkan, dan alamat lama dikabari."))
    return redirect("addresses")


def _asking(browser: str) -> dict[str, Any]:
    return {
        "browser": browser,
        "language": languages.current(),
        "machine_now": clock.machine_now(),
        "now": clock.now(),
    }


def _refused(request: HttpRequest, user: Any, refusal: Refused, **forms: Any) -> HttpResponse:
    page = _show(request, user, refusal=refusal, **forms)
    if isinstance(refusal, login_codes.TooManyMails):
        return come_back(page, at=refusal.retry_at, now=clock.machine_now())
    return page


def _show(
    request: HttpRequest,
    user: Any,
    *,
    form: NewAddressForm | None = None,
    code_form: CodeForm | None = None,
    refusal: Refused | None = None,
) -> HttpResponse:
    browser, machine_now = secret(request) or "", clock.machine_now()
    proof = address_changes.proof(user=user, browser=browser, machine_now=machine_now)
    purpose = Purpose.ADDRESS if proof else Purpose.OWNER
    asked = address_changes.newest(user=user, browser=browser, purpose=purpose)
    if asked and not (asked.is_usable(machine_now) and (proof is None or asked.pk > proof.pk)):
        asked = None
    wrong = form or code_form
    context = {
        "form": form or NewAddressForm(initial={"email": asked.email} if asked else None),
        "code_form": code_form or CodeForm(),
        "shown": wrong,
        "refusal": refusal,
        "is_proven": proof is not None,
        "asked": asked,
        "recovery": None if proof else address_changes.settled_recovery(user=user, now=clock.now()),
    }
    status = 422 if wrong or refusal else 200
    return render(request, "participants/address_change.html", context, status=status)
