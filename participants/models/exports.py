"""What left the portal as a file."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class AttendanceExport(models.Model):
    """One attendance file that was given out: to whom, when, what was asked for, and the file's fingerprint."""

    class Format(models.TextChoices):
        CSV = "csv", "CSV"
        XLSX = "xlsx", "XLSX"

    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("oleh"))
    at = models.DateTimeField(_("waktu"))
    format = models.CharField(_("format"), max_length=4, choices=Format)
    filter = models.JSONField(_("saringan"))
    columns = models.JSONField(_("kolom"))
    reason = models.CharField(_("alasan"), max_length=200, blank=True)
    row_count = models.PositiveIntegerField(_("jumlah baris"))
    sha256 = models.CharField(_("sidik jari"), max_length=64, help_text=_("SHA-256 dari isi berkas."))

    class Meta:
        verbose_name = _("berkas kehadiran")
        verbose_name_plural = pgettext_lazy("banyak", "berkas kehadiran")
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.format} {self.row_count}"
