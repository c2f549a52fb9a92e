"""A guardian's no, and a yes taken back: no other guardian is asked after it unless a coordinator has agreed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from participants import tokens
from participants.addresses import inbox_key
from participants.models import Appeal, Consent, GuardianRequest, Participant
from participants.operations.refusals import Refused
from programs.models import TrainingSession

Answer, Giver = GuardianRequest.Answer, Consent.Giver


class GuardianSaidNo(Refused):
    code = appeal = "guardian_said_no"
    sentence = _("Orang tua atau wali yang kami tanya sudah menjawab tidak, atau menarik persetujuannya.")
    remedy = _(
        "Tulis alamat yang sama kalau mereka berubah pikiran. Untuk alamat lain, minta dulu kepada koordinator wilayah."
    )

    def __init__(self, session: TrainingSession) -> None:
        """`session` is the one about which the guardian was asked, whose coordinator can be asked."""
        super().__init__()
        self.about = session


@dataclass(frozen=True)
class No:
    """The guardian's word `request` against taking part, and when (programme time) it was said."""

    request: GuardianRequest
    said_at: datetime


def last(participant: Participant) -> No | None:
    """The last no of a guardian of `participant`, or the last yes that a guardian took back; None once one has agreed
    since."""
    asked = GuardianRequest.objects.filter(registration__participant=participant)
    asked = asked.select_related("registration__session").order_by("-answered_at", "-pk")
    said = [No(row, row.answered_at) for row in asked.filter(answer=Answer.REFUSED)[:1] if row.answered_at]
    withdrawn = participant.consents.filter(
        giver=Giver.GUARDIAN, purpose=Consent.Purpose.TRAINING, withdrawn_by=Giver.GUARDIAN
    ).order_by("-withdrawn_at")
    if (ended := withdrawn.first()) and ended.withdrawn_at:
        given = asked.filter(answer=Answer.GIVEN, answered_at__lte=ended.withdrawn_at)
        said += [No(row, ended.withdrawn_at) for row in given[:1]]
    newest = max(said, key=lambda no: no.said_at, default=None)
    has_agreed = newest and asked.filter(answer=Answer.GIVEN, answered_at__gt=newest.said_at).exists()
    return None if has_agreed else newest


def check(participant: Participant, email: str) -> None:
    """Raise GuardianSaidNo when somebody else than who reads at `email` said no last, and no coordinator has granted
    since that another may be asked."""
    no = last(participant)
    if no is None or _reads_at(no.request, inbox_key(email)):
        return
    asked_for = Appeal.objects.filter(user=participant.user_id, code=GuardianSaidNo.code, answered_at__gte=no.said_at)
    if not asked_for.filter(verdict=Appeal.Verdict.GRANTED).exists():
        raise GuardianSaidNo(no.request.registration.session)


def _reads_at(request: GuardianRequest, inbox: str) -> bool:
    """Whether `request` went to `inbox`, which is known too when its address is gone."""
    if request.email:
        return inbox_key(request.email) == inbox
    return tokens.is_inbox_hash(request.inbox_hash, inbox)
