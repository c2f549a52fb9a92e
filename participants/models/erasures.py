"""Who was erased, by ids alone."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Erasure(models.Model):
    """One person whose data were erased, so that a restored backup can be made to forget them again.

    Rows are never changed or removed, and name nobody: `person` is a participant's public id.
    """

    class Cause(models.TextChoices):
        RETENTION = "retention", _("Masa simpan habis")
        WITHDRAWAL = "withdrawal", _("Persetujuan ditarik")

    person = models.UUIDField()
    cause = models.CharField(max_length=10, choices=Cause)
    at = models.DateTimeField(help_text="Programme time.")

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return str(self.person)
