"""What one manager of accounts may not do alone."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class AccountRequestQuerySet(models.QuerySet["AccountRequest"]):
    def open(self, now: datetime) -> AccountRequestQuerySet:
        """Those that wait for another manager at the instant `now`."""
        return self.filter(verdict="", expires_at__gt=now)


class AccountRequest(models.Model):
    """One change of a member of staff's account, asked for by one manager and made when another says yes.

    `role` names what is to be given, `email` the new address and `old_email` the one it replaces, which is told. The
    database knows that who asks, who decides and whose account it is are three people.
    """

    class Kind(models.TextChoices):
        ROLE = "role", _("Beri peran")
        FACTOR = "factor", _("Lepas faktor kedua")
        ADDRESS = "address", _("Ganti alamat email")

    class Verdict(models.TextChoices):
        OPEN = "", _("Menunggu pengelola akun lain")
        YES = "yes", _("Disetujui")
        NO = "no", _("Ditolak")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=10, choices=Kind)
    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="requests")
    role = models.CharField(max_length=150, blank=True, default="")
    email = models.EmailField(max_length=254, blank=True, default="")
    old_email = models.EmailField(max_length=254, blank=True, default="")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    verdict = models.CharField(max_length=3, choices=Verdict, blank=True, default="")
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    objects = AccountRequestQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="account_request_by_three_people",
                condition=~Q(decided_by=F("asked_by")) & ~Q(asked_by=F("account")) & ~Q(decided_by=F("account")),
            ),
            models.CheckConstraint(
                name="account_request_is_decided_by_somebody",
                condition=Q(verdict="", decided_by=None, decided_at=None)
                | ~Q(verdict="") & Q(decided_by__isnull=False, decided_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.get_kind_display())

    def is_open(self, now: datetime) -> bool:
        """Whether another manager can still decide at the instant `now`."""
        return self.verdict == self.Verdict.OPEN and now < self.expires_at
