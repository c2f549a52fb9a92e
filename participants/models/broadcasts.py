"""What staff write to the people of one session."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from participants.models.opt_outs import OptOut
from participants.models.registrations import Registration, RegistrationQuerySet
from programs.models import TrainingSession
from programs.scoping import RegionScopedQuerySet

PLACEHOLDERS = ("nama", "kota", "tanggal", "jam", "tempat")


class BroadcastQuerySet(RegionScopedQuerySet):
    region_lookup = "session__region"


class Broadcast(models.Model):
    """One message by staff to part of a cohort. It waits until `starts_at` (programme time), and can be stopped.

    Each reader's copy is a row of the ledger, found by `occurrence`. Without English words all read the Indonesian. The
    words are emptied a month after they were sent; who wrote, when, and to how many stays.
    """

    class Audience(models.TextChoices):
        CONFIRMED = "confirmed", _("Peserta yang pasti")
        AWAITING_GUARDIAN = "awaiting_guardian", _("Yang menunggu walinya")
        QUEUED = "queued", _("Yang di daftar tunggu")
        ALL = "all", _("Semua yang terdaftar dan mengantre")

    session = models.ForeignKey(TrainingSession, models.CASCADE, related_name="broadcasts", verbose_name=_("sesi"))
    audience = models.CharField(_("penerima"), max_length=20, choices=Audience)
    subject_id = models.CharField(_("judul (Indonesia)"), max_length=90)
    body_id = models.TextField(_("isi (Indonesia)"), max_length=1000)
    subject_en = models.CharField(_("judul (Inggris)"), max_length=90, blank=True, default="")
    body_en = models.TextField(_("isi (Inggris)"), max_length=1000, blank=True, default="")
    is_optional = models.BooleanField(_("boleh dimatikan penerima"), default=False, db_default=False)
    form_key = models.UUIDField(unique=True)
    people = models.PositiveIntegerField(_("orang"))
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("ditulis oleh")
    )
    written_at = models.DateTimeField(_("ditulis"))
    starts_at = models.DateTimeField(_("mulai dikirim"))
    stopped_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("dihentikan oleh")
    )
    stopped_at = models.DateTimeField(_("dihentikan"), null=True)

    objects = BroadcastQuerySet.as_manager()

    class Meta:
        verbose_name = _("kabar panitia")
        verbose_name_plural = pgettext_lazy("banyak", "kabar panitia")
        ordering = ["-pk"]
        permissions = [("write_broadcast", "May write to the people of a session")]
        constraints = [
            models.CheckConstraint(
                name="broadcast_is_stopped_by_somebody",
                condition=Q(stopped_at=None, stopped_by=None) | Q(stopped_at__isnull=False, stopped_by__isnull=False),
            )
        ]

    def __str__(self) -> str:
        """A number that outlives the words: the admin's log keeps it."""
        return f"#{self.pk}"

    @property
    def occurrence(self) -> str:
        """By what the ledger knows its copies."""
        return str(self.pk)

    def readers(self) -> RegistrationQuerySet:
        """The registrations it is for, as things stand; of an optional one without those who want no such news."""
        rows: RegistrationQuerySet = Registration.objects.filter(session=self.session_id)
        if self.is_optional:
            rows = rows.exclude(participant__user__opt_outs__topic=OptOut.Topic.BROADCAST)
        match self.audience:
            case self.Audience.CONFIRMED:
                return rows.confirmed()
            case self.Audience.QUEUED:
                return rows.queued()
            case self.Audience.AWAITING_GUARDIAN:
                return rows.taking_seats().filter(guardian=Registration.Guardian.ASKED)
            case _:
                return rows.live()

    def is_for(self, registration: Registration) -> bool:
        """Whether `registration`, which is one of the session's, stands so that it is for it, as `readers` says."""
        match self.audience:
            case self.Audience.CONFIRMED:
                return registration.is_confirmed
            case self.Audience.QUEUED:
                return registration.place == Registration.Place.QUEUED
            case self.Audience.AWAITING_GUARDIAN:
                holds = registration.place in (Registration.Place.SEAT, Registration.Place.OFFERED)
                return holds and registration.guardian == Registration.Guardian.ASKED
            case _:
                return registration.is_live
