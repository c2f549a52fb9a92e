"""Two records that turned out to be one person."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from participants.models.participants import Participant
from programs.scoping import RegionScopedQuerySet


class MergeQuerySet(RegionScopedQuerySet):
    region_lookup = "region"

    def standing(self) -> MergeQuerySet:
        """Those that nobody has undone."""
        return self.filter(undone_at=None)


class Merge(models.Model):
    """One record of a person (`gone`) that went into another (`kept`), and what is needed to take it back.

    `chosen` names the fields that were taken from the record that is gone. `before` holds what stood there until then,
    and `moved` the keys of the rows that changed hands; both are emptied when the time to undo is over, with the record
    that is gone, and when either person is erased. Without a region only the ministry sees it.
    """

    kept = models.ForeignKey(Participant, models.PROTECT, related_name="+", verbose_name=_("catatan yang tetap"))
    gone = models.ForeignKey(Participant, models.PROTECT, related_name="+", verbose_name=_("catatan yang dilebur"))
    region = models.ForeignKey(
        "programs.Region", models.PROTECT, null=True, related_name="+", verbose_name=_("wilayah")
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("oleh"))
    at = models.DateTimeField(_("dilebur"))
    chosen = models.JSONField(_("diambil dari yang dilebur"), default=list)
    before = models.JSONField(default=dict, editable=False)
    moved = models.JSONField(default=dict, editable=False)
    undo_until = models.DateTimeField(_("bisa dikembalikan sampai"), null=True)
    undone_at = models.DateTimeField(_("dikembalikan"), null=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("dikembalikan oleh")
    )

    objects = MergeQuerySet.as_manager()

    class Meta:
        verbose_name = _("peleburan catatan")
        verbose_name_plural = pgettext_lazy("banyak", "peleburan catatan")
        ordering = ["-pk"]
        permissions = [("merge_people", "Can merge two records of one person, and undo it")]
        constraints = [
            models.UniqueConstraint(fields=["gone"], condition=Q(undone_at=None), name="merged_once"),
            models.CheckConstraint(name="merge_of_two_records", condition=~Q(kept=F("gone"))),
            models.CheckConstraint(
                name="merge_is_undone_by_somebody",
                condition=Q(undone_at=None, undone_by=None)
                | Q(undone_at__isnull=False, undone_by__isnull=False, undo_until=None),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"

    def may_be_undone(self, now: datetime) -> bool:
        """Whether there is still time to undo it at the instant `now`."""
        return self.undo_until is not None and now < self.undo_until
