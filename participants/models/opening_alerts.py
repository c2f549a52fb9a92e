"""Who wants to be told when registration opens in a region."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from programs.models import Region
from programs.scoping import RegionScopedQuerySet


class OpeningAlertQuerySet(RegionScopedQuerySet):
    region_lookup = "region"

    def waiting(self) -> OpeningAlertQuerySet:
        """Asked and not told yet."""
        return self.filter(told_at=None)


class OpeningAlert(models.Model):
    """One account's wish to be told, once, when a session in one region opens for registration."""

    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="opening_alerts")
    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name=_("wilayah"))
    asked_at = models.DateTimeField(_("diminta"))
    told_at = models.DateTimeField(_("dikabari"), null=True)

    objects = OpeningAlertQuerySet.as_manager()

    class Meta:
        verbose_name = _("permintaan kabar pembukaan")
        verbose_name_plural = pgettext_lazy("banyak", "permintaan kabar pembukaan")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "region"], condition=models.Q(told_at=None), name="one_waiting_opening_alert"
            )
        ]

    def __str__(self) -> str:
        return f"{self.account_id} · {self.region_id}"
