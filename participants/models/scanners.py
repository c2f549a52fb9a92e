"""What stands at the door: paired devices, the hours a scan counts, scans that somebody must look at, wrong codes."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Func, OuterRef, Q, Subquery, Value
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from participants.models.registrations import Registration
from programs.models import TrainingDay, TrainingSession
from programs.scoping import RegionScopedQuerySet


class ScannerQuerySet(RegionScopedQuerySet):
    region_lookup = "session__region"

    def unpaired(self, machine_now: datetime) -> ScannerQuerySet:
        """Those whose code may still be typed."""
        return self.filter(token_hash=None, withdrawn_at=None, code_until__gt=machine_now)

    def trusted(self) -> ScannerQuerySet:
        """Those whose maker may still record attendance in the session's region: whoever loses that, loses them."""
        return self.filter(StillInCharge("made_by", "session__region"))

    def alive_in(self, region: int) -> ScannerQuerySet:
        """Of devices in the region with this key those that are trusted and not withdrawn.

        No row is joined, so that an UPDATE which had to wait for a device asks it as it is by then.
        """
        return self.filter(StillInCharge("made_by", Value(region)), withdrawn_at=None)


class StillInCharge(Func):
    """Whether a member of staff may record attendance in a region, as things stand: a function of the database."""

    function = "participants_still_in_charge"
    output_field = models.BooleanField()


class Scanner(models.Model):
    """One device at the door of one session, from the code that pairs it until it is withdrawn.

    The code is derived from `public_id` and a server key; of the device's token only a hash is kept. `code_until`,
    `seen_at` and `minute` are machine time. `asked` counts what the device asked for within `minute`.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    session = models.ForeignKey(TrainingSession, models.CASCADE, related_name="scanners", verbose_name=_("sesi"))
    gate = models.CharField(_("pintu"), max_length=20)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("dibuat oleh")
    )
    made_at = models.DateTimeField(_("dibuat"))
    code_until = models.DateTimeField()
    token_hash = models.CharField(  # noqa: DJ001 -- many have none, and each that is there is another
        max_length=64, null=True, unique=True, help_text="SHA-256 of 256 random bits."
    )
    paired_at = models.DateTimeField(_("dipasangkan"), null=True)
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(_("dicabut"), null=True)
    seen_at = models.DateTimeField(_("terakhir terhubung"), null=True)
    minute = models.DateTimeField(null=True)
    asked = models.PositiveIntegerField(default=0)

    objects = ScannerQuerySet.as_manager()

    class Meta:
        verbose_name = _("pemindai")
        verbose_name_plural = pgettext_lazy("banyak", "pemindai")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["id", "session"], name="scanner_with_its_session"),
            models.CheckConstraint(
                name="scanner_is_paired_with_a_token",
                condition=Q(token_hash=None, paired_at=None) | Q(token_hash__isnull=False, paired_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.gate


class DoorRule(models.Model):
    """When a scan of one session counts, and whether people may check in by themselves. No row: what stands here."""

    session = models.OneToOneField(TrainingSession, models.CASCADE, related_name="door_rule", verbose_name=_("sesi"))
    opens_before = models.PositiveSmallIntegerField(_("dibuka sebelum mulai (menit)"), default=120)
    late_after = models.PositiveSmallIntegerField(_("terlambat setelah mulai (menit)"), default=15)
    closes_after = models.PositiveSmallIntegerField(_("ditutup setelah selesai (menit)"), default=60)
    is_self_open = models.BooleanField(_("peserta boleh absen mandiri"), default=False)

    class Meta:
        verbose_name = _("aturan pintu")
        verbose_name_plural = pgettext_lazy("banyak", "aturan pintu")

    def __str__(self) -> str:
        return f"{self.opens_before}/{self.late_after}/{self.closes_after}"

    def opens(self, day: TrainingDay) -> datetime:
        """The instant from which somebody may be scanned on `day`, whose session and region are at hand."""
        return day.starts() - timedelta(minutes=self.opens_before)

    def late_from(self, day: TrainingDay) -> datetime:
        """The instant from which who comes is late."""
        return day.starts() + timedelta(minutes=self.late_after)

    def closes(self, day: TrainingDay) -> datetime:
        """The instant from which nobody is scanned any more."""
        return day.ends() + timedelta(minutes=self.closes_after)


class DoubtfulScanQuerySet(RegionScopedQuerySet):
    region_lookup = "session__region"

    def open(self) -> DoubtfulScanQuerySet:
        """Those that nobody has answered."""
        return self.filter(answer="")

    def people_first(self) -> DoubtfulScanQuerySet:
        """The newest first, those about somebody before those about nobody."""
        return self.alias(is_nobodys=Q(registration=None)).order_by("is_nobodys", "-pk")

    def with_seats(self) -> DoubtfulScanQuerySet:
        """With `seated_id`: whoever was scanned, as confirmed in that session now; None of nobody and who is not.

        Of somebody whose registration was released, and who was added anew, that is the new one.
        """
        same = Registration.objects.confirmed().filter(session=OuterRef("session"))
        seated = same.filter(participant=OuterRef("registration__participant")).values("pk")[:1]
        return self.annotate(seated_id=Subquery(seated))


class DoubtfulScan(models.Model):
    """A scan that somebody should look at: what the device saw, why it is in doubt, and what staff made of it.

    Who checked in without a device at the door, by the code on the wall, has no `scanner`; all times are the server's.
    It never says by itself that somebody was there: `AttendanceFact` does, where the scan was good enough for one.
    """

    class Reason(models.TextChoices):
        AGAIN = "again", _("Tiket yang sama dipindai dua kali")
        RELEASED = "released", _("Pendaftarannya sudah dilepas")
        REPLACED = "replaced", _("Tiketnya sudah diganti")
        NOT_CONFIRMED = "not_confirmed", _("Belum peserta pasti")
        OTHER_SESSION = "other_session", _("Tiket sesi lain")
        NOT_A_TICKET = "not_a_ticket", _("Bukan tiket kami")
        UNKNOWN = "unknown", _("Tidak ada di sesi ini")
        NOT_TODAY = "not_today", _("Bukan hari sesi ini")
        OUTSIDE_HOURS = "outside_hours", _("Di luar jam pintu")
        AHEAD = "ahead", _("Jam perangkat tidak benar")
        OVERRULED = "overruled", _("Berbeda dengan catatan petugas")

    class Answer(models.TextChoices):
        OPEN = "", _("Belum dilihat")
        COUNTED = "counted", _("Dihitung hadir")
        DISMISSED = "dismissed", _("Tidak dihitung")

    public_id = models.UUIDField(unique=True, help_text="The scan's own id, made on the device.")
    session = models.ForeignKey(TrainingSession, models.CASCADE, related_name="doubtful_scans", verbose_name=_("sesi"))
    scanner = models.ForeignKey(
        Scanner, models.CASCADE, null=True, related_name="doubtful_scans", verbose_name=_("pemindai")
    )
    registration = models.ForeignKey(
        Registration, models.CASCADE, null=True, related_name="doubtful_scans", verbose_name=_("pendaftaran")
    )
    day = models.ForeignKey(TrainingDay, models.CASCADE, null=True, related_name="+", verbose_name=_("hari"))
    reason = models.CharField(_("alasan"), max_length=14, choices=Reason)
    device_at = models.DateTimeField(_("waktu perangkat"))
    happened_at = models.DateTimeField(_("waktu pindai"), help_text="Programme time: the device's, by its offset.")
    recorded_at = models.DateTimeField(_("dicatat"))
    answer = models.CharField(_("putusan"), max_length=10, choices=Answer, blank=True, default="")
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)

    objects = DoubtfulScanQuerySet.as_manager()

    class Meta:
        verbose_name = _("pindaian yang perlu dilihat")
        verbose_name_plural = pgettext_lazy("banyak", "pindaian yang perlu dilihat")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["session", "answer"], name="doubtful_scans_of_a_session")]
        constraints = [
            models.CheckConstraint(
                name="doubt_of_a_device_or_of_somebody",
                condition=Q(scanner__isnull=False) | Q(registration__isnull=False, day__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class WrongCode(models.Model):
    """One wrong code that somebody typed, so that nobody can try them all. Machine time.

    `typed_by` is a keyed hash: for a pairing code of the network, and once more of everybody; of the registration for
    the code on the wall.
    """

    typed_by = models.CharField(max_length=64)
    typed_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["typed_by", "typed_at"], name="wrong_codes_of_somebody")]

    def __str__(self) -> str:
        return self.typed_by[:8]
