"""Registrations: who comes to which session. Two facts, not one status: the place, and the guardian's answer."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from participants.models.participants import Participant
from participants.models.searches import TicketNumber
from programs.models import Program, Region, TrainingSession
from programs.scoping import RegionScopedQuerySet

TOO_NEW_TO_ASK = timedelta(days=2)  # whose seat is certain for less than this before the question is not asked it


class RegistrationQuerySet(RegionScopedQuerySet):
    region_lookup = "region"

    def live(self) -> RegistrationQuerySet:
        """Everything that has not been released."""
        return self.exclude(place=Registration.Place.RELEASED)

    def taking_seats(self) -> RegistrationQuerySet:
        """A held and an offered seat count, too."""
        return self.filter(place__in=[Registration.Place.SEAT, Registration.Place.OFFERED])

    def confirmed(self) -> RegistrationQuerySet:
        """A seat, and no guardian's answer outstanding."""
        return self.filter(
            place=Registration.Place.SEAT, guardian__in=[Registration.Guardian.NOT_NEEDED, Registration.Guardian.GIVEN]
        )

    def with_ticket(self, number: int) -> RegistrationQuerySet:
        """Those whose ticket's short code says `number` (`tickets.code_number`): one, but for chance."""
        newer = TicketChange.objects.filter(new=F("registration__ticket_id")).alias(number=TicketNumber("new"))
        keys = list(newer.filter(number=number).values_list("registration", flat=True))
        first = self.alias(first_ticket=TicketNumber("public_id"))
        return first.filter(Q(first_ticket=number, ticket_id=None) | Q(pk__in=keys))

    def queued(self) -> RegistrationQuerySet:
        """The queue, head first."""
        return self.filter(place=Registration.Place.QUEUED).order_by("session_id", "queue_number")


class Registration(models.Model):
    """One person's registration for one session of an edition. Released ones stay, with the reason."""

    class Place(models.TextChoices):
        SEAT = "seat", _("Kursi")
        OFFERED = "offered", _("Kursi ditawarkan")
        QUEUED = "queued", _("Daftar tunggu")
        RELEASED = "released", _("Dilepas")

    class Guardian(models.TextChoices):
        NOT_NEEDED = "not_needed", _("Tidak perlu")
        ASKED = "asked", _("Menunggu wali")
        GIVEN = "given", _("Disetujui wali")
        REFUSED = "refused", _("Ditolak wali")
        EXPIRED = "expired", _("Wali tidak menjawab")

    class Release(models.TextChoices):
        NONE = "", _("—")
        CANCELLED_BY_SELF = "cancelled_by_self", _("Dibatalkan peserta")
        LEFT_QUEUE = "left_queue", _("Keluar dari daftar tunggu")
        OFFER_DECLINED = "offer_declined", _("Tawaran kursi dilepas peserta")
        CANCELLED_BY_STAFF = "cancelled_by_staff", _("Dibatalkan petugas")
        GUARDIAN_REFUSED = "guardian_refused", _("Wali tidak setuju")
        GUARDIAN_EXPIRED = "guardian_expired", _("Wali tidak menjawab pada waktunya")
        OFFER_EXPIRED = "offer_expired", _("Tawaran kursi tidak dijawab")
        REGISTRATION_CLOSED = "registration_closed", _("Pendaftaran ditutup")
        QUEUE_CLOSED = "queue_closed", _("Daftar tunggu ditutup")
        SESSION_CANCELLED = "session_cancelled", _("Sesi dibatalkan")
        SWITCHED = "switched", _("Pindah sesi")
        CONSENT_WITHDRAWN = "consent_withdrawn", _("Persetujuan ditarik")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    ticket_id = models.UUIDField(
        null=True, editable=False, help_text="Names the ticket that replaced the first; that is named by `public_id`."
    )
    form_key = models.UUIDField(
        unique=True, editable=False, help_text="One-time key of the form: a repeat finds this row."
    )
    participant = models.ForeignKey(
        Participant, models.PROTECT, related_name="registrations", verbose_name=_("peserta")
    )
    session = models.ForeignKey(TrainingSession, models.PROTECT, related_name="registrations", verbose_name=_("sesi"))
    # Repeated from the session and tied to it by a composite foreign key: no row can point across editions or regions.
    program = models.ForeignKey(Program, models.PROTECT, related_name="+", verbose_name=_("edisi"))
    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name=_("wilayah"))
    # Copied when the registration is made, so that the database can compare them.
    birth_date = models.DateField(_("tanggal lahir"), editable=False)
    born_from = models.DateField(editable=False)
    born_until = models.DateField(editable=False)

    place = models.CharField(_("status kursi"), max_length=10, choices=Place)
    guardian = models.CharField(_("wali"), max_length=10, choices=Guardian, default=Guardian.NOT_NEEDED)
    queue_number = models.PositiveIntegerField(_("nomor antrean"), null=True, blank=True)
    registered_at = models.DateTimeField(_("mendaftar"))
    offered_until = models.DateTimeField(_("tawaran berlaku sampai"), null=True, blank=True)
    released_at = models.DateTimeField(_("dilepas"), null=True, blank=True)
    release_reason = models.CharField(_("alasan dilepas"), max_length=24, choices=Release, blank=True, default="")
    coming_answered_at = models.DateTimeField(
        _("menjawab tetap datang"), null=True, blank=True, help_text=_("Untuk jadwal yang berlaku sekarang.")
    )

    group_number = models.PositiveSmallIntegerField(_("kelompok"), null=True, blank=True)

    objects = RegistrationQuerySet.as_manager()

    not_taken: Sequence[str] = ()  # put here by `enrol`: what a form sent again said and could not change any more

    class Meta:
        verbose_name = _("pendaftaran")
        verbose_name_plural = pgettext_lazy("banyak", "pendaftaran")
        permissions = [
            ("cancel_registration", "Can cancel a registration"),
            ("work_with_cohort", "Can add, move, seat, group and take notes of people of a session"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["participant", "program"],
                condition=~Q(place="released"),
                name="one_live_registration_per_edition",
            ),
            models.UniqueConstraint(fields=["session", "queue_number"], name="queue_number_given_once"),
            models.UniqueConstraint(fields=["id", "session"], name="registration_with_its_session"),
            models.CheckConstraint(
                name="born_within_the_window",
                condition=Q(birth_date__gte=F("born_from"), birth_date__lte=F("born_until")),
            ),
            models.CheckConstraint(
                name="queued_has_a_number", condition=~Q(place="queued") | Q(queue_number__isnull=False)
            ),
            models.CheckConstraint(
                name="released_has_time_and_reason",
                condition=Q(place="released", released_at__isnull=False) & ~Q(release_reason="")
                | ~Q(place="released") & Q(released_at=None, release_reason=""),
            ),
            models.CheckConstraint(
                name="offered_has_an_end", condition=~Q(place="offered") | Q(offered_until__isnull=False)
            ),
            models.CheckConstraint(
                name="guardian_no_or_silence_keeps_no_place",
                condition=~Q(guardian__in=["refused", "expired"]) | Q(place="released"),
            ),
        ]
        indexes = [
            models.Index(fields=["session", "place", "guardian"], name="registration_cohort"),
            models.Index(TicketNumber("public_id"), name="registration_ticket"),
            models.Index(
                fields=["participant"],
                condition=Q(guardian__in=["asked", "refused", "expired"]),
                name="registration_unanswered",
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)

    @property
    def is_live(self) -> bool:
        return self.place != self.Place.RELEASED

    @property
    def ticket(self) -> uuid.UUID:
        """What names the ticket that admits now."""
        return self.ticket_id or self.public_id

    @property
    def name_for_staff(self) -> str:
        """The person's name; of a minor whose guardian has not agreed `S*** N***`."""
        name = self.participant.full_name
        return " ".join(f"{part[0]}***" for part in name.split()) if self.guardian in UNANSWERED else name

    @property
    def shown_phone(self) -> str:
        """The person's number; of a minor whose guardian has not agreed none."""
        return "" if self.guardian in UNANSWERED else self.participant.phone

    @property
    def shown_name(self) -> str:
        """The same of a row that a list has read (`queries.for_a_list`): of who withdrew it says that, and no name."""
        return str(self.Release.CONSENT_WITHDRAWN.label) if self.has_withdrawn else self.name_for_staff  # type: ignore[attr-defined]

    @property
    def is_confirmed(self) -> bool:
        return self.place == self.Place.SEAT and self.guardian in (self.Guardian.NOT_NEEDED, self.Guardian.GIVEN)

    @property
    def name_at_the_door(self) -> str:
        """Enough to greet the person and to see that the ticket is theirs: `Siti N.`; of a single name half."""
        first, *others = self.participant.full_name.split() or [""]
        if not others:
            return f"{first[: (len(first) + 1) // 2]}…"
        return " ".join([first, *(f"{part[0]}." for part in others)])


UNANSWERED = [Registration.Guardian.ASKED, Registration.Guardian.REFUSED, Registration.Guardian.EXPIRED]


class TicketChange(models.Model):
    """One ticket that was replaced: which, by which, when, and by whom of staff (nobody: by its person).

    `old` is dead since `at`. Of each ticket but the first the row says that no other registration has it.
    """

    registration = models.ForeignKey(Registration, models.CASCADE, related_name="ticket_changes")
    old = models.UUIDField(unique=True)
    new = models.UUIDField(unique=True)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(TicketNumber("new"), name="ticket_change_code")]

    def __str__(self) -> str:
        return str(self.new)


class GuardianRequestQuerySet(RegionScopedQuerySet):
    region_lookup = "registration__region"


class GuardianRequest(models.Model):
    """One question to a minor's parent or guardian: who is asked, until when, and what was answered.

    The link's secret is derived from `public_id` and a server key, and stored nowhere.
    """

    class Answer(models.TextChoices):
        OPEN = "", _("Belum dijawab")
        GIVEN = "given", _("Setuju")
        REFUSED = "refused", _("Tidak setuju")
        EXPIRED = "expired", _("Tidak dijawab")
        REPLACED = "replaced", _("Diganti permintaan baru")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    registration = models.ForeignKey(
        Registration, models.CASCADE, related_name="guardian_requests", verbose_name=_("pendaftaran")
    )
    email = models.EmailField(_("alamat email wali"), max_length=254)
    asked_at = models.DateTimeField(_("ditanya"))
    held_from = models.DateTimeField(
        null=True, editable=False, help_text="Since when the time to answer runs, where not since it was asked."
    )
    expires_at = models.DateTimeField(_("berlaku sampai"), help_text=_("Paling lambat saat pendaftaran ditutup."))
    answer = models.CharField(_("jawaban"), max_length=10, choices=Answer, blank=True, default="")
    answered_at = models.DateTimeField(_("dijawab"), null=True, blank=True)
    taken_back_at = models.DateTimeField(
        null=True, editable=False, help_text="When who had agreed here took the yes back."
    )
    signer_name = models.CharField(_("nama wali"), max_length=80, blank=True)
    signer_relation = models.CharField(_("hubungan"), max_length=40, blank=True)
    bounced_at = models.DateTimeField(
        _("alamatnya menolak surat sejak"), null=True, help_text="A mail server said that there is no such address."
    )
    inbox_hash = models.CharField(
        max_length=64,
        blank=True,
        editable=False,
        default="",
        db_default="",
        help_text="Of who answered, once the address is gone: a keyed mark by which the same inbox is known again.",
    )
    misdirected_at = models.DateTimeField(
        _("salah alamat sejak"), null=True, help_text="Who reads it there said that the letter is not for them."
    )

    objects = GuardianRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("permintaan kepada wali")
        verbose_name_plural = pgettext_lazy("banyak", "permintaan kepada wali")
        constraints = [
            models.UniqueConstraint(fields=["registration"], condition=Q(answer=""), name="one_open_guardian_request"),
            models.CheckConstraint(
                name="guardian_answer_has_its_time",
                condition=Q(answer="", answered_at=None) | ~Q(answer="") & Q(answered_at__isnull=False),
            ),
            models.CheckConstraint(name="guardian_yes_is_signed", condition=~Q(answer="given") | ~Q(signer_name="")),
        ]

    def __str__(self) -> str:
        return str(self.get_answer_display())

    @property
    def runs_from(self) -> datetime:
        """Since when the time to answer runs: since a seat is held, or since it was asked."""
        return self.held_from or self.asked_at

    def is_open(self, now: datetime) -> bool:
        """Whether the guardian can still answer at the instant `now`."""
        return self.answer == self.Answer.OPEN and now < self.expires_at
