"""What left the portal as a file, and the files that wait to be fetched."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from programs.models import Program, Region
from programs.models.programs import WESTERNMOST


class Format(models.TextChoices):
    CSV = "csv", "CSV"
    XLSX = "xlsx", "XLSX"


class Layout(models.TextChoices):
    PEOPLE = "people", _("Satu baris per peserta")
    DAYS = "days", _("Satu baris per peserta dan hari")


class ExportSchedule(models.Model):
    """An attendance file that named staff get a link to, daily or weekly, each with their own rights.

    No personal columns. The hour is WIB. `last_slot` is when it was last due; what was missed since is not made up.
    """

    class Weekday(models.IntegerChoices):
        MONDAY = 0, _("Senin")
        TUESDAY = 1, _("Selasa")
        WEDNESDAY = 2, _("Rabu")
        THURSDAY = 3, _("Kamis")
        FRIDAY = 4, _("Jumat")
        SATURDAY = 5, _("Sabtu")
        SUNDAY = 6, _("Minggu")

    name = models.CharField(_("nama"), max_length=80)
    readers = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        related_name="+",
        verbose_name=_("penerima"),
        help_text=_("Mendapat tautan lewat email."),
    )
    program = models.ForeignKey(
        Program, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("edisi")
    )
    region = models.ForeignKey(
        Region, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("wilayah")
    )
    layout = models.CharField(_("susunan"), max_length=6, choices=Layout, default=Layout.PEOPLE)
    format = models.CharField(_("format"), max_length=4, choices=Format, default=Format.XLSX)
    weekday = models.PositiveSmallIntegerField(
        _("hari"), choices=Weekday, null=True, blank=True, help_text=_("Kosong: setiap hari.")
    )
    at = models.TimeField(_("jam (WIB)"))
    is_active = models.BooleanField(_("aktif"), default=True)
    last_slot = models.DateTimeField(_("terakhir"), null=True, editable=False)

    class Meta:
        verbose_name = _("berkas terjadwal")
        verbose_name_plural = pgettext_lazy("banyak", "berkas terjadwal")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def slot(self, now: datetime) -> datetime:
        """The latest instant, not after `now`, at which this is due."""
        today = now.astimezone(WESTERNMOST)
        back = 0 if self.weekday is None else (today.weekday() - self.weekday) % 7
        slot = datetime.combine(today.date() - timedelta(days=back), self.at, WESTERNMOST)
        return slot if slot <= now else slot - timedelta(days=1 if self.weekday is None else 7)


class AttendanceExport(models.Model):
    """One attendance file that was asked for: by whom, when, what, and what became of it, with the file's fingerprint.

    A big one is built by a worker and kept for a day in `ExportPart`; a small one leaves at once and is kept nowhere.
    """

    Format, Layout = Format, Layout

    class State(models.TextChoices):
        ASKED = "asked", _("Menunggu persetujuan orang kedua")
        QUEUED = "queued", _("Menunggu giliran")
        RUNNING = "running", _("Sedang dibuat")
        READY = "ready", _("Siap diunduh")
        GIVEN = "given", _("Diberikan langsung")
        GONE = "gone", _("Berkas sudah dihapus")
        DECLINED = "declined", _("Tidak disetujui")
        REFUSED = "refused", _("Ditolak: haknya sudah tidak ada")
        FAILED = "failed", _("Gagal dibuat")

    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("oleh"))
    at = models.DateTimeField(_("waktu"))
    state = models.CharField(_("keadaan"), max_length=10, choices=State, default=State.GIVEN)
    schedule = models.ForeignKey(ExportSchedule, models.SET_NULL, null=True, related_name="+", verbose_name=_("jadwal"))
    layout = models.CharField(_("susunan"), max_length=6, choices=Layout, default=Layout.PEOPLE)
    format = models.CharField(_("format"), max_length=4, choices=Format)
    delimiter = models.CharField(max_length=1, default=",", help_text="Of CSV.")
    language = models.CharField(max_length=2, default="id", help_text="Of the headings and words in the file.")
    asked = models.JSONField(default=dict, help_text="The filter, as it is asked again when the file is built.")
    filter = models.JSONField(_("saringan"))
    filter_order = models.JSONField(default=list, db_default=[])  # `jsonb` keeps no order of an object's names
    personal = models.JSONField(_("kolom pribadi"), default=list)
    columns = models.JSONField(_("kolom"))
    regions = models.JSONField(default=list, help_text="Whose people are in the file: who may fetch it sees them all.")
    reason = models.CharField(_("alasan"), max_length=200, blank=True)
    row_count = models.PositiveIntegerField(_("jumlah baris"))
    rows_done = models.PositiveIntegerField(default=0, help_text="How far the worker is.")
    people = models.PositiveIntegerField(_("jumlah peserta"), default=0)
    sha256 = models.CharField(_("sidik jari"), max_length=64, db_index=True, help_text=_("SHA-256 dari isi berkas."))
    rows_sha256 = models.CharField(
        _("sidik jari baris"), max_length=64, blank=True, help_text=_("SHA-256 dari baris-barisnya, seperti di berkas.")
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    ready_at = models.DateTimeField(_("siap"), null=True)
    fetched_at = models.DateTimeField(_("terakhir diunduh"), null=True)
    judged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("diputuskan oleh")
    )
    judged_at = models.DateTimeField(_("diputuskan"), null=True)
    failed_at = models.DateTimeField(null=True, help_text="When it was given up, programme time.")
    alarmed_at = models.DateTimeField(
        _("di luar kebiasaan sejak"), null=True, help_text="When others were told how much its asker took within a day."
    )

    class Meta:
        permissions = [
            ("export_personal", "Can export personal columns"),
            ("export_addresses", "Can export mail addresses"),
        ]
        verbose_name = _("berkas kehadiran")
        verbose_name_plural = pgettext_lazy("banyak", "berkas kehadiran")
        ordering = ["-at"]
        constraints = [
            models.CheckConstraint(
                name="second_yes_is_a_second_person",
                condition=models.Q(judged_by=None) | ~models.Q(judged_by=models.F("by")),
            ),
        ]
        indexes = [
            models.Index(
                fields=["state"], name="export_under_way", condition=models.Q(state__in=["queued", "running", "ready"])
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"

    @property
    def is_under_way(self) -> bool:
        return self.state in (self.State.QUEUED, self.State.RUNNING)

    @property
    def as_of(self) -> datetime:
        """The moment of which the file tells: when it was built, which is when it was asked for if that was at once."""
        return self.ready_at or self.at

    @property
    def filter_in_words(self) -> dict[str, str]:
        """What was chosen, in the order in which it was asked; rows of before have the order that `jsonb` gave them."""
        names = sorted(self.filter, key=lambda name: self.filter_order.index(name) if name in self.filter_order else -1)
        return {name: self.filter[name] for name in names}


class ExportPart(models.Model):
    """A stretch of a built file, at most a megabyte, until a day has passed; `number` is its place, from 0."""

    export = models.ForeignKey(AttendanceExport, models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["export", "number"], name="export_part_once")]

    def __str__(self) -> str:
        return f"{self.export_id}/{self.number}"
