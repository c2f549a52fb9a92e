"""Agreements: given and withdrawn, with the very text that was shown."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from participants import consent_texts
from participants.models import Consent, Participant, Registration
from participants.operations.refusals import Refused


class ConsentMissing(Refused):
    code = "consent_missing"
    sentence = _("Tanpa persetujuan atas pemakaian data untuk pelatihan, kami tidak boleh mendaftarkan kamu.")
    remedy = _("Baca teksnya, lalu centang kotak persetujuan.")


class OnlyForAdults(Refused):
    code = "only_for_adults"
    sentence = _("Persetujuan ini baru bisa diberikan oleh yang sudah 18 tahun.")
    remedy = _("Kamu tetap bisa ikut pelatihan tanpa persetujuan ini.")


def give(
    *,
    participant: Participant,
    purposes: Collection[str],
    now: datetime,
    language: str,
    giver: Consent.Giver = Consent.Giver.SELF,
    giver_name: str = "",
    giver_relation: str = "",
) -> None:
    """Record agreement to each of `purposes` in the text now shown; one that stands already is left as it is.

    Raises ConsentMissing when a purpose without which nobody can take part is not among them.
    """
    if not set(purposes) >= consent_texts.REQUIRED:
        raise ConsentMissing
    _record(participant, purposes, now, language, giver, giver_name, giver_relation)


@transaction.atomic
def add(*, participant: Participant, purpose: Consent.Purpose, now: datetime, language: str) -> None:
    """Record agreement to an optional purpose later on.

    Raises ConsentMissing while the one without which nobody takes part does not stand, OnlyForAdults for a minor.
    """
    participant = Participant.objects.select_for_update(no_key=True).get(pk=participant.pk)
    standing = set(participant.consents.standing().values_list("purpose", flat=True))
    if not standing >= consent_texts.REQUIRED:
        raise ConsentMissing
    if is_minor(participant):
        raise OnlyForAdults
    _record(participant, {purpose}, now, language)


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
) -> None:
    rows = []
    for purpose in Consent.Purpose:
        if purpose in purposes:
            text = consent_texts.shown(purpose, language)
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
                    given_at=now,
                )
            )
    Consent.objects.bulk_create(rows, ignore_conflicts=True)
