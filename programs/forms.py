"""What somebody types to learn whether they may take part. The form normalises and validates; it decides nothing."""

from django import forms
from django.utils.translation import gettext_lazy as _

from participants.fields import BirthDateField, ChoiceOfRowField
from programs.models import Region


class EligibilityForm(forms.Form):
    """Two questions, asked of a stranger: the fields of the registration form, so that both read a date alike."""

    birth_date = BirthDateField(label=_("Tanggal lahir"))
    region = ChoiceOfRowField(
        Region.objects.order_by("name"),
        label=_("Wilayah terdekat"),
        empty_label=_("Pilih satu"),
        error_messages={"required": _("Pilih wilayahmu."), "invalid_choice": _("Pilih wilayah dari daftar.")},
    )
