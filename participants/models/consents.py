"""What people agreed to, provably."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Self

from django.apps import apps
from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from participants.models.participants import Participant
from participants.models.searches import is_there
from programs.scoping import RegionScopedQuerySet


class ConsentQuerySet(RegionScopedQuerySet):
    """A consent is seen with its person."""

    def visible_to(self, user: Any) -> Self:
        if user.is_active and user.sees_all_regions:
            return self
        registrations = apps.get_model("participants", "Registration").objects.visible_to(user)
        return self.filter(models.Exists(registrations.filter(participant=models.OuterRef("participant"))))

    def standing(self) -> ConsentQuerySet:
        return self.filter(withdrawn_at=None)

    def given_by(self, instant: datetime | None) -> ConsentQuerySet:
        """Those that were given by then; all where no instant is told."""
        return self.filter(given_at__lte=instant) if instant else self

    def for_whatsapp(self, number: str) -> ConsentQuerySet:
        """Those that stand and let `number` (E.164) be written to by WhatsApp."""
        return self.standing().filter(purpose=Consent.Purpose.WHATSAPP, number=number)

    def unreached(self) -> ConsentQuerySet:
        """Those that stand and whose number WhatsApp does not reach."""
        return self.standing().filter(unreached_at__isnull=False)

    def taken_back(self) -> ConsentQuerySet:
        """Those to training that were withdrawn, of people who have not given it anew."""
        training = {"purpose": Consent.Purpose.TRAINING}
        anew = Consent.objects.standing().filter(participant=models.OuterRef("participant"), **training)
        return self.alias(is_anew=is_there(anew)).filter(withdrawn_at__isnull=False, is_anew=False, **training)


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
    unreached_at = models.DateTimeField(
        _("tidak sampai lewat WhatsApp sejak"),
        null=True,
        editable=False,
        help_text=_("Nomornya tidak memakai WhatsApp, atau tidak mau menerima pesan kami di sana."),
    )
    reachable_from = models.DateTimeField(
        null=True, editable=False, help_text="Since when it is tried again; what is said of an earlier time is no news."
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
        indexes = [
            models.Index(
                fields=["participant"],
                condition=models.Q(purpose="training", withdrawn_at__isnull=False),
                name="consent_taken_back",
            ),
            models.Index(
                fields=["number"],
                condition=models.Q(purpose="whatsapp", withdrawn_at=None),
                name="consent_whatsapp_number",
            ),
            models.Index(
                fields=["participant"], condition=models.Q(unreached_at__isnull=False), name="consent_unreached"
            ),
        ]
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
