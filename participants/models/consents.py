"""What people agreed to, provably."""

from __future__ import annotations

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from participants.models.participants import Participant
from programs.scoping import RegionScopedQuerySet


class ConsentQuerySet(RegionScopedQuerySet):
    """A consent is seen with its person."""

    def visible_to(self, user: Any) -> Self:
        return self.filter(participant__in=Participant.objects.visible_to(user))

    def standing(self) -> ConsentQuerySet:
        return self.filter(withdrawn_at=None)


class Consent(models.Model):
    """One agreement of one person (or of a guardian for a minor) to one purpose, with the very text that was shown."""

    class Purpose(models.TextChoices):
        TRAINING = "training", _("Mengikuti pelatihan")
        STATISTICS = "statistics", _("Statistik kementerian")
        PARTNER_CONTACT = "partner_contact", _("Dihubungi mitra")
        WHATSAPP = "whatsapp", _("Kabar lewat WhatsApp")

    class Giver(models.TextChoices):
        SELF = "self", _("Peserta")
        GUARDIAN = "guardian", _("Orang tua atau wali")

    class Channel(models.TextChoices):
        WEB = "web", _("Situs ini")
        DESK = "desk", _("Di meja, di depan petugas")
        PAPER = "paper", _("Di kertas yang disimpan petugas")

    participant = models.ForeignKey(Participant, models.CASCADE, related_name="consents", verbose_name=_("peserta"))
    purpose = models.CharField(_("tujuan"), max_length=20, choices=Purpose)
    giver = models.CharField(_("pemberi"), max_length=10, choices=Giver, default=Giver.SELF)
    giver_name = models.CharField(_("nama pemberi"), max_length=80, blank=True)
    giver_relation = models.CharField(_("hubungan"), max_length=40, blank=True)
    text_version = models.CharField(_("versi teks"), max_length=20)
    text_hash = models.CharField(_("hash teks"), max_length=64, help_text=_("SHA-256 dari teks yang ditampilkan."))
    language = models.CharField(_("bahasa"), max_length=2, choices=settings.LANGUAGES)
    channel = models.CharField(_("saluran"), max_length=10, choices=Channel, default=Channel.WEB)
    number = models.CharField(
        _("nomor"),
        max_length=16,
        blank=True,
        default="",
        db_default="",
        help_text=_("Nomor yang untuknya persetujuan ini diberikan; hanya untuk WhatsApp."),
    )
    given_at = models.DateTimeField(_("diberikan"))
    withdrawn_at = models.DateTimeField(_("ditarik"), null=True, blank=True)
    withdrawn_by = models.CharField(
        _("ditarik oleh"), max_length=10, choices=Giver, blank=True, default="", db_default=""
    )

    objects = ConsentQuerySet.as_manager()

    class Meta:
        verbose_name = _("persetujuan")
        verbose_name_plural = pgettext_lazy("banyak", "persetujuan")
        constraints = [
            models.UniqueConstraint(
                fields=["participant", "purpose", "giver"],
                condition=models.Q(withdrawn_at=None),
                name="one_standing_consent_per_purpose_and_giver",
            ),
            models.CheckConstraint(
                name="consent_withdrawal_says_by_whom",
                condition=models.Q(withdrawn_at=None, withdrawn_by="")
                | models.Q(withdrawn_at__isnull=False) & ~models.Q(withdrawn_by=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} · {self.text_version}"
