"""Attendance: a table of facts, from which one mark per registration and day is derived."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from participants.models.registrations import Registration
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

    Facts are never changed or removed. `mark` is empty when a correction withdraws what was said before it.
    """

    class Kind(models.TextChoices):
        SCAN = "scan", _("Pindai")
        CORRECTION = "correction", _("Catatan petugas")

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
    recorded_at = models.DateTimeField(_("dicatat"), help_text=_("Waktu program."))

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
        ]
        indexes = [models.Index(fields=["registration", "day"], name="attendance_of_a_day")]

    def __str__(self) -> str:
        return str(self.get_mark_display() or self.get_kind_display())


class Attendance(models.Model):
    """The derived mark of one registration on one day, a view: the latest correction, else the earliest scan."""

    id = models.CharField(primary_key=True, max_length=60)
    registration = models.ForeignKey(Registration, models.DO_NOTHING, related_name="attendance")
    day = models.ForeignKey(TrainingDay, models.DO_NOTHING, related_name="attendance")
    session = models.ForeignKey(TrainingSession, models.DO_NOTHING, related_name="+")
    mark = models.CharField(max_length=12, choices=Mark)
    source = models.CharField(max_length=10, choices=AttendanceFact.Source)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.DO_NOTHING, null=True, related_name="+")
    recorded_at = models.DateTimeField()

    objects = AttendanceFactQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "participants_attendance"

    def __str__(self) -> str:
        return self.id
