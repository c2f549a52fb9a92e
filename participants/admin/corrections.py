"""The form by which staff put a wrong name or birth date right."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from participants.fields import AddressField, BirthDateField, NameField
from programs.admin.conflicts import CarefulForm


class CorrectionForm(CarefulForm):
    """What is right, and whom to ask where somebody turns out to be a minor."""

    full_name = NameField(
        required=False,
        label=_("Nama lengkap"),
        help_text=_("Yang dikosongkan tidak berubah."),
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    birth_date = BirthDateField(
        required=False, label=_("Tanggal lahir"), widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )
    guardian_email = AddressField(
        required=False,
        label=_("Alamat email wali"),
        help_text=_("Hanya kalau dengan tanggal ini orangnya belum dewasa menurut edisinya dan walinya belum setuju."),
        widget=forms.EmailInput({"autocomplete": "off"}),
    )

    def said(self) -> dict[str, Any]:
        """What is to be put right, as `profiles.correct` takes it."""
        return {name: self.cleaned_data[name] for name in ("full_name", "birth_date", "guardian_email")}
