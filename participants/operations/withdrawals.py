"""Taking a consent back. What rests on it stops in the same transaction: seats, tickets, messages not yet sent."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from participants.models import AccessibilityRequest, Consent, GuardianRequest, Notification, Participant, Registration
from participants.operations import (
    consents,
    erasures,
    export_files,
    guardian_requests,
    merged_consents,
    notifications,
    registrations,
    row_locks,
    switched_off,
)
from participants.operations.refusals import Refused

Giver, Purpose = Consent.Giver, Consent.Purpose
Kind = Notification.Kind
ATTEMPTS = 3
Result = TypeVar("Result")


class NothingToWithdraw(Refused):
    code = "nothing_to_withdraw"
    sentence = _("Persetujuan ini tidak sedang berlaku.")
    remedy = _("Lihat keadaan terakhir di bawah.")


class NameDiffers(Refused):
    code = "name_differs"
    sentence = _("Nama ini berbeda dari nama yang menandatangani persetujuan.")
    remedy = _("Ketik nama lengkap Anda seperti ketika menyetujui.")


class RegisteredMeanwhile(Refused):
    """The person took a place in a session whose row is not locked: begin again."""

    code = "registered_meanwhile"
    sentence = _("Pendaftaran berubah pada saat yang sama, jadi belum ada yang kami simpan.")
    remedy = _("Tekan tombolnya sekali lagi.")


def withdraw(
    *,
    participant: Participant,
    purpose: Consent.Purpose,
    now: datetime,
    by: Consent.Giver = Giver.SELF,
    said_at: datetime | None = None,
    request: GuardianRequest | None = None,
) -> None:
    """End the standing consents of the person, and of a guardian for them, to one purpose; with `said_at`, when the
    word that is heard at `now` was said, none that was given since.

    Without the one to training every live registration is released (its seat goes to the next), no message about any
    of them goes out any more, what was needed is forgotten, and a minor's data are erased; the person is told once, and
    so is a guardian who had agreed or was asked, and who answered `request`.
    Raises NothingToWithdraw when none stands, AccountSwitchedOff where the record has gone into another meanwhile, in
    which the consent would stand on; and then changes nothing.
    """
    again_while_they_register(_withdraw, participant, purpose, by, now, said_at, request)


def again_while_they_register(write: Callable[..., Result], *given: Any) -> Result:
    """What `write` returns, begun anew, twice at the most, when it raises RegisteredMeanwhile; which then is told."""
    for _attempt in range(ATTEMPTS - 1):
        with suppress(RegisteredMeanwhile):
            return write(*given)
    return write(*given)


def withdraw_as_guardian(*, request: GuardianRequest, signer_name: str, now: datetime) -> None:
    """Take back the yes of the guardian who answered `request`, with the name typed again.

    Whatever became of the seat meanwhile, the child's data are erased. Raises NameDiffers, or NothingToWithdraw as
    `may_be_taken_back` says.
    """
    if not may_be_taken_back(request):
        raise NothingToWithdraw
    if signer_name.casefold() != request.signer_name.casefold():
        raise NameDiffers
    withdraw(
        participant=request.registration.participant,
        purpose=Purpose.TRAINING,
        now=now,
        by=Giver.GUARDIAN,
        request=request,
    )


def may_be_taken_back(request: GuardianRequest) -> bool:
    """Whether the answer to `request` is a yes that stands, for somebody who has not come of age since."""
    given = _given(request)
    return given is not None and given.withdrawn_at is None and consents.is_minor(request.registration.participant)


def was_taken_back(request: GuardianRequest) -> bool:
    """Whether the answer to `request` was a yes, which was taken back since."""
    given = _given(request)
    return given is not None and given.withdrawn_at is not None


def _given(request: GuardianRequest) -> Consent | None:
    """The yes that was given by answering `request`, or stood already; None for any other answer."""
    if request.answer != GuardianRequest.Answer.GIVEN or request.answered_at is None:
        return None
    given = request.registration.participant.consents.filter(giver=Giver.GUARDIAN, purpose=Purpose.TRAINING)
    return given.filter(given_at__lte=request.answered_at).order_by("-given_at", "-pk").first()


def stop_whatsapp(*, number: str, now: datetime, said_at: datetime | None = None) -> int:
    """Take back what was agreed to for `number` (E.164): its reader answered STOP, of which we hear late if it was at
    `said_at`; then what was agreed to since stands. Returns for how many people."""
    stopped = 0
    given = Consent.objects.for_whatsapp(number).given_by(said_at)
    merged_consents.stop(number=number, said_at=said_at, now=now)
    while people := list(Participant.objects.filter(pk__in=given.values("participant"))):
        for participant in people:
            # Whose record goes into another at this moment takes the consent along: it is found there.
            with suppress(NothingToWithdraw, switched_off.AccountSwitchedOff):
                withdraw(participant=participant, purpose=Purpose.WHATSAPP, now=now, said_at=said_at)
                stopped += 1
        merged_consents.stop(number=number, said_at=said_at, now=now)
    return stopped


@transaction.atomic
def _withdraw(
    participant: Participant,
    purpose: Consent.Purpose,
    by: Consent.Giver,
    now: datetime,
    said_at: datetime | None,
    request: GuardianRequest | None,
) -> None:
    locked = lock_sessions(participant) if purpose == Purpose.TRAINING else set()
    row_locks.lock_account_of(participant)
    participant = Participant.objects.select_for_update(no_key=True).get(pk=participant.pk)
    switched_off.check(participant.merged_into_id is None)
    standing = participant.consents.standing().given_by(said_at).filter(purpose=purpose)
    if not standing.update(withdrawn_at=now, withdrawn_by=by):
        raise NothingToWithdraw
    if purpose != Purpose.TRAINING:
        return
    # What else was agreed to rests on taking part.
    participant.consents.standing().update(withdrawn_at=now, withdrawn_by=by)
    live = list(participant.registrations.live().select_related("session").order_by("session_id"))
    if not locked >= {registration.session_id for registration in live}:
        raise RegisteredMeanwhile
    guardians = list(guardian_requests.concerned(live))
    if request and request.email and request not in guardians:
        guardians.append(request)
    for registration in live:
        registration = row_locks.lock_registration(registration)
        registrations.release(registration, reason=Registration.Release.CONSENT_WITHDRAWN, now=now)
    AccessibilityRequest.objects.filter(registration__participant=participant).delete()
    about = Q(registration__participant=participant) | Q(guardian_request__registration__participant=participant)
    notifications.call_off(about, reason="the consent was withdrawn", now=now)
    _tell(participant, guardians, now)
    if request:
        GuardianRequest.objects.filter(pk=request.pk).update(taken_back_at=now)
    export_files.forget_about([participant.pk])
    if consents.is_minor(participant):
        erasures.empty_profile(participant, now=now)


def lock_sessions(participant: Participant) -> set[int]:
    """Take the rows of the sessions in which the person has a place, before any other row, by ascending key."""
    return row_locks.lock_sessions_of(participant.registrations.live())


def _tell(participant: Participant, guardians: list[GuardianRequest], now: datetime) -> None:
    """One mail to the person, and one to each guardian who had agreed to what was released, or was asked."""
    if newest := participant.registrations.order_by("-pk").first():
        notifications.promise(Kind.CONSENT_WITHDRAWN, subject=newest, now=now)
    for request in guardians:
        notifications.promise(Kind.CONSENT_WITHDRAWN, subject=request, now=now)
