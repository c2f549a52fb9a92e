"""Saying that one cannot come to days of a training, and taking it back. It excuses nothing: only staff's mark does."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from participants import queries
from participants.models import Appeal, Registration
from participants.models.appeals import absence_code
from participants.operations import constraints, row_locks
from participants.operations.refusals import Refused
from programs.models import TrainingDay


class AbsenceSaidBefore(Refused):
    code = "absence_said_before"
    sentence = _("Kabarmu soal hari itu sudah kami terima.")
    remedy = _("Cukup sekali: koordinator wilayahmu membacanya di daftar hadir, dan jawabannya tampil di halamanmu.")


class NoDayToMiss(Refused):
    code = "no_day_to_miss"
    sentence = _("Sekarang kamu tidak bisa mengabari bahwa kamu tidak datang pada hari itu.")
    remedy = _("Mungkin harinya sudah mulai, sudah dicatat, atau dipindah. Lihat hari-harimu di halamanmu.")


class NothingToTakeBack(Refused):
    code = "nothing_to_take_back"
    sentence = _("Kabar ini tidak bisa ditarik kembali lagi.")
    remedy = _("Sudah dijawab, atau harinya sudah mulai. Tetap datang? Tinggal tunjukkan tiketmu.")


def days_to_miss(registration: Registration, *, now: datetime) -> list[TrainingDay]:
    """The days of which the person of `registration`, whose session is at hand, can still say that they cannot come:
    they are expected then, and have not said so."""
    days = _expected(registration, now=now)
    said = _said(registration, days={day.date for day in days})
    return [day for day in days if absence_code(day.date) not in said]


def nothing_left(registration: Registration, *, now: datetime) -> Refused:
    """Why `days_to_miss` has none: the person has said so of all of them, or is expected on none."""
    return AbsenceSaidBefore() if _expected(registration, now=now) else NoDayToMiss()


@transaction.atomic
def say(*, registration: Registration, days: Collection[date], text: str, now: datetime) -> list[Appeal]:
    """Write down that the person of `registration`, whose session is at hand, cannot come on `days`, with or without
    why. What was said before stays as it is.

    Raises AbsenceSaidBefore when that is all of it, NoDayToMiss when there is no day or one on which they are not
    expected, AccountSwitchedOff; then nothing is written.
    """
    user = registration.participant.user
    row_locks.lock_own_account(user)
    held = row_locks.lock_registration(registration)
    held.session = registration.session
    said = _said(held, days=days)
    new = [day for day in sorted(set(days)) if absence_code(day) not in said]
    if said and not new:
        raise AbsenceSaidBefore
    if not new or not set(new) <= {day.date for day in _expected(held, now=now)}:
        raise NoDayToMiss
    about = {"user": user, "session": held.session, "registration": held, "text": text, "asked_at": now}
    with constraints.told_as({"one_word_per_day_to_miss": AbsenceSaidBefore}), transaction.atomic():
        return Appeal.objects.bulk_create([Appeal(code=absence_code(day), **about) for day in new])


@transaction.atomic
def take_back(*, registration: Registration, day: date, now: datetime) -> None:
    """Forget that the person of `registration`, whose session is at hand, cannot come on `day`: they come after all.

    Raises NothingToTakeBack once the day has begun or somebody has answered, AccountSwitchedOff.
    """
    row_locks.lock_own_account(registration.participant.user)
    rows = Appeal.objects.open().filter(registration=registration, code=absence_code(day))
    said = rows.select_for_update(no_key=True).first()
    if said is None:
        raise NothingToTakeBack
    said.session = registration.session
    if not said.can_be_taken_back(now):
        raise NothingToTakeBack
    said.delete()


def _expected(registration: Registration, *, now: datetime) -> list[TrainingDay]:
    return queries.days_ahead(registration, queries.marks_so_far(registration, now=now), now=now)


def _said(registration: Registration, *, days: Collection[date]) -> set[str]:
    """The codes of what was said of `days`. What was taken back is no row."""
    said = registration.appeals.filter(code__in=[absence_code(day) for day in days])
    return set(said.values_list("code", flat=True))
