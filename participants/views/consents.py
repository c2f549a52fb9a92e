"""What the reader agreed to: when, in which words, who gave it; and taking it back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from participants import consent_texts
from participants.models import Consent, Participant
from participants.operations import consents, withdrawals
from participants.operations.refusals import Refused
from portal import clock, languages


@dataclass(frozen=True)
class Given:
    """One consent with the very words that were agreed to."""

    consent: Consent
    words: str


def my_consents(request: HttpRequest) -> HttpResponse:
    """List the reader's consents; a POST gives an optional one (`give`) or takes one back (`withdraw`)."""
    participant = Participant.objects.select_related("region").filter(user=request.user).first()
    if participant is None:
        return redirect("my_page")
    if request.method != "POST":
        return _show(request, participant)
    try:
        _change(request, participant)
    except Refused as refusal:
        return _show(request, participant, refusal)
    return redirect("my_consents")


def _change(request: HttpRequest, participant: Participant) -> None:
    purpose, given = request.POST.get("withdraw", ""), request.POST.get("give", "")
    if purpose in Consent.Purpose.values:
        withdrawals.withdraw(participant=participant, purpose=Consent.Purpose(purpose), now=clock.now())
        messages.success(request, _("Persetujuan itu sudah ditarik dan berhenti berlaku mulai sekarang."))
    elif given in consent_texts.offered() and given not in consent_texts.REQUIRED:
        consents.add(
            participant=participant, purpose=Consent.Purpose(given), now=clock.now(), language=languages.current()
        )
        messages.success(request, _("Terima kasih, persetujuanmu tercatat."))


def _show(request: HttpRequest, participant: Participant, refusal: Refused | None = None) -> HttpResponse:
    rows = [Given(row, consent_texts.agreed(row)) for row in participant.consents.order_by("-pk")]
    standing = [given for given in rows if given.consent.withdrawn_at is None]
    purposes = {given.consent.purpose for given in standing}
    texts = consent_texts.all_shown(languages.current())
    may_add = purposes >= consent_texts.REQUIRED and not consents.is_minor(participant)
    context: dict[str, Any] = {
        "standing": _by_purpose(standing),
        "ended": [given for given in rows if given.consent.withdrawn_at is not None],
        "optional": [text for text in texts if may_add and text.purpose not in purposes],
        "region": participant.region,
        "is_minor": consents.is_minor(participant),
        "refusal": refusal,
    }
    return render(request, "participants/consents.html", context, status=409 if refusal else 200)


def _by_purpose(standing: list[Given]) -> list[tuple[Consent.Purpose, bool, list[Given]]]:
    """Each purpose that stands, whether nobody takes part without it, and who gave it."""
    return [
        (purpose, purpose in consent_texts.REQUIRED, given)
        for purpose in Consent.Purpose
        if (given := [row for row in standing if row.consent.purpose == purpose])
    ]
