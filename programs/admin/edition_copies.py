"""The next edition, planned from one that stands: every date, seat and place of its sessions on one form."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from copy import copy
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple, cast

import holidays
from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.forms import BoundField
from django.http import QueryDict
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from participants.fields import TextField
from programs.edition_copies import SessionPlan, described, sessions_of
from programs.edition_files import CLOSES_FIRST, Edition, WrongEdition, judged
from programs.models import Program, TrainingSession
from programs.models.programs import WESTERNMOST
from programs.queries import clashes

KEEP, LATER = "keep", "later"
MINUTE = "%Y-%m-%dT%H:%M"  # as a browser's field holds it
SATURDAY = 5
FAR = [MinValueValidator(date(1900, 1, 1)), MaxValueValidator(date(2200, 1, 1))]  # of a date that is counted on from
GENERAL = (
    *("name_id", "name_en", "slug", "first_day", "registration_opens", "closes_days_before", "closes_at"),
    *("born_from", "born_until", "daily_start", "daily_end"),
)
BESIDE = {"daily_hours": "daily_end", "days_before": "closes_days_before", "at": "closes_at"}
IN_WORDS = {
    CLOSES_FIRST: gettext_lazy("Di sesi ini pendaftaran ditutup sebelum dibuka."),
    "born_until": gettext_lazy("Ini lebih awal daripada tanggal lahir paling awal."),
    "daily_hours": gettext_lazy("Harinya selesai sebelum mulai."),
}


class Row(NamedTuple):
    """One session on the form: its fields, and what should be looked at on its days."""

    session: TrainingSession
    fields: list[BoundField]
    notes: list[str]


class EditionCopyForm(forms.Form):
    """A new edition as it is to be. `edition` is what came of it, judged as a file is, once the form is valid.

    All that is wrong is said at once. What can be meant and should be looked at (a weekend, a holiday, dates that
    followed the first day) asks for a second press.
    """

    laid_out = forms.DateField(required=False, widget=forms.HiddenInput, validators=FAR)
    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    name_id = TextField(label=gettext_lazy("Nama (Indonesia)"), max_length=120)
    name_en = TextField(label=gettext_lazy("Nama (Inggris)"), max_length=120)
    slug = forms.RegexField(
        label=gettext_lazy("Nama pendek"),
        regex=r"^[a-z0-9]+(-[a-z0-9]+)*$",
        max_length=60,
        help_text=gettext_lazy("Huruf kecil, angka, dan tanda hubung, misalnya gig-ai-2026-01."),
        error_messages={"invalid": gettext_lazy("Pakai huruf kecil, angka, dan tanda hubung saja.")},
    )

    def __init__(self, *args: Any, source: Program, now: datetime, **options: Any) -> None:
        super().__init__(*args, **options)
        self.source, self.sessions = source, sessions_of(source)
        self.source_first = min(session.first_day for session in self.sessions)
        self.followed = 0
        self.notes: dict[int, list[str]] = {}
        self.edition: Edition | None = None
        self.fields["name_id"].initial, self.fields["name_en"].initial = source.name_id, source.name_en
        first = self._proposed(now)
        self._ask("first_day", _day_field(_("Hari pertama gelombang pertama"), first))
        self.fields["first_day"].help_text = _(
            "Semua sesi dan pembukaan pendaftaran bergeser sejauh ini; tiap tanggal bisa diubah di bawah."
        )
        self.fields["laid_out"].initial = first
        opens = forms.DateTimeField(label=_("Pendaftaran dibuka (WIB)"), initial=self._opens(first))
        opens.widget = forms.DateTimeInput({"type": "datetime-local"}, format=MINUTE)
        self._ask("registration_opens", opens)
        days_before = forms.IntegerField(min_value=0, max_value=60, initial=source.closes_days_before)
        days_before.label = _("Ditutup berapa hari sebelum hari pertama")
        self._ask("closes_days_before", days_before)
        self._ask("closes_at", _hour_field(_("Ditutup pukul"), source.closes_at))
        self.fields["closes_at"].help_text = _("Waktu setempat wilayah sesi.")
        self._ask("born_from", _day_field(_("Lahir paling awal"), source.born_from))
        self._ask("born_until", _day_field(_("Lahir paling akhir"), source.born_until))
        self._ask("daily_start", _hour_field(_("Mulai harian"), source.daily_start))
        self._ask("daily_end", _hour_field(_("Selesai harian"), source.daily_end))
        for session in self.sessions:
            self._ask_of(session, first)

    def _ask(self, name: str, field: forms.Field) -> None:
        self.fields[name] = field

    def _ask_of(self, session: TrainingSession, first: date) -> None:
        is_on = session.status == TrainingSession.Status.PUBLISHED
        self._ask(f"take_{session.pk}", forms.BooleanField(label=_("Ikut"), required=False, initial=is_on))
        self._ask(f"first_{session.pk}", _day_field(_("Hari pertama"), self._moved(session, first)))
        seats = forms.IntegerField(label=_("Kapasitas"), min_value=1, max_value=100_000, initial=session.capacity)
        self._ask(f"seats_{session.pk}", seats)
        choices = [(KEEP, session.venue.title), (LATER, _("Tempat menyusul"))]
        self._ask(f"venue_{session.pk}", forms.ChoiceField(label=_("Tempat"), choices=choices, initial=KEEP))

    def general(self) -> list[BoundField]:
        return [self[name] for name in GENERAL]

    def rows(self) -> Iterator[Row]:
        for session in self.sessions:
            names = [f"{what}_{session.pk}" for what in ("take", "first", "seats", "venue")]
            notes = self.notes.get(session.pk) or _days_off(self._plan(session).days)
            yield Row(session, [self[name] for name in names], notes)

    def clean_slug(self) -> str:
        slug = self.cleaned_data["slug"]
        if Program.objects.filter(slug=slug).exists():
            raise forms.ValidationError(_("Nama pendek ini sudah dipakai edisi lain."))
        return slug

    def clean_name_id(self) -> str:
        return self._own_name("name_id")

    def clean_name_en(self) -> str:
        return self._own_name("name_en")

    def _own_name(self, field: str) -> str:
        name = str(self.cleaned_data[field])
        if Program.objects.filter(**{f"{field}__iexact": name}).exists():
            raise forms.ValidationError(_("Nama ini milik edisi lain. Tulis nama edisi yang baru."))
        return name

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        self._follow(data)
        plans = [self._plan(session) for session in self.sessions if data.get(f"take_{session.pk}")]
        if not plans:
            self.add_error(None, _("Pilih setidaknya satu sesi."))
            return data
        tables = described(self._program(plans), plans)
        try:
            self.edition = judged(tables)
        except WrongEdition as error:
            for place, sentence in error.problems:
                self._say(place, sentence, tables, plans)
        self._keep_apart(plans)
        self.notes = {plan.session.pk: _days_off(plan.days) for plan in plans}
        if not self.errors:
            self._show_first(data)
        if self.followed:
            self.add_error(None, _("Tanggal lain mengikuti hari pertama. Periksa, lalu tekan sekali lagi."))
        return data

    def _proposed(self, now: datetime) -> date:
        """The first day, whole weeks after the source's, that lies after the source and ahead."""
        after = max(now.astimezone(WESTERNMOST).date(), *(session.last_day for session in self.sessions))
        return self.source_first + timedelta(weeks=(after - self.source_first).days // 7 + 1)

    def _moved(self, session: TrainingSession, first: date) -> date:
        return session.first_day + (first - self.source_first)

    def _opens(self, first: date) -> datetime:
        return self.source.registration_opens + (first - self.source_first)

    def _follow(self, data: dict[str, Any]) -> None:
        """Let the dates that nobody typed follow another first day: those of sessions, and when registration opens."""
        shown, first = data.get("laid_out"), data.get("first_day")
        if not shown or not first or shown == first:
            return
        sent = cast(QueryDict, self.data).copy()
        sent["laid_out"] = first.isoformat()
        if data.get("registration_opens") == self._opens(shown):
            data["registration_opens"] = self._opens(first)
            sent["registration_opens"] = f"{timezone.localtime(data['registration_opens']):{MINUTE}}"
            self.followed += 1
        for session in self.sessions:
            name = f"first_{session.pk}"
            if data.get(name) == self._moved(session, shown):
                data[name] = self._moved(session, first)
                sent[name] = data[name].isoformat()
                self.followed += 1
        self.data = sent

    def _value(self, name: str) -> Any:
        """What was typed, or where that is none what was proposed: so the rest can be judged as well."""
        typed = getattr(self, "cleaned_data", {}).get(name)
        return self.get_initial_for_field(self.fields[name], name) if typed is None else typed

    def _plan(self, session: TrainingSession) -> SessionPlan:
        of = {what: self._value(f"{what}_{session.pk}") for what in ("first", "seats", "venue")}
        return SessionPlan(session, of["first"], of["seats"], keeps_venue=of["venue"] == KEEP)

    def _program(self, plans: list[SessionPlan]) -> Program:
        """The source with what the form says, saved nowhere."""
        program, days = copy(self.source), [day for plan in plans for day in plan.days]
        for name in GENERAL:
            if name != "first_day":
                setattr(program, name, self._value(name) or getattr(self.source, name))
        moved = self._value("first_day") - self.source_first
        program.closes_days_before = self._value("closes_days_before")
        program.starts_on = min([self.source.starts_on + moved, *days])
        program.ends_on = max([self.source.ends_on + moved, *days])
        return program

    def _say(self, place: tuple[Any, ...], sentence: str, tables: dict[str, Any], plans: list[SessionPlan]) -> None:
        """Say what is wrong at `place` of the file beside the fields it came from, unless they are wrong already."""
        names: list[str] = []
        key = next((part for part in reversed(place) if isinstance(part, str)), "")
        if place[0] == "waves":
            if {"first_day", "registration_opens"} & self.errors.keys():
                return
            wave = tables["waves"][place[1]]["name"]
            regions = zip(plans, tables["regions"], strict=True)
            names = [f"first_{plan.session.pk}" for plan, region in regions if region["wave"] == wave]
        elif place[0] == "program" and BESIDE.get(key, key) in self.fields:
            names = [BESIDE.get(key, key)]
        words = next((said for end, said in IN_WORDS.items() if key == end or sentence.endswith(end)), None)
        for name in names:
            if name not in self.errors:
                self.add_error(name, words or sentence)
        if not names:
            self.add_error(None, f"{'.'.join(str(part) for part in place)}: {sentence}")

    def _keep_apart(self, plans: list[SessionPlan]) -> None:
        """No region has two sessions on one day, of whatever edition."""
        for clash in clashes({plan.session.region_id: plan.days for plan in plans}):
            facts = {"day": date_format(clash.date, "j F Y"), "edition": clash.program}
            for plan in plans:
                name = f"first_{plan.session.pk}"
                if plan.session.region_id == clash.region_id and not {name, "first_day"} & self.errors.keys():
                    self.add_error(name, _("Wilayah ini sudah punya sesi pada %(day)s (%(edition)s).") % facts)

    def _show_first(self, data: dict[str, Any]) -> None:
        """Ask for a second press where a day off should be looked at."""
        said = sorted((name, str(value)) for name, value in data.items() if name not in ("seen", "laid_out"))
        digest = hashlib.sha256(repr(said).encode()).hexdigest()
        if data.get("seen") == digest or not any(self.notes.values()):
            return
        sent = cast(QueryDict, self.data).copy()
        sent["seen"] = digest
        self.data = sent
        self.add_error(None, _("Ada hari di akhir pekan atau hari libur. Periksa, lalu tekan sekali lagi."))


def _days_off(days: list[date]) -> list[str]:
    """Which of the days is a weekend or a holiday, in words."""
    language = "en_US" if get_language() == "en" else "id"
    known = holidays.country_holidays("ID", language=language, categories=("public", "government"))
    return [
        f"{date_format(day, 'l, j F Y')}{': ' if day in known else ''}{known.get(day, '')}"
        for day in days
        if day.weekday() >= SATURDAY or day in known
    ]


def _day_field(label: str, initial: date) -> forms.DateField:
    widget = forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, widget=widget, initial=initial, validators=FAR)


def _hour_field(label: str, initial: Any) -> forms.TimeField:
    return forms.TimeField(label=label, widget=forms.TimeInput({"type": "time"}, format="%H:%M"), initial=initial)
