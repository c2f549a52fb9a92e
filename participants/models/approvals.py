"""What one member of staff may not do alone."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from programs.models import TrainingSession
from programs.scoping import RegionScopedQuerySet


class ApprovalQuerySet(RegionScopedQuerySet):
    region_lookup = "session__region"

    def open(self, now: datetime) -> ApprovalQuerySet:
        """Those that wait for a second person at the instant `now`."""
        return self.filter(verdict="", expires_at__gt=now)


class Approval(models.Model):
    """One act that takes many places at once, asked for by one member of staff and done when another says yes.

    `people` names the registrations as they were looked at; whoever came later is not meant. `target` is where they are
    moved to. The database knows that the two are not the same person.
    """

    class Kind(models.TextChoices):
        CANCEL_PEOPLE = "cancel_people", _("Batalkan pendaftaran banyak orang")
        CANCEL_SESSION = "cancel_session", _("Batalkan sesi")
        MOVE_PEOPLE = "move_people", _("Pindahkan banyak orang ke sesi lain")

    class Verdict(models.TextChoices):
        OPEN = "", _("Menunggu orang kedua")
        YES = "yes", _("Disetujui")
        NO = "no", _("Ditolak")

    kind = models.CharField(_("perbuatan"), max_length=20, choices=Kind)
    session = models.ForeignKey(TrainingSession, models.CASCADE, related_name="approvals", verbose_name=_("sesi"))
    target = models.ForeignKey(TrainingSession, models.CASCADE, null=True, related_name="+", verbose_name=_("ke sesi"))
    people = ArrayField(models.BigIntegerField(), verbose_name=_("pendaftaran"))
    reason = models.CharField(_("alasan"), max_length=200)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("diminta oleh")
    )
    asked_at = models.DateTimeField(_("diminta"))
    expires_at = models.DateTimeField(_("berlaku sampai"))
    verdict = models.CharField(_("putusan"), max_length=3, choices=Verdict, blank=True, default="")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("diputuskan oleh")
    )
    decided_at = models.DateTimeField(_("diputuskan"), null=True)

    objects = ApprovalQuerySet.as_manager()

    class Meta:
        verbose_name = _("persetujuan orang kedua")
        verbose_name_plural = pgettext_lazy("banyak", "persetujuan orang kedua")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="approval_of_a_move_names_where_to",
                condition=Q(kind="move_people", target__isnull=False) | ~Q(kind="move_people") & Q(target=None),
            ),
            models.CheckConstraint(name="approval_by_a_second_person", condition=~Q(decided_by=F("asked_by"))),
            models.CheckConstraint(
                name="approval_is_decided_by_somebody",
                condition=Q(verdict="", decided_by=None, decided_at=None)
                | ~Q(verdict="") & Q(decided_by__isnull=False, decided_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.get_kind_display())

    def is_open(self, now: datetime) -> bool:
        """Whether a second person can still decide at the instant `now`."""
        return self.verdict == self.Verdict.OPEN and now < self.expires_at
