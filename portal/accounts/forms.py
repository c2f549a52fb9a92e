"""What allauth's forms of passkeys leave to chance: an answer that is none is refused, whatever it lacks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.webauthn import forms
from django.forms import CharField
from django.utils.translation import gettext_lazy as _


def _read(read: Callable[[], Any]) -> Any:
    """What `read` makes of a browser's answer; a ValidationError where a part of it is missing or of another kind."""
    try:
        return read()
    except (AttributeError, IndexError, KeyError, TypeError) as error:
        raise get_adapter().validation_error("incorrect_code") from error


class AddPasskeyForm(forms.AddWebAuthnForm):
    name = CharField(label=_("Nama"), required=False)

    def clean(self) -> dict[str, Any]:
        return _read(super().clean)


class UsePasskeyForm(forms.AuthenticateWebAuthnForm):
    def clean_credential(self) -> Any:
        return _read(super().clean_credential)


class ProvePasskeyForm(forms.ReauthenticateWebAuthnForm):
    def clean_credential(self) -> Any:
        return _read(super().clean_credential)
