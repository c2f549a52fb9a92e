"""The participants' door: codes that were mailed, how often they were guessed, and what a crowd has to show."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class LoginCode(models.Model):
    """One code for one address and one purpose, asked for by one browser. Its text is derived from `public_id`, the
    purpose and a server key.

    All times are machine time: a rehearsal neither lengthens nor shortens a code's ten minutes.
    """

    class Purpose(models.TextChoices):
        LOGIN = "login", _("Masuk")
        RECOVERY = "recovery", _("Membuktikan alamat cadangan")
        OWNER = "owner", _("Memastikan pemilik akun")
        ADDRESS = "address", _("Membuktikan alamat masuk baru")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    purpose = models.CharField(max_length=10, choices=Purpose, default=Purpose.LOGIN, db_default=Purpose.LOGIN)
    account = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        related_name="+",
        help_text="Who asked from inside; nobody at the door.",
    )
    email = models.EmailField(max_length=254, help_text="As typed, where the code is sent.")
    address_key = models.CharField(
        max_length=254, help_text="NFKC, lower case: one account. Wrong guesses are counted by it."
    )
    inbox_key = models.CharField(
        max_length=254, help_text="Also without plus tags and dots: one inbox. Mails are counted by it."
    )
    language = models.CharField(max_length=2, choices=settings.LANGUAGES, default="id")
    browser_hash = models.CharField(max_length=64, help_text="SHA-256 of the secret in the asking browser's cookie.")
    network_hash = models.CharField(
        max_length=64, default="", db_default="", help_text="Keyed hash of the asking network. Crowds are seen by it."
    )
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    wrong_guesses = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="login_code_dies_after_three_wrong_guesses", condition=models.Q(wrong_guesses__lte=3)
            ),
            models.CheckConstraint(
                name="login_code_knows_its_account_unless_at_the_door",
                condition=models.Q(purpose="login", account=None)
                | ~models.Q(purpose="login") & ~models.Q(account=None),
            ),
        ]
        indexes = [
            models.Index(fields=["address_key", "asked_at"], name="login_code_address"),
            models.Index(fields=["inbox_key", "asked_at"], name="login_code_inbox"),
            models.Index(fields=["browser_hash"], name="login_code_browser"),
            models.Index(fields=["network_hash", "asked_at"], name="login_code_network"),
        ]

    def __str__(self) -> str:
        return str(self.public_id)

    def is_usable(self, now: datetime) -> bool:
        """Whether a guess may still be compared at the machine instant `now`."""
        return self.used_at is None and self.wrong_guesses < 3 and now < self.expires_at


class SpentProof(models.Model):
    """One puzzle whose solution was handed in and bought one code. It buys no second one."""

    nonce = models.CharField(max_length=64, unique=True)
    spent_at = models.DateTimeField(help_text="Machine time.")

    def __str__(self) -> str:
        return f"#{self.pk}"


class WaitingTurn(models.Model):
    """One place in the line of a crowded network, for a browser without scripts. It buys one code once its time comes.

    The ticket that the browser holds is derived from `public_id` and a server key. All times are machine time.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    network_hash = models.CharField(max_length=64)
    usable_from = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["network_hash", "usable_from"], name="waiting_turn_line")]

    def __str__(self) -> str:
        return str(self.public_id)
