"""A programme edition: what is offered, to whom, when, under which rules."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import models
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

WESTERNMOST = ZoneInfo("Asia/Jakarta")


class ProgramQuerySet(models.QuerySet["Program"]):
    def published(self) -> ProgramQuerySet:
        return self.filter(is_published=True)

    def unfinished(self, now: datetime) -> ProgramQuerySet:
        """Published editions whose last day, as the westernmost zone counts, is not over at `now`; the first first."""
        return self.published().filter(ends_on__gte=now.astimezone(WESTERNMOST).date()).order_by("starts_on", "pk")

    def current(self, now: datetime) -> Program | None:
        """The edition that the home page shows: of those not over the first that opened, else the next to open.

        When all are over, the last one.
        """
        ahead = self.unfinished(now)
        opened = ahead.filter(registration_opens__lte=now)
        return (
            opened.first()
            or ahead.order_by("registration_opens", "pk").first()
            or self.published().order_by("-starts_on", "-pk").first()
        )


class Program(models.Model):
    """One edition of the training programme, for example December 2025, with the rules that hold in it."""

    slug = models.SlugField(max_length=60, unique=True)
    name_id = models.CharField(_("nama (Indonesia)"), max_length=160)
    name_en = models.CharField(_("nama (Inggris)"), max_length=160)
    starts_on = models.DateField(_("mulai"))
    ends_on = models.DateField(_("selesai"))
    days_per_session = models.PositiveSmallIntegerField(_("hari per sesi"))
    seats_per_session = models.PositiveIntegerField(_("kursi per sesi"))
    born_from = models.DateField(_("lahir paling awal"))
    born_until = models.DateField(_("lahir paling akhir"))
    adult_age = models.PositiveSmallIntegerField(
        _("usia dewasa"), help_text=_("Lebih muda dari ini: orang tua atau wali harus menyetujui (UU PDP pasal 25).")
    )
    registration_opens = models.DateTimeField(_("pendaftaran dibuka"))
    closes_days_before = models.PositiveSmallIntegerField(_("ditutup berapa hari sebelum hari pertama"))
    closes_at = models.TimeField(_("ditutup pukul"), help_text=_("Waktu setempat wilayah sesi."))
    guardian_hours = models.PositiveSmallIntegerField(_("jam menunggu wali"))
    offer_hours = models.PositiveSmallIntegerField(
        _("jam menjawab tawaran kursi"), help_text=_("0: kursi yang kosong langsung diberikan kepada antrean terdepan.")
    )
    certificate_min_days = models.PositiveSmallIntegerField(_("hari hadir minimal untuk sertifikat"))
    daily_start = models.TimeField(_("mulai harian"))
    daily_end = models.TimeField(_("selesai harian"))
    hackathon_name = models.CharField(_("hackathon terkait"), max_length=120, blank=True)
    is_published = models.BooleanField(_("tampil"), default=True)
    source_digest = models.CharField(
        max_length=64, blank=True, editable=False, help_text="SHA-256 of the edition file."
    )

    objects = ProgramQuerySet.as_manager()

    class Meta:
        verbose_name = _("edisi program")
        verbose_name_plural = pgettext_lazy("banyak", "edisi program")
        ordering = ["-starts_on"]
        constraints = [
            models.CheckConstraint(
                name="program_ends_after_it_starts", condition=models.Q(ends_on__gte=models.F("starts_on"))
            ),
            models.CheckConstraint(
                name="program_birth_window_in_order", condition=models.Q(born_until__gte=models.F("born_from"))
            ),
            models.CheckConstraint(name="program_offer_at_most_a_day", condition=models.Q(offer_hours__lte=24)),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The name in the language that is being read."""
        return self.name_en if get_language() == "en" else self.name_id

    def admits(self, birth_date: date) -> bool:
        return self.born_from <= birth_date <= self.born_until

    def needs_guardian(self, birth_date: date, *, on: date) -> bool:
        """Whether somebody born on `birth_date` is a minor on the local date `on` (a session's first day)."""
        return age(birth_date, on=on) < self.adult_age

    def adults_born_until(self, *, on: date) -> date:
        """The latest birth date of somebody who is of age on the local date `on`."""
        try:
            return on.replace(year=on.year - self.adult_age)
        except ValueError:  # on 29 February, in a year that has none
            return on.replace(year=on.year - self.adult_age, day=28)

    def closes(self, *, first_day: date, time_zone: ZoneInfo) -> datetime:
        """The instant (aware, in `time_zone`) at which registration closes for a session that begins on `first_day`."""
        return datetime.combine(first_day - timedelta(days=self.closes_days_before), self.closes_at, tzinfo=time_zone)


def age(birth_date: date, *, on: date) -> int:
    """Whole years on the local date `on`; whoever was born on 29 February becomes older on 1 March."""
    return on.year - birth_date.year - ((on.month, on.day) < (birth_date.month, birth_date.day))
