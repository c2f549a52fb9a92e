"""What staff fill in about a whole session: its seats, its days and venue, and the word that cancels it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from participants.fields import TextField
from participants.operations import sessions
from programs.admin.conflicts import CarefulForm
from programs.models import TrainingSession, Venue


class CapacityForm(CarefulForm):
    capacity = forms.IntegerField(label=_("Kapasitas"), min_value=0, max_value=100_000)


class ScheduleForm(CarefulForm):
    """The session's days and venue; one row of fields for each day that the session has."""

    venue = forms.ModelChoiceField(label=_("Tempat"), queryset=Venue.objects.none(), empty_label=None)

    def __init__(self, *args: Any, session: TrainingSession, **options: Any) -> None:
        super().__init__(*args, **options)
        self.days = list(session.days.all())
        self.fields["venue"].queryset = Venue.objects.filter(region=session.region)  # type: ignore[attr-defined]
        self.fields["venue"].initial = session.venue
        for day in self.days:
            date = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
            hour = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")  # as browsers want it, in every language
            name = _("Hari %(number)s") % {"number": day.number}
            self.fields[f"date_{day.number}"] = forms.DateField(label=name, widget=date, initial=day.date)
            self.fields[f"starts_{day.number}"] = forms.TimeField(label=_("mulai"), widget=hour, initial=day.starts_at)
            self.fields[f"ends_{day.number}"] = forms.TimeField(label=_("selesai"), widget=hour, initial=day.ends_at)

    def planned(self) -> list[sessions.Day]:
        data = self.cleaned_data
        return [
            sessions.Day(data[f"date_{day.number}"], data[f"starts_{day.number}"], data[f"ends_{day.number}"])
            for day in self.days
        ]


class ConfirmForm(forms.Form):
    """A word to be typed before something that cannot be taken back."""

    word = forms.CharField(label=_("Konfirmasi"))
    why = TextField(
        label=_("Alasan (dibaca peserta)"),
        max_length=200,
        required=False,
        help_text=_("Ikut di surat kepada peserta dan walinya, dan di halaman peserta."),
        widget=forms.TextInput({"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, word: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.wanted = word
        self.fields["word"].help_text = _("Ketik %(word)s untuk membatalkan.") % {"word": word}

    def clean_word(self) -> str:
        if " ".join(self.cleaned_data["word"].split()) != self.wanted:
            raise forms.ValidationError(_("Ketikannya berbeda. Tidak ada yang dibatalkan."))
        return self.wanted
