"""People's own data."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from participants.models import Participant
from participants.operations.refusals import Refused
from portal.accounts.models import User
from programs.models import Region


class BirthDateDiffers(Refused):
    code = "birth_date_differs"
    sentence = _("Tanggal lahir ini berbeda dari yang tercatat di pendaftaranmu yang lain.")
    remedy = _("Kalau yang tercatat keliru, betulkan dulu di halaman Datamu, lalu daftar lagi.")


class ProfileIncomplete(Refused):
    code = "profile_incomplete"
    sentence = _("Nomor ponsel dan kegiatanmu belum diisi.")
    remedy = _("Isi keduanya, lalu kirim lagi.")


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
    nothing but name, birth date, region and language is kept. Raises BirthDateDiffers while a registration lives.
    """
    participant = Participant.objects.select_for_update(no_key=True).filter(user=user).first()
    if participant is None:
        participant = Participant(user=user, created_at=now)
    elif participant.birth_date != birth_date and participant.registrations.live().exists():
        raise BirthDateDiffers
    participant.full_name, participant.birth_date = full_name, birth_date
    participant.region, participant.language = region, language
    if not is_minor:
        participant.phone, participant.occupation, participant.gender = phone, occupation, gender
    participant.save()
    write_in(user, language)
    return participant


def write_in(user: User, language: str) -> None:
    """From now on write to `user` in `language`, also about what they registered for in another."""
    if user.language == language:
        return
    with transaction.atomic():
        user.language = language
        user.save(update_fields=["language"])
        Participant.objects.filter(user=user).update(language=language)
