"""What staff did: the history of the workplace, to which rows are only added."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from programs.models import Region, TrainingSession
from programs.scoping import RegionScopedQuerySet


class DeedQuerySet(RegionScopedQuerySet):
    region_lookup = "region"

    def about(self, row: models.Model) -> DeedQuerySet:
        """What was done to one row, of whatever table."""
        return self.filter(table=row._meta.label_lower, row=str(row.pk))


class Deed(models.Model):
    """One thing that a member of staff did: who, when, what, to which row, and from which network.

    Rows are never changed or removed. `changed` names the fields that changed, each with what stood there before and
    after; of fields that tell of a person it holds the name alone, so that nothing here must ever be erased. Without a
    region, for what belongs to none, only the ministry sees it.
    """

    class What(models.TextChoices):
        ADDED = "added", _("Ditambahkan")
        CHANGED = "changed", _("Diubah")
        REMOVED = "removed", _("Dihapus")
        RESIZED = "resized", _("Kapasitas diubah")
        RESCHEDULED = "rescheduled", _("Jadwal atau tempat diubah")
        CANCELLED = "cancelled", _("Dibatalkan")
        CORRECTED = "corrected", _("Dibetulkan")
        ADDRESS_REPLACED = "address_replaced", _("Alamat masuk diganti")
        TICKET_REPLACED = "ticket_replaced", _("Tiket diganti")
        ANSWERED = "answered", _("Dijawab")
        TAKEN = "taken", _("Diambil untuk diurus")
        TOLD = "told", _("Kabar ditulis kepada peserta")
        STOPPED = "stopped", _("Kabar dihentikan")
        WALKED_IN = "walked_in", _("Ditambahkan di tempat")
        CONFIRMED = "confirmed", _("Diberi kursi")
        SWITCHED = "switched", _("Dipindahkan ke sesi lain")
        GROUPED = "grouped", _("Kelompok diubah")
        DIVIDED = "divided", _("Dibagi dalam kelompok")
        NOTED = "noted", _("Catatan ditulis")
        ASKED = "asked", _("Persetujuan orang kedua diminta")
        APPROVED = "approved", _("Disetujui sebagai orang kedua")
        DECLINED = "declined", _("Ditolak sebagai orang kedua")
        INVITED = "invited", _("Diundang")
        LINKED = "linked", _("Tautan kata sandi dikirim")
        JOINED = "joined", _("Undangan diterima")
        WITHDRAWN = "withdrawn", _("Akses dicabut")
        MERGED = "merged", _("Dua catatan dilebur")
        UNMERGED = "unmerged", _("Peleburan dikembalikan")
        IMPORTED = "imported", _("Diimpor dari berkas")
        UNIMPORTED = "unimported", _("Impor dibatalkan")

    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("oleh"))
    at = models.DateTimeField(_("waktu"))
    network = models.CharField(_("jaringan"), max_length=43, blank=True, default="")
    what = models.CharField(_("perbuatan"), max_length=20, choices=What)
    table = models.CharField(_("tabel"), max_length=60)
    row = models.CharField(_("baris"), max_length=40)
    session = models.ForeignKey(TrainingSession, models.PROTECT, null=True, related_name="+", verbose_name=_("sesi"))
    region = models.ForeignKey(Region, models.PROTECT, null=True, related_name="+", verbose_name=_("wilayah"))
    changed = models.JSONField(_("yang berubah"), default=dict)

    objects = DeedQuerySet.as_manager()

    class Meta:
        verbose_name = _("riwayat petugas")
        verbose_name_plural = pgettext_lazy("banyak", "riwayat petugas")
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["table", "row"], name="deeds_about_a_row"),
            models.Index(fields=["session", "-id"], name="deeds_of_a_session"),
        ]

    def __str__(self) -> str:
        return str(self.get_what_display())
