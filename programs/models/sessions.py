"""Training sessions: three days in one region, with a number of seats that the database guards."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from programs.models.programs import Program
from programs.models.regions import Region
from programs.models.reminders import QUIET_FROM, QUIET_UNTIL, awake
from programs.models.venues import Venue
from programs.scoping import RegionScopedQuerySet

# "Are you still coming?" is asked three days before the first day and of use until the evening before, local time.
ASKED_DAYS_BEFORE, ASKED_AT = 3, time(16)
ASKED_UNTIL = time(18)


class TrainingSessionQuerySet(RegionScopedQuerySet):
    region_lookup = "region"

    def published(self) -> TrainingSessionQuerySet:
        """Sessions the public may see; a cancelled one stays visible and says so."""
        return self.filter(program__is_published=True).exclude(status=TrainingSession.Status.DRAFT)

    def with_a_day_since(self, day: date) -> TrainingSessionQuerySet:
        """Sessions whose last training day is `day` or later."""
        return self.filter(pk__in=TrainingDay.objects.filter(date__gte=day).values("session"))

    def with_places(self) -> TrainingSessionQuerySet:
        """Programme, region, venue and days at hand, in two queries for any number of sessions."""
        return self.select_related("program", "region", "venue").prefetch_related("days")


class TrainingSession(models.Model):
    """One session of an edition in one region: its days, its place and its seats.

    `seats_taken` is kept by a trigger on registrations and cannot be written otherwise; `seat_limit` is
    greatest(capacity, seats_taken) whenever capacity is set or a seat is freed, so lowering capacity drops nobody and
    gives no new seat. `schedule_version` rises only when dates, hours or zone change, `place_version` when people must
    go elsewhere or read another name or address of the place.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draf")
        PUBLISHED = "published", _("Tampil")
        CANCELLED = "cancelled", _("Dibatalkan")

    program = models.ForeignKey(Program, models.PROTECT, related_name="sessions", verbose_name=_("edisi"))
    region = models.ForeignKey(Region, models.PROTECT, related_name="sessions", verbose_name=_("wilayah"))
    venue = models.ForeignKey(Venue, models.PROTECT, related_name="sessions", verbose_name=_("tempat"))
    slug = models.SlugField(max_length=80, unique=True)
    wave = models.CharField(_("gelombang"), max_length=8, blank=True)
    status = models.CharField(_("status"), max_length=12, choices=Status, default=Status.PUBLISHED)
    capacity = models.PositiveIntegerField(_("kapasitas"))
    seat_limit = models.PositiveIntegerField(_("batas kursi"), editable=False, default=0)
    seats_taken = models.PositiveIntegerField(_("kursi terisi"), editable=False, default=0)
    queue_issued = models.PositiveIntegerField(_("nomor antrean terakhir"), editable=False, default=0)
    schedule_version = models.PositiveIntegerField(_("versi jadwal"), editable=False, default=1)
    place_version = models.PositiveIntegerField(_("versi tempat"), editable=False, default=1, db_default=1)
    cancel_reason = models.CharField(
        _("alasan batal"), max_length=200, blank=True, default="", db_default="", editable=False
    )

    objects = TrainingSessionQuerySet.as_manager()

    class Meta:
        verbose_name = _("sesi pelatihan")
        verbose_name_plural = pgettext_lazy("banyak", "sesi pelatihan")
        permissions = [("manage_session", "Can move, cancel and resize a session")]
        ordering = ["region__name", "slug"]
        constraints = [
            models.CheckConstraint(
                name="session_never_oversold", condition=models.Q(seats_taken__lte=models.F("seat_limit"))
            ),
            models.UniqueConstraint(fields=["id", "program", "region"], name="session_with_program_and_region"),
        ]

    def __str__(self) -> str:
        return self.slug

    def get_absolute_url(self) -> str:
        return reverse("session", args=[self.slug])

    @property
    def seats_left(self) -> int:
        return max(0, self.seat_limit - self.seats_taken)

    @property
    def whereabouts(self) -> str:
        """Which dates and place hold, as `3@2`: what people who were told it need not be told again."""
        return f"{self.schedule_version}@{self.place_version}"

    @property
    def first_day(self) -> date:
        """The local date of day one."""
        return min(day.date for day in self.days.all())

    @property
    def last_day(self) -> date:
        return max(day.date for day in self.days.all())

    @property
    def closes(self) -> datetime:
        """The instant at which registration closes, in the session's zone."""
        return self.program.closes(first_day=self.first_day, time_zone=self.region.zone)

    @property
    def starts(self) -> datetime:
        """The instant at which the first day begins, in the session's zone."""
        first = min(self.days.all(), key=lambda day: day.date)
        return datetime.combine(first.date, first.starts_at, tzinfo=self.region.zone)

    @property
    def asks_who_comes(self) -> datetime:
        """The instant at which who is confirmed is asked whether they are still coming, in the session's zone."""
        asked = self.first_day - timedelta(days=ASKED_DAYS_BEFORE)
        return datetime.combine(asked, ASKED_AT, tzinfo=self.region.zone)

    @property
    def ends(self) -> datetime:
        """The instant at which the last day ends, in the session's zone."""
        last = max(self.days.all(), key=lambda day: day.date)
        return datetime.combine(last.date, last.ends_at, tzinfo=self.region.zone)

    def is_open(self, now: datetime) -> bool:
        """Whether somebody may register (for a seat or the queue) at the instant `now`."""
        return (
            self.status == self.Status.PUBLISHED
            and self.program.is_published
            and self.program.registration_opens <= now < self.closes
        )

    def offer_ends(self, now: datetime) -> datetime:
        """Until when a seat offered at `now` may be taken, in the session's zone.

        The edition's `offer_hours`, at most 3 hours within 72 hours of the first day and half an hour within 24. In the
        quiet hours (21:00-07:00) nobody is told, so the time of an offer made then begins at 07:00, and an end that
        falls into them is put off to 07:00; none lies past the closing time.
        """
        told = self._when_awake(now)
        hours, ahead = timedelta(hours=self.program.offer_hours), self.starts - told
        if ahead <= timedelta(hours=24):
            hours = min(hours, timedelta(minutes=30))
        elif ahead <= timedelta(hours=72):
            hours = min(hours, timedelta(hours=3))
        end = self._when_awake(told + hours)
        return min(end, self.closes)

    def _when_awake(self, instant: datetime) -> datetime:
        """`instant` in the session's zone, or 07:00 after it when it falls into the quiet hours there."""
        there = instant.astimezone(self.region.zone)
        return awake(there, quiet_from=QUIET_FROM, quiet_until=QUIET_UNTIL)


class TrainingDayQuerySet(RegionScopedQuerySet):
    region_lookup = "session__region"


class TrainingDay(models.Model):
    """One day of a session: a local date and local hours in the session's region."""

    session = models.ForeignKey(TrainingSession, models.CASCADE, related_name="days", verbose_name=_("sesi"))
    number = models.PositiveSmallIntegerField(_("hari ke-"))
    date = models.DateField(_("tanggal"))
    starts_at = models.TimeField(_("mulai"))
    ends_at = models.TimeField(_("selesai"))

    objects = TrainingDayQuerySet.as_manager()

    class Meta:
        verbose_name = _("hari pelatihan")
        verbose_name_plural = pgettext_lazy("banyak", "hari pelatihan")
        ordering = ["session", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["session", "number"], name="day_number_once", deferrable=models.Deferrable.DEFERRED
            ),
            models.UniqueConstraint(
                fields=["session", "date"], name="day_date_once", deferrable=models.Deferrable.DEFERRED
            ),
            models.UniqueConstraint(fields=["id", "session"], name="day_with_its_session"),
            models.CheckConstraint(
                name="day_ends_after_it_starts", condition=models.Q(ends_at__gt=models.F("starts_at"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.session} · {self.number}"

    def starts(self) -> datetime:
        """The instant the day begins, in the session's zone."""
        return datetime.combine(self.date, self.starts_at, tzinfo=self.session.region.zone)

    def ends(self) -> datetime:
        """The instant the day ends, in the session's zone."""
        return datetime.combine(self.date, self.ends_at, tzinfo=self.session.region.zone)
