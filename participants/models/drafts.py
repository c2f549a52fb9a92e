"""Forms that somebody has begun and not yet sent."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from programs.models import TrainingSession


class Draft(models.Model):
    """What an account has typed so far into the registration form of one session, as it was typed.

    It holds no consent, and of somebody who is not known to be of age nothing but `operations.drafts.OF_A_MINOR`.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="drafts")
    session = models.ForeignKey(TrainingSession, models.CASCADE, related_name="+")
    typed = models.JSONField()
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "session"], name="one_draft_per_account_and_session"),
        ]
        indexes = [models.Index(fields=["saved_at"], name="draft_saved_at")]

    def __str__(self) -> str:
        return f"{self.user_id} · {self.session_id}"
