"""The ledger: every message that should go out, and what became of it."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from participants.models.broadcasts import Broadcast
from participants.models.login_codes import LoginCode
from participants.models.registrations import GuardianRequest, Registration
from programs.models import ReminderRule, TrainingSession
from programs.scoping import RegionScopedQuerySet

UNSETTLED = ["due", "retrying", "sending", "failed", "unknown"]  # what waits, and what somebody should look at


class NotificationQuerySet(RegionScopedQuerySet):
    region_lookup = "region"

    def due(self, now: datetime) -> NotificationQuerySet:
        """To be sent at programme time `now`, in somebody's hands or not."""
        in_time = Q(due_at__lte=now) & (Q(retry_at=None) | Q(retry_at__lte=now))
        states = [Notification.State.DUE, Notification.State.RETRYING]
        return self.filter(Q(state__in=states) & in_time | Q(state=Notification.State.SENDING))

    def held(self) -> NotificationQuerySet:
        """Claimed by a process whose lease, by the database's clock, has not run out."""
        return self.filter(leased_until__gt=ClockTimestamp())


class ClockTimestamp(models.Func):
    """The database's own clock at this very moment, not at the beginning of the transaction."""

    template = "clock_timestamp()"
    output_field = models.DateTimeField()


class Notification(models.Model):
    """One message to one person: a promise with a due time, then its outcome. The row's facts are read when it is sent.

    The key is (kind, subject, occurrence, version). The subject is exactly one of registration, guardian request,
    login code and account, and says who receives it: participant, guardian, the address that asked, or whoever the
    account belongs to where no registration is concerned. Due times are programme time, leases machine time.
    """

    class Kind(models.TextChoices):
        LOGIN_CODE = "login_code", _("Kode masuk")
        REGISTERED = "registered", _("Pendaftaran diterima")
        QUEUED = "queued", pgettext_lazy("message", "Masuk daftar tunggu")
        PROMOTED = "promoted", _("Dapat kursi")
        GUARDIAN_ASKED = "guardian_asked", _("Permintaan persetujuan wali")
        GUARDIAN_GIVEN = "guardian_given", _("Wali setuju")
        GUARDIAN_REFUSED = "guardian_refused", _("Wali tidak setuju")
        GUARDIAN_EXPIRED = "guardian_expired", _("Wali tidak menjawab")
        CANCELLED = "cancelled", _("Pendaftaran dibatalkan")
        SESSION_MOVED = "session_moved", _("Jadwal atau tempat berubah")
        SESSION_CANCELLED = "session_cancelled", _("Sesi dibatalkan")
        REMINDER = "reminder", _("Pengingat")
        APPEAL_ANSWERED = "appeal_answered", _("Keberatan dijawab")
        NEED_ANSWERED = "need_answered", _("Kebutuhan dijawab")
        SWITCHED = "switched", _("Pindah sesi")
        GUARDIAN_MOVED = "guardian_moved", _("Wali dikabari soal pindah sesi")
        STILL_COMING = "still_coming", _("Tetap datang?")
        REGION_OPEN = "region_open", _("Pendaftaran di wilayah dibuka")
        RECOVERY_SET = "recovery_set", _("Alamat cadangan dipasang")
        RECOVERY_REMOVED = "recovery_removed", _("Alamat cadangan dihapus")
        ADDRESS_CHANGED = "address_changed", _("Alamat masuk diganti")
        CONSENT_WITHDRAWN = "consent_withdrawn", _("Persetujuan ditarik")
        BROADCAST = "broadcast", _("Kabar panitia")
        SAMPLE = "sample", _("Contoh pengingat")

    class Queue(models.TextChoices):
        CODES = "codes", _("Kode masuk")
        TRANSACTIONAL = "transactional", _("Kabar")
        BULK = "bulk", _("Pengingat")

    class State(models.TextChoices):
        DUE = "due", _("Menunggu waktunya")
        SENDING = "sending", _("Sedang dikirim")
        SENT = "sent", _("Terkirim")
        RETRYING = "retrying", _("Akan dicoba lagi")
        FAILED = "failed", _("Gagal")
        MISSED = "missed", _("Terlewat")
        CANCELLED = "cancelled", _("Tidak jadi dikirim")
        UNKNOWN = "unknown", _("Tidak diketahui")
        BOUNCED = "bounced", _("Ditolak")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(_("jenis"), max_length=20, choices=Kind)
    registration = models.ForeignKey(Registration, models.CASCADE, null=True, related_name="notifications")
    guardian_request = models.ForeignKey(GuardianRequest, models.CASCADE, null=True, related_name="notifications")
    login_code = models.ForeignKey(LoginCode, models.CASCADE, null=True, related_name="notifications")
    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="notifications")
    region = models.ForeignKey(
        "programs.Region", models.PROTECT, null=True, related_name="+", verbose_name=_("wilayah")
    )
    occurrence = models.CharField(_("kejadian"), max_length=60, blank=True, default="")
    version = models.PositiveIntegerField(_("versi"), default=0)
    queue = models.CharField(_("antrean"), max_length=15, choices=Queue)

    due_at = models.DateTimeField(_("jatuh tempo"))
    useful_until = models.DateTimeField(_("berguna sampai"), null=True)
    state = models.CharField(_("keadaan"), max_length=10, choices=State, default=State.DUE)
    reason = models.CharField(_("alasan"), max_length=120, blank=True, default="")
    attempts = models.PositiveSmallIntegerField(_("percobaan"), default=0)
    retry_at = models.DateTimeField(_("dicoba lagi"), null=True)
    leased_until = models.DateTimeField(
        null=True, help_text="Machine time; a row whose lease has passed is taken up again."
    )
    settled_at = models.DateTimeField(_("selesai"), null=True, help_text="When the outcome was known, programme time.")
    created_at = models.DateTimeField()

    objects = NotificationQuerySet.as_manager()

    # Put here when facts are read: what a REGION_OPEN tells of, the rule that a REMINDER follows, what staff wrote, and
    # the reminder that a SAMPLE shows.
    opened_session: TrainingSession | None = None
    rule: ReminderRule | None = None
    broadcast: Broadcast | None = None
    sample: Notification | None = None

    class Meta:
        verbose_name = _("pesan")
        verbose_name_plural = pgettext_lazy("banyak", "pesan")
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "registration", "guardian_request", "login_code", "account", "occurrence", "version"],
                nulls_distinct=False,
                name="notification_promised_once",
            ),
            models.CheckConstraint(
                name="notification_has_one_subject",
                condition=Q(registration__isnull=False, guardian_request=None, login_code=None, account=None)
                | Q(registration=None, guardian_request__isnull=False, login_code=None, account=None)
                | Q(registration=None, guardian_request=None, login_code__isnull=False, account=None)
                | Q(registration=None, guardian_request=None, login_code=None, account__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["queue", "due_at"], condition=Q(state__in=["due", "retrying"]), name="notification_due"
            ),
            models.Index(fields=["leased_until"], condition=Q(state="sending"), name="notification_leased"),
            models.Index(fields=["queue", "state"], condition=Q(state__in=UNSETTLED), name="notification_unsettled"),
            models.Index(
                fields=["settled_at"], condition=Q(queue="codes", state="sent"), name="notification_code_sent"
            ),
        ]

    def __str__(self) -> str:
        return str(self.get_kind_display())


class Heartbeat(models.Model):
    """The last time a periodic job finished, by the database's clock (machine time)."""

    name = models.CharField(max_length=40, unique=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
