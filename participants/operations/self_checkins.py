"""People check in by themselves: whoever is in the room reads a code on the wall that changes every half minute."""

from __future__ import annotations

import hmac
from datetime import datetime
from uuid import uuid4

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from participants import tokens
from participants.models import AttendanceFact, Mark, Registration
from participants.operations import guesses, scanners
from participants.operations.refusals import Refused
from programs.models import TrainingSession

HALF_MINUTE = 30  # seconds
STILL_GOOD = 1  # turns after its own in which a code is taken: whoever reads it also has to type it


class SelfCheckInClosed(Refused):
    code = "self_checkin_closed"
    sentence = _("Absen mandiri belum dibuka.")
    remedy = _("Tunjukkan tiketmu di pintu.")


class NotConfirmed(Refused):
    code = "self_checkin_not_confirmed"
    sentence = _("Kursimu di sesi ini belum pasti, jadi belum bisa diabsen.")
    remedy = _("Datangi meja panitia; lihat juga Halamanku.")


class WrongWallCode(Refused):
    code = "wrong_wall_code"
    sentence = _("Kode ini tidak cocok, atau sudah berganti.")
    remedy = _("Ketik enam angka yang sekarang tampil di layar ruangan.")


def turn(machine_now: datetime) -> int:
    """The half minute of `machine_now`."""
    return int(machine_now.timestamp()) // HALF_MINUTE


def code_on_the_wall(session: TrainingSession, machine_now: datetime) -> str:
    """The six digits that the wall of `session` shows now."""
    return tokens.wall_code(session.slug, turn(machine_now))


def is_open(session: TrainingSession, now: datetime) -> bool:
    """Whether people of `session` (region, rule and days at hand) may check in by themselves at `now`."""
    return scanners.rule_of(session).is_self_open and scanners.day_at(session, now)[1] == ""


def check_in(*, registration: Registration, code: str, now: datetime, machine_now: datetime) -> AttendanceFact:
    """Record that the person is there, once a day: a second time returns the first fact, unless staff withdrew it.

    Raises SelfCheckInClosed, NotConfirmed, WrongWallCode and guesses.TooManyCodes.
    """
    with transaction.atomic():
        session = (
            TrainingSession.objects.select_for_update(of=("self",), no_key=True)
            .select_related("region", "door_rule")
            .prefetch_related("days")
            .get(pk=registration.session_id)
        )
        registration = Registration.objects.get(pk=registration.pk)
        if not registration.is_confirmed:
            raise NotConfirmed
        day, _reason = scanners.day_at(session, now)
        if day is None or not is_open(session, now):
            raise SelfCheckInClosed
        who = f"wall:{registration.public_id}"
        guesses.admit(who, machine_now=machine_now)
        if _is_on_the_wall(session, code, machine_now):
            key = tokens.self_check_in(registration.public_id, day.pk)
            holds = registration.attendance.filter(day=day).exists()
            if not holds and AttendanceFact.objects.filter(public_id=key).exists():
                key = uuid4()
            late = now >= scanners.rule_of(session).late_from(day)
            fact, _is_new = AttendanceFact.objects.get_or_create(
                public_id=key,
                defaults={
                    "registration": registration,
                    "day": day,
                    "session": session,
                    "kind": AttendanceFact.Kind.SCAN,
                    "source": AttendanceFact.Source.SELF,
                    "mark": Mark.LATE if late else Mark.PRESENT,
                    "happened_at": now,
                    "recorded_at": now,
                },
            )
            return fact
        guesses.note(who, machine_now=machine_now)
    raise WrongWallCode


def _is_on_the_wall(session: TrainingSession, code: str, machine_now: datetime) -> bool:
    now = turn(machine_now)
    good = [tokens.wall_code(session.slug, now - ago) for ago in range(STILL_GOOD + 1)]
    return sum(hmac.compare_digest(one.encode(), code.encode()) for one in good) > 0
