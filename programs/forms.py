"""What somebody types to learn whether they may take part. The form normalises and validates; it decides nothing."""

from django import forms
from django.utils.translation import gettext_lazy as _

from participants.fields import BirthDateField, RegionField


class EligibilityForm(forms.Form):
    """Two questions, asked of a stranger: the fields of the registration form, so that both read a date alike."""

    birth_date = BirthDateField(label=_("Tanggal lahir"))
    region = RegionField(label=_("Wilayah terdekat"))
