"""The participants' door: codes that were mailed, and how often they were guessed."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.conf import settings
from django.db import models


class LoginCode(models.Model):
    """One code for one address, asked for by one browser. Its text is derived from `public_id` and a server key.

    All times are machine time: a rehearsal neither lengthens nor shortens a code's ten minutes.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    email = models.EmailField(max_length=254, help_text="As typed, where the code is sent.")
    address_key = models.CharField(
        max_length=254, help_text="NFKC, lower case: one account. Wrong guesses are counted by it."
    )
    inbox_key = models.CharField(
        max_length=254, help_text="Also without plus tags and dots: one inbox. Mails are counted by it."
    )
    language = models.CharField(max_length=2, choices=settings.LANGUAGES, default="id")
    browser_hash = models.CharField(max_length=64, help_text="SHA-256 of the secret in the asking browser's cookie.")
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    wrong_guesses = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="login_code_dies_after_three_wrong_guesses", condition=models.Q(wrong_guesses__lte=3)
            ),
        ]
        indexes = [
            models.Index(fields=["address_key", "asked_at"], name="login_code_address"),
            models.Index(fields=["inbox_key", "asked_at"], name="login_code_inbox"),
            models.Index(fields=["browser_hash"], name="login_code_browser"),
        ]

    def __str__(self) -> str:
        return str(self.public_id)

    def is_usable(self, now: datetime) -> bool:
        """Whether a guess may still be compared at the machine instant `now`."""
        return self.used_at is None and self.wrong_guesses < 3 and now < self.expires_at
