"""A guardian's no, and a yes taken back: no other guardian is asked after it unless a coordinator has agreed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from participants import tokens
from participants.addresses import inbox_key
from participants.models import Appeal, GuardianRequest, Participant
from participants.operations.refusals import Refused
from programs.models import TrainingSession

Answer = GuardianRequest.Answer


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
    """The last no that stands of a guardian of `participant`, or yes that one took back."""
    return next(iter(_standing(participant)), None)


def check(participant: Participant, email: str) -> None:
    """Raise GuardianSaidNo while the no of somebody else than who reads at `email` stands, and no coordinator has
    granted since that another may be asked."""
    nos, inbox = _standing(participant), inbox_key(email)
    elsewhere = [no for no in nos if not _reads_at(no.request, inbox)]
    granted = _granted(participant) if elsewhere else []
    if not all(any(no.said_at <= at for at in granted) for no in elsewhere):
        raise GuardianSaidNo(nos[0].request.registration.session)


def _standing(participant: Participant) -> list[No]:
    """The newest first. What ends one is a yes from the same inbox, or from one that was asked after a coordinator had
    granted it: no yes of somebody who was asked beside, about another edition."""
    asked = GuardianRequest.objects.filter(registration__participant=participant, answered_at__isnull=False)
    rows = [*asked.filter(answer__in=[Answer.GIVEN, Answer.REFUSED]).select_related("registration__session")]
    nos = [No(row, at) for row in rows if (at := _said_no_at(row))]
    agreed = [row for row in rows if row.answer == Answer.GIVEN]
    granted = _granted(participant) if nos and agreed else []
    standing = [no for no in nos if not any(_ends(yes, no, granted) for yes in agreed)]
    return sorted(standing, key=lambda no: (no.said_at, no.request.pk), reverse=True)


def _said_no_at(request: GuardianRequest) -> datetime | None:
    return request.answered_at if request.answer == Answer.REFUSED else request.taken_back_at


def _ends(yes: GuardianRequest, no: No, granted: list[datetime]) -> bool:
    if yes.answered_at is None or yes.answered_at <= no.said_at:
        return False
    return _is_same_inbox(yes, no.request) or any(no.said_at <= at <= yes.asked_at for at in granted)


def _granted(participant: Participant) -> list[datetime]:
    """When coordinators granted that another guardian may be asked."""
    asked_for = Appeal.objects.filter(user=participant.user_id, code=GuardianSaidNo.code, answered_at__isnull=False)
    answers = asked_for.filter(verdict=Appeal.Verdict.GRANTED).values_list("answered_at", flat=True)
    return [at for at in answers if at]


def _reads_at(request: GuardianRequest, inbox: str) -> bool:
    """Whether `request` went to `inbox`, which is known too when its address is gone."""
    if request.email:
        return inbox_key(request.email) == inbox
    return tokens.is_inbox_hash(request.inbox_hash, inbox)


def _is_same_inbox(one: GuardianRequest, other: GuardianRequest) -> bool:
    if one.email:
        return _reads_at(other, inbox_key(one.email))
    if other.email:
        return _reads_at(one, inbox_key(other.email))
    return one.inbox_hash == other.inbox_hash != ""
