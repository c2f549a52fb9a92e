"""Links by which staff set their password."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Invitation(models.Model):
    """One link, mailed to a member of staff, behind which they set their password: once, within a week or a day.

    The first one comes with the account, its role and its regions, which without a password open nothing; one that
    `renews` is for a password that was lost. It opens only while the account has the address it was mailed to. The
    link's secret is derived from `public_id` and a server key, and stored nowhere.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    account = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="invitations", verbose_name=_("petugas")
    )
    email = models.EmailField(max_length=254, default="", db_default="")
    renews = models.BooleanField(default=False, db_default=False)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    invited_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="invitation_ends_once", condition=models.Q(accepted_at=None) | models.Q(withdrawn_at=None)
            )
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"

    def is_open(self, now: datetime) -> bool:
        """Whether its link still lets somebody set a password at the instant `now`."""
        return self.accepted_at is None and self.withdrawn_at is None and now < self.expires_at
