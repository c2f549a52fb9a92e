"""What people want no more of, among the messages that they need not get."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from programs.models import ReminderRule


class OptOut(models.Model):
    """One account wants no more of one sort of optional message: of one rule, of staff, or of openings.

    It holds for messages that are optional when they are sent; what must be known goes out all the same.
    """

    class Topic(models.TextChoices):
        """Named as the ledger names the kind."""

        REMINDER = "reminder", _("Pengingat")
        BROADCAST = "broadcast", _("Kabar tambahan dari panitia")
        REGION_OPEN = "region_open", _("Kabar pembukaan pendaftaran")

    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="opt_outs")
    topic = models.CharField(_("jenis"), max_length=20, choices=Topic)
    rule = models.ForeignKey(ReminderRule, models.CASCADE, null=True, related_name="+", verbose_name=_("aturan"))
    chosen_at = models.DateTimeField(_("dipilih"))

    class Meta:
        verbose_name = _("pesan yang dimatikan")
        verbose_name_plural = pgettext_lazy("banyak", "pesan yang dimatikan")
        constraints = [
            models.UniqueConstraint(fields=["account", "topic", "rule"], nulls_distinct=False, name="one_opt_out_each"),
            models.CheckConstraint(
                name="opt_out_of_reminders_names_their_rule",
                condition=Q(topic="reminder", rule__isnull=False) | ~Q(topic="reminder") & Q(rule=None),
            ),
        ]

    def __str__(self) -> str:
        """The sort of message, for whoever gets it, for example `Pengingat: 7 hari sebelum hari pertama, 10.00`."""
        return f"{self.get_topic_display()}: {self.rule}" if self.rule else str(self.get_topic_display())
