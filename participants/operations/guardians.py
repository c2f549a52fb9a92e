"""A guardian's answer, or silence, and what it does to the seat."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from participants import consent_texts
from participants.models import Consent, GuardianRequest, Notification, Registration
from participants.operations import consents, guardian_requests, notifications, one_by_one, registrations, row_locks
from participants.operations.refusals import Refused

Answer, Kind = GuardianRequest.Answer, Notification.Kind


class AnswerTooLate(Refused):
    code = "answer_too_late"
    sentence = _("Waktu untuk menjawab sudah lewat dan kursinya sudah dilepas.")
    remedy = _("Selama pendaftaran masih dibuka, anak bisa mendaftar lagi dan Anda akan menerima surat baru.")


class AnsweredBefore(Refused):
    code = "answered_before"
    sentence = _("Permintaan ini sudah dijawab.")
    remedy = _("Jawaban pertama yang berlaku. Hubungi koordinator wilayah kalau ingin mengubahnya.")


class LinkReplaced(Refused):
    code = "link_replaced"
    sentence = _("Tautan ini sudah diganti atau pendaftarannya sudah tidak berlaku.")
    remedy = _("Buka surat terbaru dari kami, atau tanyakan kepada anak.")


class SignatureMissing(Refused):
    code = "signature_missing"
    sentence = _("Nama dan hubungan dengan anak belum diisi.")
    remedy = _("Ketik nama lengkap Anda dan hubungan dengan anak, lalu kirim lagi.")


@transaction.atomic
def answer(
    *,
    request: GuardianRequest,
    agrees: bool,
    signer_name: str,
    signer_relation: str,
    language: str,
    now: datetime,
) -> GuardianRequest:
    """Record a guardian's deliberate answer; a no releases the place. Only a yes is signed with name and relation.

    Raises AnsweredBefore, AnswerTooLate, LinkReplaced or SignatureMissing and then changes nothing.
    """
    if agrees and not (signer_name and signer_relation):
        raise SignatureMissing
    request, registration = _held_open(request, now)
    request.answer = Answer.GIVEN if agrees else Answer.REFUSED
    request.answered_at, request.signer_name, request.signer_relation = now, signer_name, signer_relation
    request.save(update_fields=["answer", "answered_at", "signer_name", "signer_relation"])
    if agrees:
        registration.guardian = Registration.Guardian.GIVEN
        registration.save(update_fields=["guardian"])
        consents.give(
            participant=registration.participant,
            purposes=consent_texts.REQUIRED,
            giver=Consent.Giver.GUARDIAN,
            giver_name=signer_name,
            giver_relation=signer_relation,
            language=language,
            now=now,
        )
        notifications.promise(Kind.GUARDIAN_GIVEN, subject=registration, now=now)
    else:
        registration.guardian = Registration.Guardian.REFUSED
        registrations.release(registration, reason=Registration.Release.GUARDIAN_REFUSED, now=now)
        notifications.promise(Kind.GUARDIAN_REFUSED, subject=registration, now=now)
    return request


@transaction.atomic
def say_misdirected(*, request: GuardianRequest, now: datetime) -> GuardianRequest:
    """Record that the letter reached somebody whom it is not for: nothing more goes there, and the child is told.

    The seat stays held as long as it was, so that the child can name the right address. Raises AnsweredBefore,
    AnswerTooLate or LinkReplaced and then changes nothing.
    """
    request, registration = _held_open(request, now)
    request.misdirected_at = now
    request.save(update_fields=["misdirected_at"])
    guardian_requests.tell_misdirected(request, registration, now=now)
    return request


def _held_open(request: GuardianRequest, now: datetime) -> tuple[GuardianRequest, Registration]:
    """The question and its registration, locked, while it can be answered. Raises what says why it cannot."""
    registration = Registration.objects.select_related("session").get(pk=request.registration_id)
    row_locks.lock_session(registration.session)
    registration = row_locks.lock_registration(registration)
    request = GuardianRequest.objects.select_for_update(no_key=True).get(pk=request.pk)
    if request.answer in (Answer.GIVEN, Answer.REFUSED):
        raise AnsweredBefore
    if request.answer == Answer.REPLACED or request.misdirected_at or not registration.is_live:
        raise LinkReplaced
    if not request.is_open(now):
        raise AnswerTooLate
    return request, registration


@transaction.atomic
def ask_again(*, registration: Registration, email: str, now: datetime) -> GuardianRequest:
    """Send the question again, perhaps to a corrected address; the old link is dead. The deadline does not move.

    Raises NotLive and what `guardian_requests.ask_instead` raises.
    """
    session = row_locks.lock_session(registration.session)
    registration = row_locks.lock_registration(registration)
    if not registration.is_live or registration.guardian != Registration.Guardian.ASKED:
        raise registrations.NotLive
    return guardian_requests.ask_instead(registration, email=email, session=session, now=now)


def expire_due(*, now: datetime) -> int:
    """Release seats whose guardian did not answer in time; tell both. Returns how many."""
    silent = Q(guardian=Registration.Guardian.ASKED, guardian_requests__answer=Answer.OPEN)
    silent &= Q(guardian_requests__expires_at__lte=now)
    # In the queue silence costs nothing until registration closes: the deadline starts anew with the seat.
    due = Registration.objects.live().filter(silent).exclude(place=Registration.Place.QUEUED)
    return one_by_one.settle(due.select_related("session").order_by("pk"), partial(_expire, now=now))


@transaction.atomic
def _expire(registration: Registration, *, now: datetime) -> int:
    row_locks.lock_session(registration.session)
    registration = row_locks.lock_registration(registration)
    request = registration.guardian_requests.filter(answer=Answer.OPEN, expires_at__lte=now).first()
    if not registration.is_live or registration.guardian != Registration.Guardian.ASKED or request is None:
        return 0
    request.answer, request.answered_at = Answer.EXPIRED, now
    request.save(update_fields=["answer", "answered_at"])
    registration.guardian = Registration.Guardian.EXPIRED
    registrations.release(registration, reason=Registration.Release.GUARDIAN_EXPIRED, now=now)
    notifications.promise(Kind.GUARDIAN_EXPIRED, subject=registration, now=now)
    notifications.promise(Kind.GUARDIAN_EXPIRED, subject=request, now=now)
    return 1
