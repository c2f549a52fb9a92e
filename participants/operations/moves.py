"""Staff move somebody to another session, or give a waiting person a seat: the rules are theirs, the steps the same."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.utils.translation import gettext_lazy as _

from participants.models import Deed, Notification, Registration
from participants.operations import deeds, guardian_requests, notifications, registrations, row_locks, switches
from participants.operations.refusals import Refused
from participants.operations.walk_ins import NoSeatLeft
from portal.accounts.models import User
from programs.models import TrainingSession

Guardian, Place = Registration.Guardian, Registration.Place


class ReleasedBefore(Refused):
    code = "released_before"
    sentence = _("Pendaftaran ini sudah dilepas.")
    remedy = _("Muat ulang halamannya untuk melihat keadaannya sekarang.")


class InThatSession(Refused):
    code = "in_that_session"
    sentence = _("Orang ini sudah di sesi itu.")
    remedy = _("Pilih sesi lain.")


class NotOfferedHere(Refused):
    code = "session_not_offered"
    sentence = _("Sesi itu dibatalkan, belum tampil, dari edisi lain, atau bukan di wilayahmu.")
    remedy = _("Pilih sesi lain dari daftar. Untuk pindah wilayah, minta pengelola program.")


class TrainingBegan(Refused):
    code = "training_began"
    sentence = _("Salah satu dari kedua sesi itu sudah dimulai.")
    remedy = _("Catat kehadirannya di sesi yang sekarang, atau batalkan lalu tambahkan di sesi yang lain.")


class GuardianMissingThere(Refused):
    code = "guardian_missing_there"
    sentence = _(
        "Pada hari pertama sesi itu ia belum dewasa menurut edisinya, jadi orang tua atau wali perlu setuju dulu."
    )
    remedy = _("Pilih sesi lain, atau minta ia mendaftar di sesi itu bersama walinya.")


class NoSeatThere(Refused):
    code = "no_seat_there"
    sentence = _("Tidak ada kursi kosong di sesi itu; tempatnya yang sekarang tetap miliknya.")
    remedy = _("Pilih sesi lain, atau minta pengelola program menambah kapasitasnya.")


class NotWaiting(Refused):
    code = "not_waiting"
    sentence = _("Orang ini tidak sedang menunggu kursi.")
    remedy = _("Muat ulang halamannya untuk melihat keadaannya sekarang.")


def move(
    *, registration: Registration, session: TrainingSession, form_key: UUID, by: User, now: datetime
) -> Registration:
    """Give the person of `registration` a seat in `session`, which `by` may see, and let go of the old place.

    Both or nothing, also after registration has closed, until either training begins; the seat left goes to the head
    of its queue; the person is told once, a guardian too. The same `form_key` again returns the first result. Raises
    ReleasedBefore, InThatSession, NotOfferedHere, TrainingBegan, GuardianMissingThere, NoSeatThere.
    """
    try:
        with transaction.atomic():
            left, entered = row_locks.lock_sessions(registration.session, session)
            old = row_locks.lock_registration(registration)
            if repeated := registrations.answered_before(form_key, old.participant.user):
                return repeated
            _check(old, left, entered, by, now)
            new = switches.go(old, entered, form_key=form_key, now=now)
            changed = {"session": (left, entered)}
            for row in (old, new):  # it stands in the history of both sessions
                deeds.note(Deed.What.SWITCHED, about=row, by=by, now=now, changed=changed)
            return new
    except switches.SessionFull as refusal:  # the database had the last word
        raise NoSeatThere from refusal


def places_left(deeds_of_staff: QuerySet[Deed]) -> QuerySet[Deed]:
    """Of what staff did, the moves, each once: as it stands with the place that was left."""
    of_people = deeds_of_staff.filter(what=Deed.What.SWITCHED, table=Registration._meta.label_lower)
    left = KeyTextTransform("0", KeyTransform("session", "changed"))
    return of_people.alias(left=left).filter(left=F("session__slug"))


@transaction.atomic
def give_seat(*, registration: Registration, by: User, now: datetime) -> Registration:
    """Make the seat that is offered to somebody theirs, or give somebody in the queue one that is free; tell them.

    Raises NotWaiting, and NoSeatLeft where none is free: then the capacity comes first, and the queue follows it.
    """
    session = row_locks.lock_session(registration.session)
    registration = row_locks.lock_registration(registration)
    before = registration.place
    if before not in (Place.QUEUED, Place.OFFERED):
        raise NotWaiting
    if before == Place.QUEUED and not session.seats_left:
        raise NoSeatLeft
    registration.place, registration.offered_until = Place.SEAT, None
    registration.save(update_fields=["place", "offered_until"])
    if before == Place.QUEUED and registration.guardian == Guardian.ASKED:
        guardian_requests.extend([registration], session=session, now=now)
    notifications.promise(Notification.Kind.PROMOTED, subject=registration, now=now)
    deeds.note(Deed.What.CONFIRMED, about=registration, by=by, now=now, changed={"place": (before, Place.SEAT)})
    return registration


def _check(old: Registration, left: TrainingSession, entered: TrainingSession, by: User, now: datetime) -> None:
    if not old.is_live:
        raise ReleasedBefore
    if left.pk == entered.pk:
        raise InThatSession
    may_see = TrainingSession.objects.visible_to(by).filter(pk=entered.pk).exists()
    is_offered = entered.status == entered.Status.PUBLISHED and entered.program_id == left.program_id
    if not (may_see and is_offered):
        raise NotOfferedHere
    if now >= min(left.starts, entered.starts):
        raise TrainingBegan
    if old.guardian == Guardian.NOT_NEEDED and entered.program.needs_guardian(old.birth_date, on=entered.first_day):
        raise GuardianMissingThere
    if not entered.seats_left:
        raise NoSeatThere
