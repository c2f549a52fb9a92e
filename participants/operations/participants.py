"""People's own data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from participants.models import Participant, Registration
from participants.operations import consents
from participants.operations.refusals import Refused
from portal.accounts.models import User
from programs.compiled import compiled
from programs.models import Region


class BirthDateDiffers(Refused):
    code = "birth_date_differs"
    sentence = _("Tanggal lahir ini berbeda dari yang tercatat di pendaftaranmu yang lain.")
    remedy = _("Kalau yang tercatat keliru, betulkan dulu di halaman Datamu, lalu daftar lagi.")


class ProfileIncomplete(Refused):
    code = "profile_incomplete"
    sentence = _("Nomor ponsel dan kegiatanmu belum diisi.")
    remedy = _("Isi keduanya, lalu kirim lagi.")


@dataclass(frozen=True)
class Profile:
    """What a person says of themselves when registering. `phone` is E.164."""

    full_name: str
    birth_date: date
    region: Region
    language: str
    phone: str = ""
    occupation: str = ""
    gender: str = ""
    accessibility_needs: str = ""


def write_profile(
    *,
    user: User,
    full_name: str,
    birth_date: date,
    region: Region,
    language: str,
    now: datetime,
    is_minor: bool = False,
    phone: str = "",
    occupation: str = "",
    gender: str = "",
) -> Participant:
    """Make or change the participant of `user`, within a transaction that the caller has begun. `phone` is E.164.

    Of a minor (`is_minor`: younger than the edition's adult age on the session's first day) without a guardian's yes
    nothing but name, birth date, region and language is kept. Another number ends the consent to WhatsApp.
    Raises BirthDateDiffers while a registration lives, and for whoever would come of age after a guardian's no.
    """
    participant = _locked.first(user=user.pk)
    if participant is None:
        participant = Participant(user=user, created_at=now)
    elif participant.birth_date != birth_date and _is_settled(participant, is_minor=is_minor):
        raise BirthDateDiffers
    participant.full_name, participant.birth_date = full_name, birth_date
    participant.region, participant.language = region, language
    moved = not is_minor and participant.pk is not None and participant.phone != phone
    if not is_minor:
        participant.phone, participant.occupation, participant.gender = phone, occupation, gender
    participant.save()
    if moved:
        consents.follow_number(participant, now=now)
    write_in(user, language)
    return participant


@compiled
def _locked(*, user: Any) -> QuerySet[Participant]:
    return Participant.objects.filter(user=user).select_for_update(no_key=True)


def _is_settled(participant: Participant, *, is_minor: bool) -> bool:
    """Whether another birth date is not to be had by typing it: nobody comes of age because a guardian said no."""
    return participant.registrations.live().exists() or (not is_minor and was_refused_by_guardian(participant))


def was_refused_by_guardian(participant: Participant) -> bool:
    """Whether a guardian of `participant` has ever said no."""
    return participant.registrations.filter(release_reason=Registration.Release.GUARDIAN_REFUSED).exists()


def write_in(user: User, language: str) -> None:
    """From now on write to `user` in `language`, also about what they registered for in another."""
    if user.language == language:
        return
    with transaction.atomic():
        user.language = language
        user.save(update_fields=["language"])
        Participant.objects.filter(user=user).update(language=language)
