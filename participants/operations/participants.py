"""People's own data."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from participants.models import Participant, Registration
from participants.operations import accessibility
from participants.operations.refusals import Refused
from portal.accounts.models import User
from programs.models import Region


class BirthDateIsSettled(Refused):
    code = "birth_date_settled"
    sentence = _("Tanggal lahir tidak bisa diubah selama kamu terdaftar.")
    remedy = _("Batalkan pendaftaran lalu daftar lagi, atau hubungi koordinator wilayahmu.")


class ProfileIncomplete(Refused):
    code = "profile_incomplete"
    sentence = _("Nomor ponsel dan kegiatanmu belum diisi.")
    remedy = _("Isi keduanya, lalu kirim lagi.")


class GuardianFirst(Refused):
    code = "guardian_first"
    sentence = _("Data lain baru boleh diisi sesudah orang tua atau walimu setuju.")
    remedy = _("Minta orang tua atau walimu membuka surat dari kami.")


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
    accessibility_needs: str | None = None,
) -> Participant:
    """Make or change the participant of `user`, within a transaction that the caller has begun. `phone` is E.164.

    `accessibility_needs` is asked for at every session ahead; None leaves what was asked as it is. Of a minor
    (`is_minor`: younger than the edition's adult age on the session's first day) without a guardian's yes nothing but
    name, birth date, region and language is kept. Raises BirthDateIsSettled while a registration lives.
    """
    lock_account(user)
    participant = Participant.objects.select_for_update(no_key=True).filter(user=user).first()
    if participant is None:
        participant = Participant(user=user, created_at=now)
    elif participant.birth_date != birth_date and participant.registrations.live().exists():
        raise BirthDateIsSettled
    participant.full_name, participant.birth_date = full_name, birth_date
    participant.region, participant.language = region, language
    if not is_minor:
        participant.phone, participant.occupation, participant.gender = phone, occupation, gender
    participant.save()
    if not is_minor and accessibility_needs is not None:
        accessibility.say_everywhere(participant=participant, need=accessibility_needs, now=now)
    return participant


save_profile = transaction.atomic(write_profile)  # the same in a transaction of its own


def lock_account(user: User) -> None:
    """Let nobody else write what `user` is making, a profile or a draft, until the transaction ends."""
    User.objects.select_for_update(no_key=True).only("pk").get(pk=user.pk)


@transaction.atomic
def complete_profile(
    *,
    participant: Participant,
    phone: str,
    occupation: str,
    now: datetime,
    gender: str = "",
    accessibility_needs: str = "",
) -> Participant:
    """Add what a minor is asked only after the guardian's yes. Raises GuardianFirst before it."""
    participant = Participant.objects.select_for_update(no_key=True).get(pk=participant.pk)
    if participant.registrations.live().exclude(
        guardian__in=[Registration.Guardian.NOT_NEEDED, Registration.Guardian.GIVEN]
    ):
        raise GuardianFirst
    participant.phone, participant.occupation, participant.gender = phone, occupation, gender
    participant.save(update_fields=["phone", "occupation", "gender"])
    accessibility.say_everywhere(participant=participant, need=accessibility_needs, now=now)
    return participant
