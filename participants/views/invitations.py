"""The page behind the link of an invitation to the workplace, or of a new password: it is set there, once."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.password_validation import validate_password
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from participants.models import Invitation
from participants.operations import invitations
from participants.operations.refusals import Refused
from participants.views.links import private
from portal import clock
from portal.accounts import staff_gate
from portal.accounts.models import User


class PasswordForm(forms.Form):
    """A password, typed twice, for the account of an invitation."""

    password = forms.CharField(
        label=_("Kata sandi"),
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        help_text=_("Sedikitnya 12 karakter. Kalimat pendek mudah diingat dan sulit ditebak."),
    )
    again = forms.CharField(
        label=_("Kata sandi sekali lagi"), strip=False, widget=forms.PasswordInput({"autocomplete": "new-password"})
    )

    def __init__(self, *args: Any, account: User, **options: Any) -> None:
        super().__init__(*args, **options)
        self.account = account

    def clean_password(self) -> str:
        password = self.cleaned_data["password"]
        validate_password(password, self.account)
        return password

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("password") and data.get("password") != data.get("again"):
            self.add_error("again", _("Kedua ketikan berbeda."))
        return data


@login_not_required
@sensitive_post_parameters()
@sensitive_variables("token", "form")
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Say for which regions one is invited, take the password, and lead on to the second factor.

    Whoever has one already is asked for it: a renewed password opens nothing alone.
    """
    found = invitations.find(token)
    if found is None:
        return private(render(request, "participants/invitation_over.html", status=404))
    if not invitations.opens(found, clock.now()):
        return private(render(request, "participants/invitation_over.html", {"over": invitations.InvitationOver()}))
    form = PasswordForm(request.POST if request.method == "POST" else None, account=found.account)
    if not form.is_valid():
        return _show(request, found, form)
    try:
        account = invitations.accept(invitation=found, password=form.cleaned_data["password"], now=clock.now())
    except Refused:
        return private(redirect("staff_invitation", token))
    staff_gate.begin(request, account)
    return private(redirect("admin:index" if found.renews else "mfa_activate_totp"))


def _show(request: HttpRequest, found: Invitation, form: PasswordForm) -> HttpResponse:
    regions = [row.region for row in found.account.coordinations.select_related("region").order_by("region__name")]
    context = {"form": form, "account": found.account, "regions": regions, "renews": found.renews}
    return private(render(request, "participants/invitation.html", context, status=422 if form.is_bound else 200))
