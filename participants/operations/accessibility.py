"""What people need prepared: said, changed, taken up by a member of staff, answered, taken along to another session.

A need belongs to a registration, and there is none of a minor whose guardian has not agreed.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from participants.models import AccessibilityRequest, Deed, Notification, Participant, Registration
from participants.models.accessibility import AGREED, AccessibilityRequestQuerySet
from participants.operations import deeds, notifications
from participants.operations.refusals import Refused
from portal.accounts.models import User

Kind = AccessibilityRequest.Kind


class AnsweredBefore(Refused):
    code = "need_answered_before"
    sentence = _("Kebutuhan ini sudah dijawab.")
    remedy = _("Jawaban pertama yang berlaku; yang bersangkutan sudah dikabari.")


class NobodyComes(Refused):
    code = "need_released"
    sentence = _("Yang menulis kebutuhan ini sudah tidak terdaftar di sesi itu, atau bukan di wilayahmu.")
    remedy = _("Tidak ada yang perlu disiapkan.")


class NeedChanged(Refused):
    code = "need_changed"
    sentence = _("Kebutuhannya berubah sejak halaman ini dibuka.")
    remedy = _("Baca yang tertulis sekarang, sesuaikan jawabanmu, lalu kirim lagi.")


class TakenBefore(Refused):
    code = "need_taken_before"
    sentence = _("Petugas lain baru saja mengambilnya.")
    remedy = _("Lihat siapa yang mengurusnya sekarang, lalu bicarakan dengannya.")


def ask(*, registration: Registration, need: str, now: datetime) -> AccessibilityRequest | None:
    """Ask for `need` with a registration just made; of a minor who waits for the guardian nothing."""
    if registration.guardian not in AGREED:
        return None
    return AccessibilityRequest.objects.create(registration=registration, need=need, asked_at=now)


@transaction.atomic
def say(*, registration: Registration, need: str, now: datetime) -> AccessibilityRequest | None:
    """Ask for `need`; an empty one takes the request back. Returns the request as it then stands.

    The same text again changes nothing; another one takes an earlier answer back and waits for a new one. Of a minor
    whose guardian has not agreed, and of a registration that was released, nothing is kept.
    """
    registration = Registration.objects.select_for_update(no_key=True).get(pk=registration.pk)
    request = _locked().filter(registration=registration).first()
    if not registration.is_live or registration.guardian not in AGREED:
        return request
    if request is None:
        if not need:
            return None
        return ask(registration=registration, need=need, now=now)
    if not need:
        request.delete()
        return None
    if request.need != need:
        request.need = need
        _open_again(request, now)
    return request


def say_everywhere(*, participant: Participant, need: str, now: datetime) -> None:
    """Ask for `need` at every session to which the person is going and which is not over."""
    rows = participant.registrations.live().select_related("session__region").prefetch_related("session__days")
    for registration in rows.order_by("pk"):
        if now < registration.session.ends:
            say(registration=registration, need=need, now=now)


@transaction.atomic
def follow(*, old: Registration, new: Registration, now: datetime) -> AccessibilityRequest | None:
    """Take the need of `old` along to `new` and ask for it again there, since another venue may not have what it takes.

    Whoever looked after it goes on doing so within the region, else nobody does yet. Returns the request, if any.
    """
    request = _locked().filter(registration=old).first()
    if request is None or AccessibilityRequest.objects.filter(registration=new).exists():
        return None
    request.registration = new
    if old.region_id != new.region_id:
        request.owner = None
    _open_again(request, now)
    return request


@transaction.atomic
def take(*, request: AccessibilityRequest, instead_of: int | None, by: User, now: datetime) -> AccessibilityRequest:
    """Make `by` the one who looks after the request, in the place of the owner whom they saw (by key; None: nobody).

    A second press changes nothing. Raises TakenBefore when meanwhile somebody else took it.
    """
    request = _locked().get(pk=request.pk)
    if request.owner_id == by.pk:
        return request
    if request.owner_id != instead_of:
        raise TakenBefore
    request.owner = by
    request.save(update_fields=["owner"])
    deeds.note(Deed.What.TAKEN, about=request, by=by, now=now)
    return request


@transaction.atomic
def answer(
    *, request: AccessibilityRequest, version: int, kind: str, text: str, by: User, now: datetime
) -> AccessibilityRequest:
    """Answer the need as it was read in `version`, and tell the person. Who answers looks after it from then on.

    Raises NeedChanged when the person has written something else since, AnsweredBefore when it is answered,
    NobodyComes when they are not registered any more.
    """
    found = _locked().agreed().filter(pk=request.pk).first()
    if found is None or not found.registration.is_live:
        raise NobodyComes
    request = found
    if request.version != version:
        raise NeedChanged
    if not request.is_open:
        raise AnsweredBefore
    request.kind, request.answer, request.answered_at, request.answered_by, request.owner = kind, text, now, by, by
    request.save(update_fields=["kind", "answer", "answered_at", "answered_by", "owner"])
    notifications.promise(
        Notification.Kind.NEED_ANSWERED, subject=request.registration, occurrence=request.answer_key, now=now
    )
    deeds.note(Deed.What.ANSWERED, about=request, by=by, now=now, changed={"kind": ("", kind)})
    return request


def _locked() -> AccessibilityRequestQuerySet:
    rows: AccessibilityRequestQuerySet = AccessibilityRequest.objects.select_related("registration")
    return rows.select_for_update(of=("self",), no_key=True)


def _open_again(request: AccessibilityRequest, now: datetime) -> None:
    """Wait for an answer to what the row now says."""
    request.version += 1
    request.asked_at = now
    request.kind, request.answer, request.answered_at, request.answered_by = Kind.NONE, "", None, None
    request.save()
