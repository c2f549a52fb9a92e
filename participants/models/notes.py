"""What staff write down about somebody's registration, for their colleagues."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from participants.models.registrations import Registration
from programs.scoping import RegionScopedQuerySet


class NoteQuerySet(RegionScopedQuerySet):
    region_lookup = "registration__region"


class Note(models.Model):
    """One note of one member of staff about one registration. It stays as it was written, and goes with the person.

    Whoever it is about reads it among their own data.
    """

    registration = models.ForeignKey(Registration, models.CASCADE, related_name="notes", verbose_name=_("pendaftaran"))
    text = models.TextField(_("catatan"), max_length=500)
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("ditulis oleh")
    )
    written_at = models.DateTimeField(_("ditulis"))

    objects = NoteQuerySet.as_manager()

    class Meta:
        verbose_name = _("catatan petugas")
        verbose_name_plural = pgettext_lazy("banyak", "catatan petugas")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"#{self.pk}"
