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
from participants.models.consents import Consent
from participants.models.login_codes import LoginCode
from participants.models.registrations import GuardianRequest, Registration
from programs.models import Channel, ReminderRule, TrainingSession
from programs.scoping import RegionScopedQuerySet

WAITING = ["due", "retrying", "sending"]
ASTRAY = ["failed", "unknown"]  # what somebody should look at

LOST = ["failed", "bounced"]  # what reached nobody by any channel
UNSENT = ["missed", "cancelled"]

# Why a reminder was not sent, where that may pass: its rule is put right or on again, its reader is meant, comes, wants
# it or can be reached after all. Not what may have arrived, and not what another one or the law stands against.
PASSING = [
    "cannot come on that day",
    "its rule names another day",
    "no channel of its rule reaches",
    "no longer comes",
    "no longer meant",
    "nothing ticked in time",
    "the address refuses mail",
    "the rule was turned off",
    "too late to be useful",
    "unsubscribed",
]


class NotificationQuerySet(RegionScopedQuerySet):
    region_lookup = "region"

    def due(self, now: datetime) -> NotificationQuerySet:
        """To be sent at programme time `now`, in somebody's hands or not."""
        in_time = Q(state=Notification.State.SENDING) | Q(retry_at=None) | Q(retry_at__lte=now)
        return self.filter(in_time, settled_at=None, state__in=WAITING, due_at__lte=now)

    def waiting(self) -> NotificationQuerySet:
        """What has no outcome yet."""
        return self.filter(settled_at=None, state__in=WAITING)

    def astray(self) -> NotificationQuerySet:
        """What somebody should look at."""
        return self.filter(state__in=ASTRAY)

    def missed(self, *, since: datetime) -> NotificationQuerySet:
        """What was too late to be of use after the programme instant `since`."""
        return self.filter(state=Notification.State.MISSED, settled_at__gt=since)

    def unsettled(self) -> NotificationQuerySet:
        """What waits, and what somebody should look at."""
        return self.filter(Q(settled_at=None, state__in=WAITING) | Q(state__in=ASTRAY))

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
        PROMOTED = "promoted", _("Kursi ditawarkan")
        GUARDIAN_ASKED = "guardian_asked", _("Permintaan persetujuan wali")
        GUARDIAN_GIVEN = "guardian_given", _("Wali setuju")
        GUARDIAN_REFUSED = "guardian_refused", _("Wali tidak setuju")
        GUARDIAN_EXPIRED = "guardian_expired", _("Wali tidak menjawab")
        GUARDIAN_MISDIRECTED = "guardian_misdirected", _("Surat wali salah alamat")
        CANCELLED = "cancelled", _("Pendaftaran dibatalkan")
        SESSION_MOVED = "session_moved", _("Jadwal atau tempat berubah")
        SESSION_CANCELLED = "session_cancelled", _("Sesi dibatalkan")
        REMINDER = "reminder", _("Pengingat")
        APPEAL_ANSWERED = "appeal_answered", _("Keberatan dijawab")
        ABSENCE_ANSWERED = "absence_answered", _("Kabar tidak datang dijawab")
        NEED_ANSWERED = "need_answered", _("Kebutuhan dijawab")
        SWITCHED = "switched", _("Pindah sesi")
        GUARDIAN_MOVED = "guardian_moved", _("Wali dikabari soal pindah sesi")
        TICKET_REPLACED = "ticket_replaced", _("Tiket diganti")
        STILL_COMING = "still_coming", _("Tetap datang?")
        REGION_OPEN = "region_open", _("Pendaftaran di wilayah dibuka")
        RECOVERY_SET = "recovery_set", _("Alamat cadangan dipasang")
        RECOVERY_REMOVED = "recovery_removed", _("Alamat cadangan dihapus")
        ADDRESS_CHANGED = "address_changed", _("Alamat masuk diganti")
        MERGED = "merged", _("Dua akun dijadikan satu")
        CONSENT_WITHDRAWN = "consent_withdrawn", _("Persetujuan ditarik")
        BROADCAST = "broadcast", _("Kabar panitia")
        SAMPLE = "sample", _("Contoh pengingat")
        STAFF_INVITED = "staff_invited", _("Undangan petugas")
        PASSWORD_LINK = "password_link", _("Tautan kata sandi baru")
        STAFF_CHANGED = "staff_changed", _("Akun petugas diubah")
        STAFF_ADDRESS = "staff_address", _("Alamat petugas diganti")
        EXPORT_READY = "export_ready", _("Berkas kehadiran siap")
        EXPORTS_UNUSUAL = "exports_unusual", _("Unduhan di luar kebiasaan")

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

    UNSAVED = "unsaved"  # in place of its rule's number, in the occurrence of a SAMPLE of words that are not saved

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(_("jenis"), max_length=20, choices=Kind)
    # Rows of one subject are found by `notification_of_subject` or by a small index of their own: every further index
    # is written with every row, and again with every step that a row takes.
    registration = models.ForeignKey(
        Registration, models.CASCADE, null=True, related_name="notifications", db_index=False
    )
    guardian_request = models.ForeignKey(
        GuardianRequest, models.CASCADE, null=True, related_name="notifications", db_index=False
    )
    login_code = models.ForeignKey(LoginCode, models.CASCADE, null=True, related_name="notifications", db_index=False)
    account = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="notifications", db_index=False
    )
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
    channel = models.CharField(
        _("saluran"),
        max_length=10,
        choices=Channel,
        blank=True,
        default="",
        db_default="",
        help_text=_("Yang terakhir dipakai, atau yang berikutnya setelah satu saluran gagal."),
    )
    sent_as = models.CharField(
        max_length=200, blank=True, default="", db_default="", help_text="What the provider calls the message."
    )
    attempts = models.PositiveSmallIntegerField(_("percobaan"), default=0)
    # Of a row that is `due`: until when it waits for its turn at a provider that asked for fewer a minute.
    retry_at = models.DateTimeField(_("dicoba lagi"), null=True)
    leased_until = models.DateTimeField(
        null=True, help_text="Machine time; a row whose lease has passed is taken up again."
    )
    settled_at = models.DateTimeField(_("selesai"), null=True, help_text="When the outcome was known, programme time.")
    arrived_at = models.DateTimeField(
        _("sampai"), null=True, help_text="When its provider said that it was delivered, programme time."
    )
    created_at = models.DateTimeField()

    objects = NotificationQuerySet.as_manager()

    # Put here when facts are read: what a REGION_OPEN tells of, the rule that a REMINDER follows, what staff wrote, the
    # reminder that a SAMPLE shows, and the reader's consent to WhatsApp.
    opened_session: TrainingSession | None = None
    rule: ReminderRule | None = None
    broadcast: Broadcast | None = None
    sample: Notification | None = None
    whatsapp: Consent | None = None
    is_unwanted = False  # its reader turned messages of this sort off
    absence = (
        ""  # of a REMINDER that speaks of one day: the code under which its reader says that they cannot come then
    )
    is_missed = False  # and whether they have said so

    class Meta:
        verbose_name = _("pesan")
        verbose_name_plural = pgettext_lazy("banyak", "pesan")
        constraints = [
            models.UniqueConstraint(
                fields=["registration", "guardian_request", "login_code", "account", "kind", "occurrence", "version"],
                nulls_distinct=False,
                name="notification_of_subject",
            ),
            models.CheckConstraint(
                name="notification_has_one_subject",
                condition=Q(registration__isnull=False, guardian_request=None, login_code=None, account=None)
                | Q(registration=None, guardian_request__isnull=False, login_code=None, account=None)
                | Q(registration=None, guardian_request=None, login_code__isnull=False, account=None)
                | Q(registration=None, guardian_request=None, login_code=None, account__isnull=False),
            ),
            # What waits is looked for among what has no outcome yet.
            models.CheckConstraint(
                name="notification_waiting_is_open", condition=Q(settled_at=None) | ~Q(state__in=WAITING)
            ),
        ]
        indexes = [
            # What waits, in the order in which it is claimed.
            models.Index(fields=["queue", "due_at"], condition=Q(settled_at=None), name="notification_waiting"),
            models.Index(fields=["queue", "state"], condition=Q(state__in=ASTRAY), name="notification_astray"),
            models.Index(
                fields=["guardian_request"],
                condition=Q(guardian_request__isnull=False),
                name="notification_of_guardian",
            ),
            models.Index(fields=["login_code"], condition=Q(login_code__isnull=False), name="notification_of_code"),
            models.Index(fields=["account"], condition=Q(account__isnull=False), name="notification_of_account"),
            models.Index(
                fields=["settled_at"], condition=Q(queue="codes", state="sent"), name="notification_code_sent"
            ),
            models.Index(fields=["sent_as"], condition=~Q(sent_as=""), name="notification_sent_as"),
            models.Index(fields=["registration"], condition=Q(state__in=LOST), name="notification_lost"),
            models.Index(fields=["settled_at"], condition=Q(state="missed"), name="notification_missed"),
            # What may go out after all, few among what goes out.
            models.Index(
                fields=["registration"],
                condition=Q(kind="reminder", state__in=UNSENT, attempts=0),
                name="notification_unsent",
            ),
        ]

    def __str__(self) -> str:
        return str(self.get_kind_display())

    # Django's own translate and hash the texts of all choices to find one. A word of newer code has no text yet.
    def get_kind_display(self) -> str:  # type: ignore[no-redef]  # which the types of Django bring along
        return str(LABELS_OF_KINDS.get(self.kind, self.kind))

    def get_state_display(self) -> str:  # type: ignore[no-redef]
        return str(LABELS_OF_STATES.get(self.state, self.state))

    @property
    def is_optional(self) -> bool:
        """Whether its reader may turn its like off; with the rule or the words of staff at hand, where it has any."""
        match self.kind:
            case self.Kind.REMINDER:
                return self.rule is not None and self.rule.is_optional
            case self.Kind.BROADCAST:
                return self.broadcast is not None and self.broadcast.is_optional
            case _:
                return self.kind == self.Kind.REGION_OPEN

    def may_go_by(self, channel: str) -> bool:
        """Whether staff let the message go by `channel`; only a reminder's rule, which is at hand then, narrows it."""
        return self.rule is None or channel in self.rule.channels

    @property
    def is_unsaved(self) -> bool:
        """Whether it is a SAMPLE of words that were not saved."""
        return self.kind == self.Kind.SAMPLE and self.occurrence.startswith(f"{self.UNSAVED}:")

    @property
    def training_day(self) -> str:
        """The number of the day that a REMINDER is about."""
        return self.occurrence.rpartition(":")[2]


class Heartbeat(models.Model):
    """The last time a periodic job finished, by the database's clock (machine time)."""

    TICK = "tick"  # the scheduler ran
    WHOLE_TICK = "whole tick"  # and no part of it failed

    name = models.CharField(max_length=40, unique=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


LABELS_OF_KINDS, LABELS_OF_STATES = dict(Notification.Kind.choices), dict(Notification.State.choices)
