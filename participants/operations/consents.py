"""Agreements: given and withdrawn, with the very text that was shown."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from participants import consent_texts
from participants.models import Consent, Participant
from participants.operations.refusals import Refused


class ConsentMissing(Refused):
    code = "consent_missing"
    sentence = _("Tanpa persetujuan atas pemakaian data untuk pelatihan, kami tidak boleh mendaftarkan kamu.")
    remedy = _("Baca teksnya, lalu centang kotak persetujuan.")


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
