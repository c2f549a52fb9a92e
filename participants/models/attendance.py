"""Attendance: a table of facts, from which one mark per registration and day is derived."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from participants.models.registrations import Registration
from participants.models.scanners import Scanner
from programs.models import TrainingDay, TrainingSession
from programs.scoping import RegionScopedQuerySet


class Mark(models.TextChoices):
    """What is said of one person on one day."""

    PRESENT = "present", _("Hadir")
    LATE = "late", _("Terlambat")
    LEFT_EARLY = "left_early", _("Pulang awal")
    EXCUSED = "excused", _("Izin")
    ABSENT = "absent", _("Tidak hadir")


class AttendanceFactQuerySet(RegionScopedQuerySet):
    region_lookup = "session__region"


class AttendanceFact(models.Model):
    """Something recorded about one registration on one day: a scan at the door, a correction by staff, or an undo.

    Facts are never changed or removed. An empty `mark` withdraws: a correction all that was recorded before it, an undo
    the corrections of its `batch`; what is recorded later counts. `device_at` is what the device's clock said,
    `happened_at` the same in programme time, by the offset measured when it was sent.
    """

    class Kind(models.TextChoices):
        SCAN = "scan", _("Pindai")
        LEAVING = "leaving", _("Pindai pulang")
        CORRECTION = "correction", _("Catatan petugas")
        UNDO = "undo", _("Diurungkan")

    class Source(models.TextChoices):
        GRID = "grid", _("Daftar hadir")
        SCANNER = "scanner", _("Pemindai")
        PAPER = "paper", _("Kertas")
        SELF = "self", _("Mandiri")

    public_id = models.UUIDField(
        default=uuid.uuid4, unique=True, help_text="Made on the device; a repeat finds this row."
    )
    registration = models.ForeignKey(
        Registration, models.PROTECT, related_name="attendance_facts", verbose_name=_("pendaftaran")
    )
    day = models.ForeignKey(TrainingDay, models.PROTECT, related_name="attendance_facts", verbose_name=_("hari"))
    session = models.ForeignKey(TrainingSession, models.PROTECT, related_name="+", verbose_name=_("sesi"))
    kind = models.CharField(_("jenis"), max_length=12, choices=Kind)
    source = models.CharField(_("sumber"), max_length=10, choices=Source)
    mark = models.CharField(_("tanda"), max_length=12, choices=Mark, blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("dicatat oleh")
    )
    device_at = models.DateTimeField(_("waktu perangkat"), null=True)
    happened_at = models.DateTimeField(_("waktu kejadian"), null=True)
    recorded_at = models.DateTimeField(_("dicatat"))
    scanner = models.ForeignKey(Scanner, models.PROTECT, null=True, related_name="+", verbose_name=_("pemindai"))
    gate = models.CharField(_("pintu"), max_length=20, blank=True, default="", db_default="")
    batch = models.UUIDField(null=True, help_text="What one press recorded, to be undone together.")

    objects = AttendanceFactQuerySet.as_manager()

    class Meta:
        verbose_name = _("catatan kehadiran")
        verbose_name_plural = pgettext_lazy("banyak", "catatan kehadiran")
        permissions = [
            ("record_attendance", "Can record attendance"),
            ("export_attendance", "Can export attendance"),
        ]
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="scan_says_present_or_late",
                condition=~models.Q(kind="scan") | models.Q(mark__in=["present", "late"]),
            ),
            models.CheckConstraint(
                name="leaving_says_left_early", condition=~models.Q(kind="leaving") | models.Q(mark="left_early")
            ),
            models.CheckConstraint(
                name="undo_names_a_press_and_no_mark",
                condition=~models.Q(kind="undo") | models.Q(mark="", batch__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["registration", "day"], name="attendance_of_a_day"),
            models.Index(fields=["session", "id"], name="attendance_since"),
            models.Index(
                fields=["registration", "day"],
                name="attendance_withdrawn",
                condition=models.Q(mark="", kind="correction"),
            ),
            models.Index(
                fields=["registration", "day", "batch"],
                name="attendance_undone",
                condition=models.Q(mark="", kind="undo"),
            ),
        ]

    def __str__(self) -> str:
        return str(self.get_mark_display() or self.get_kind_display())

    @property
    def seen_at(self) -> datetime:
        """When it happened, as well as we know; the view says the same in SQL."""
        return self.happened_at or self.device_at or self.recorded_at


class Attendance(models.Model):
    """The derived mark of one registration on one day, a view.

    Of what was not withdrawn the latest correction in the server's order, else the latest scan at leaving, else the
    earliest scan, by the time at which they happened: so it does not matter in which order, or how often, devices send
    them, but for what staff withdraw: that is what the server had by then.
    """

    id = models.CharField(primary_key=True, max_length=60)
    registration = models.ForeignKey(Registration, models.DO_NOTHING, related_name="attendance")
    day = models.ForeignKey(TrainingDay, models.DO_NOTHING, related_name="attendance")
    session = models.ForeignKey(TrainingSession, models.DO_NOTHING, related_name="+")
    mark = models.CharField(max_length=12, choices=Mark)
    source = models.CharField(max_length=10, choices=AttendanceFact.Source)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.DO_NOTHING, null=True, related_name="+")
    recorded_at = models.DateTimeField()
    kind = models.CharField(max_length=12, choices=AttendanceFact.Kind)
    happened_at = models.DateTimeField(null=True)
    gate = models.CharField(max_length=20)

    objects = AttendanceFactQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "participants_attendance"

    def __str__(self) -> str:
        return self.id
