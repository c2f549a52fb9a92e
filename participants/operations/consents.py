"""Agreements: given and withdrawn, with the very text that was shown."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from participants import consent_texts
from participants.models import Consent, Participant, Registration
from participants.operations import switched_off, whatsapp_numbers
from participants.operations.refusals import Refused
from programs.compiled import write_new


class ConsentMissing(Refused):
    code = "consent_missing"
    sentence = _("Tanpa persetujuan atas pemakaian data untuk pelatihan, kami tidak boleh mendaftarkan kamu.")
    remedy = _("Baca teksnya, lalu centang kotak persetujuan.")


class OnlyForAdults(Refused):
    code = "only_for_adults"
    sentence = _("Persetujuan ini baru bisa diberikan oleh yang sudah dewasa.")
    remedy = _("Kamu tetap bisa ikut pelatihan tanpa persetujuan ini.")


class NumberMissing(Refused):
    code = "number_missing"
    sentence = _("Nomor ponselmu belum ada, jadi belum tahu ke mana WhatsApp dikirim.")
    remedy = _("Isi nomor ponselmu di halaman Datamu, lalu setujui lagi.")


def give(
    *,
    participant: Participant,
    purposes: Collection[str],
    now: datetime,
    language: str,
    giver: Consent.Giver = Consent.Giver.SELF,
    giver_name: str = "",
    giver_relation: str = "",
    channel: Consent.Channel = Consent.Channel.WEB,
) -> None:
    """Record agreement to each of `purposes` in the text now shown; one that stands already is left as it is, but for
    WhatsApp the number is tried again.

    Raises ConsentMissing when a purpose without which nobody can take part is not among them.
    """
    if not set(purposes) >= consent_texts.REQUIRED:
        raise ConsentMissing
    _record(participant, purposes, now, language, giver, giver_name, giver_relation, channel)


def choose(*, participant: Participant, purposes: Collection[str], language: str, now: datetime) -> None:
    """Let the person's own agreement to what is optional be as the form says that they have just sent again.

    In the caller's transaction; of a minor nothing changes.
    """
    if is_minor(participant):
        return
    given = participant.consents.standing().exclude(purpose__in=[*purposes, *consent_texts.REQUIRED])
    given.update(withdrawn_at=now, withdrawn_by=Consent.Giver.SELF)
    standing = set(participant.consents.standing().values_list("purpose", flat=True))
    _record(participant, set(purposes) - standing, now, language)


@transaction.atomic
def add(*, participant: Participant, purpose: Consent.Purpose, now: datetime, language: str) -> None:
    """Record agreement to an optional purpose later on.

    Raises ConsentMissing while the one without which nobody takes part does not stand, OnlyForAdults for a minor,
    NumberMissing for WhatsApp without a number, and for the record of somebody that is gone AccountSwitchedOff.
    """
    participant = Participant.objects.select_for_update(no_key=True).get(pk=participant.pk)
    switched_off.check(participant.merged_into_id is None)
    standing = set(participant.consents.standing().values_list("purpose", flat=True))
    if not standing >= consent_texts.REQUIRED:
        raise ConsentMissing
    if is_minor(participant):
        raise OnlyForAdults
    if purpose == Consent.Purpose.WHATSAPP and not participant.phone:
        raise NumberMissing
    _record(participant, {purpose}, now, language)


def follow_number(participant: Participant, *, now: datetime) -> None:
    """End what was agreed to for another number than the participant has now: somebody else may read there."""
    standing = participant.consents.standing().filter(purpose=Consent.Purpose.WHATSAPP)
    standing.exclude(number=participant.phone).update(withdrawn_at=now, withdrawn_by=Consent.Giver.SELF)


def is_minor(participant: Participant) -> bool:
    """Whether a guardian had to be asked when the person registered last."""
    last = participant.registrations.order_by("-pk").first()
    return last is not None and last.guardian != Registration.Guardian.NOT_NEEDED


def _record(
    participant: Participant,
    purposes: Collection[str],
    now: datetime,
    language: str,
    giver: Consent.Giver = Consent.Giver.SELF,
    giver_name: str = "",
    giver_relation: str = "",
    channel: Consent.Channel = Consent.Channel.WEB,
) -> None:
    if Consent.Purpose.WHATSAPP in purposes:
        whatsapp_numbers.try_again(participant=participant, now=now)
    rows = []
    for purpose in consent_texts.offered():
        if purpose in purposes:
            text = consent_texts.shown(purpose, language, giver)
            rows.append(
                Consent(
                    participant=participant,
                    purpose=purpose,
                    giver=giver,
                    giver_name=giver_name,
                    giver_relation=giver_relation,
                    text_version=text.version,
                    text_hash=text.hash,
                    language=language,
                    number=participant.phone if purpose == Consent.Purpose.WHATSAPP else "",
                    channel=channel,
                    given_at=now,
                )
            )
    for row in rows:
        write_new(row, unless_there=True)
