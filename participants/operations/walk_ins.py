"""Adding somebody who stands at the desk: the same rules as for everybody, with staff as the hand that writes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from participants import consent_texts
from participants.addresses import address_key
from participants.models import Consent, Deed, GuardianRequest, Notification, Participant, Registration
from participants.operations import (
    accessibility,
    consents,
    constraints,
    deeds,
    drafts,
    notifications,
    participants,
    registrations,
    row_locks,
)
from participants.operations.participants import Profile
from participants.operations.refusals import Refused
from portal.accounts.models import User
from programs.models import TrainingSession

Guardian = Registration.Guardian
DESK = Consent.Channel.DESK


class NoSeatLeft(Refused):
    code = "no_seat_left"
    sentence = _("Tidak ada kursi kosong di sesi ini.")
    remedy = _("Minta pengelola program menambah kapasitas, atau arahkan ke sesi lain yang masih punya kursi.")


class NotRunning(Refused):
    code = "session_not_running"
    sentence = _("Sesi ini belum membuka pendaftaran, sudah selesai, atau dibatalkan.")
    remedy = _("Pilih sesi yang pendaftarannya sudah dibuka dan pelatihannya belum selesai.")


class OutsideTheWindow(Refused):
    code = "born_outside_the_window"
    sentence = _("Tanggal lahirnya di luar rentang program ini.")
    remedy = _("Cocokkan dengan kartu identitasnya. Kalau benar, ia tidak bisa ikut edisi ini.")


class AddressOfAnother(Refused):
    code = "address_of_another"
    sentence = _("Alamat email ini sudah dipakai, dan bukan oleh orang yang kamu kenal dari wilayahmu dengan data ini.")
    remedy = _(
        "Cocokkan ejaan alamat dan tanggal lahirnya, minta alamat lain yang ia baca, atau minta pengelola program."
    )


class RegisteredAlready(Refused):
    code = "person_registered_already"
    sentence = _("Orang ini sudah punya pendaftaran di edisi ini.")
    remedy = _("Cari namanya di sesi ini. Kalau tidak ada, minta ia pindah sesi dari halamannya sendiri.")


class FormOfAnother(Refused):
    code = "form_of_another"
    sentence = _("Formulir ini sudah dipakai untuk orang lain, jadi orang ini belum ditambahkan.")
    remedy = _("Periksa datanya, lalu tekan Tambahkan sekali lagi.")


class GuardianNotThere(Refused):
    code = "guardian_not_there"
    sentence = _("Pada hari pertama ia belum dewasa menurut edisinya, jadi orang tua atau wali harus menyetujui.")
    remedy = _("Isi nama dan hubungan wali yang hadir dan menyetujui, atau minta anak mendaftar lewat situs ini.")


@dataclass(frozen=True)
class Signer:
    """The guardian who stands at the desk with a minor and agrees."""

    name: str
    relation: str
    email: str = ""


@transaction.atomic
def add(
    *,
    session: TrainingSession,
    email: str,
    profile: Profile,
    purposes: Collection[str],
    signer: Signer | None,
    form_key: UUID,
    by: User,
    now: datetime,
    channel: Consent.Channel = DESK,
    what: Deed.What = Deed.What.WALKED_IN,
) -> Registration:
    """Give a seat to somebody who stands at the desk and has agreed there to `purposes`: all of it or nothing.

    From the opening of registration until the training is over, also after registration has closed. Of a minor the
    guardian agrees there and then (`signer`). Whoever has been here before keeps the data that they gave themselves;
    only who may see them can add them, to others the address is taken, whatever else is right or wrong.
    The same `form_key` with the same address again returns the first registration. An import says by `channel` and
    `what` that it was on paper. Raises NoSeatLeft, NotRunning, OutsideTheWindow, AddressOfAnother, RegisteredAlready,
    FormOfAnother, GuardianNotThere, ConsentMissing.
    """
    session = row_locks.lock_session(session)
    if repeated := Registration.objects.filter(form_key=form_key).select_related("participant__user").first():
        if repeated.session_id != session.pk or address_key(repeated.participant.user.email) != address_key(email):
            raise FormOfAnother
        return repeated
    check_running(session, now=now)
    _check_age(session, profile.birth_date, signer is not None)
    participant, is_new = _person(email, profile, by, now, on=session.first_day)
    if participant.registrations.live().filter(program=session.program_id).exists():
        raise RegisteredAlready
    if not session.seats_left:
        raise NoSeatLeft
    consents.give(participant=participant, purposes=purposes, now=now, language=profile.language, channel=channel)
    registration = _seat(participant, session, form_key, is_minor=signer is not None, now=now)
    if signer:
        _sign(registration, signer, profile.language, channel, now)
    if profile.accessibility_needs:
        accessibility.ask(registration=registration, need=profile.accessibility_needs, now=now)
    notifications.promise(Notification.Kind.REGISTERED, subject=registration, now=now)
    changed = {"participant": None} if is_new else {}
    deeds.note(what, about=registration, by=by, now=now, changed=changed)
    return registration


def reasons_against(
    *, session: TrainingSession, email: str, birth_date: date | None, is_signed: bool | None, seen_by: User
) -> list[Refused]:
    """All for which `seen_by` could not add somebody as things stand, but for seats and the session's own reason.

    For a list that is looked at first, where not everything could be read: an empty `email`, and None for what is not
    known, are asked nothing. `is_signed` says whether a guardian agrees.
    """
    found: list[Refused] = []
    if birth_date is not None:
        try:
            _check_age(session, birth_date, is_signed)
        except Refused as refusal:
            found.append(refusal)
    if user := User.objects.with_address(email).first() if email else None:
        try:
            known = _known(birth_date, user, seen_by)
        except Refused as refusal:
            return [*found, refusal]
        if known and birth_date and known.registrations.live().filter(program=session.program_id).exists():
            found.append(RegisteredAlready())
    return found


def check_running(session: TrainingSession, *, now: datetime) -> None:
    """Raises NotRunning where nobody can be added to the session, whoever it is."""
    program = session.program
    is_running = session.status == session.Status.PUBLISHED and program.is_published
    if not is_running or not program.registration_opens <= now < session.ends:
        raise NotRunning


def _check_age(session: TrainingSession, birth_date: date, is_signed: bool | None) -> None:
    program = session.program
    if not program.admits(birth_date):
        raise OutsideTheWindow
    if is_signed is not None and program.needs_guardian(birth_date, on=session.first_day) != is_signed:
        raise GuardianNotThere


def _person(email: str, profile: Profile, by: User, now: datetime, *, on: date) -> tuple[Participant, bool]:
    """Who comes in by `email`: known, and then as born as `profile` says, or made now; and whether they were made."""
    user = User.objects.with_address(email).select_for_update(no_key=True).first()
    if known := _known(profile.birth_date, user, by):
        return known, False
    if user:
        drafts.finish(user=user)  # what somebody typed by this address is nothing for whoever comes in by it now
    else:
        with constraints.told_as(dict.fromkeys(constraints.ADDRESSES, AddressOfAnother)), transaction.atomic():
            user = User.objects.create_participant(email=email, now=now)  # who comes in by it just now has it
    made = participants.write_profile(
        user=user,
        full_name=profile.full_name,
        birth_date=profile.birth_date,
        region=profile.region,
        language=profile.language,
        phone=profile.phone,
        occupation=profile.occupation,
        gender=profile.gender,
        on=on,
        now=now,
    )
    return made, True


def _known(birth_date: date | None, user: User | None, by: User) -> Participant | None:
    """The person behind the account `user`, if they are born then (None: any day) and `by` may see them.

    Raises AddressOfAnother, which tells in no way what was wrong.
    """
    if user and (user.is_staff or not user.is_active):
        raise AddressOfAnother
    known = Participant.objects.filter(user=user).first() if user else None
    is_seen = known is None or Participant.objects.visible_to(by).filter(pk=known.pk).exists()
    if not is_seen or (known and birth_date and known.birth_date != birth_date):
        raise AddressOfAnother
    return known


def _seat(
    participant: Participant, session: TrainingSession, form_key: UUID, *, is_minor: bool, now: datetime
) -> Registration:
    try:
        return registrations.insert(
            session,
            place=Registration.Place.SEAT,
            form_key=form_key,
            participant=participant,
            birth_date=participant.birth_date,
            born_from=session.program.born_from,
            born_until=session.program.born_until,
            guardian=Guardian.GIVEN if is_minor else Guardian.NOT_NEEDED,
            registered_at=now,
        )
    except registrations.NoSeatLeft as error:  # the database had the last word
        raise NoSeatLeft from error
    except registrations.AlreadyRegistered as error:  # elsewhere, at the same instant
        raise RegisteredAlready from error


def _sign(registration: Registration, signer: Signer, language: str, channel: Consent.Channel, now: datetime) -> None:
    """Keep the guardian's yes as the one behind a mailed link is kept."""
    GuardianRequest.objects.create(
        registration=registration,
        email=signer.email,
        asked_at=now,
        expires_at=now,
        answer=GuardianRequest.Answer.GIVEN,
        answered_at=now,
        signer_name=signer.name,
        signer_relation=signer.relation,
    )
    consents.give(
        participant=registration.participant,
        purposes=consent_texts.REQUIRED,
        giver=Consent.Giver.GUARDIAN,
        giver_name=signer.name,
        giver_relation=signer.relation,
        language=language,
        channel=channel,
        now=now,
    )
