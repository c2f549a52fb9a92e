"""People's own data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Case, QuerySet, When
from django.utils.translation import gettext_lazy as _

from participants.models import Participant, Registration
from participants.operations import consents
from participants.operations.refusals import Refused
from portal.accounts.models import User
from programs.compiled import compiled, write_new
from programs.models import Region

WRONG_DATA = "wrong_data"  # the reason code of a request to put something right


class BirthDateDiffers(Refused):
    code, appeal = "birth_date_differs", WRONG_DATA
    sentence = _("Tanggal lahir ini berbeda dari yang tercatat di pendaftaranmu yang lain.")
    remedy = _("Kalau yang tercatat keliru, minta koordinator wilayah membetulkannya, lalu daftar lagi.")

    def __init__(self, registration: Registration | None) -> None:
        """`registration` is the one at which the date is recorded, whose coordinator can be asked."""
        super().__init__()
        self.about = registration.session if registration else None


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
    on: date,
    now: datetime,
    is_minor: bool = False,
    phone: str = "",
    occupation: str = "",
    gender: str = "",
) -> Participant:
    """Make or change the participant of `user`, within a transaction that the caller has begun. `phone` is E.164.

    Of a minor (`is_minor`: younger than the edition's adult age on the session's first local day `on`) without a
    guardian's yes nothing but name, birth date, region and language is kept. Another number ends the consent to
    WhatsApp. Raises BirthDateDiffers while a registration lives, and for what `makes_older`.
    """
    participant = _locked.first(user=user.pk)
    if participant is None:
        participant = Participant(user=user, created_at=now)
    elif _is_settled(participant, birth_date, on=on):
        raise BirthDateDiffers(last_registration(participant))
    told = {"full_name": full_name, "birth_date": birth_date, "region_id": region.pk, "language": language}
    if not is_minor:
        told |= {"phone": phone, "occupation": occupation, "gender": gender}
    is_new, before = participant.pk is None, {name: getattr(participant, name) for name in told}
    for name, value in told.items():
        setattr(participant, name, value)
    participant.region = region
    if is_new:
        write_new(participant)
    elif told != before:
        participant.save()
    if not (is_new or is_minor) and before["phone"] != phone:
        consents.follow_number(participant, now=now)
    write_in(user, language)
    return participant


@compiled
def _locked(*, user: Any) -> QuerySet[Participant]:
    return Participant.objects.filter(user=user).select_for_update(no_key=True)


def _is_settled(participant: Participant, born: date, *, on: date) -> bool:
    """Whether the birth date `born` is not to be had by typing it."""
    differs = participant.birth_date != born
    return (differs and participant.registrations.live().exists()) or makes_older(participant, born, on=on)


def makes_older(participant: Participant, born: date, *, on: date) -> bool:
    """Whether somebody for whom a guardian was asked, and still would be on the local date `on`, says `born` that they
    are older than was recorded, or of age after their data were erased: nobody gets round a guardian by typing."""
    recorded, until = participant.birth_date, participant.guardian_until
    if born >= recorded and until is None and not participant.is_erased:
        return False
    asked = participant.registrations.exclude(guardian=Registration.Guardian.NOT_NEEDED).select_related("program")
    if not (last := asked.order_by("-pk").first()):
        return False
    if until is None and participant.is_erased:  # before this was written down: of the birth date the year was left
        until = date(recorded.year + last.program.adult_age + 1, 1, 1)
    needs_guardian = partial(last.program.needs_guardian, on=on)
    if until and on < until and not needs_guardian(born):
        return True
    return born < recorded and not participant.is_erased and needs_guardian(recorded)


def settled_in(participant: Participant, *, on: date) -> Registration | None:
    """The registration whose coordinator can say that somebody is older, whom a guardian decides for on the local date
    `on`; None while they can say so by themselves."""
    return last_registration(participant) if makes_older(participant, date.min, on=on) else None


def last_registration(participant: Participant) -> Registration | None:
    """The one that lives, else the newest, with its session at hand; where what is wrong can be put right."""
    rows = participant.registrations.select_related("session").alias(
        lets_go=Case(When(place=Registration.Place.RELEASED, then=1), default=0)
    )
    return rows.order_by("lets_go", "-pk").first()


def write_in(user: User, language: str) -> None:
    """From now on write to `user` in `language`, also about what they registered for in another."""
    if user.language == language:
        return
    with transaction.atomic():
        user.language = language
        user.save(update_fields=["language"])
        Participant.objects.filter(user=user).update(language=language)
