"""People check in by themselves: whoever is in the room reads a code on the wall that changes every half minute."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from participants import tokens
from participants.models import AttendanceFact, DoubtfulScan, Mark, Registration
from participants.operations import attendance, guesses, row_locks, scanners, scans
from participants.operations.refusals import Refused
from programs.models import TrainingDay, TrainingSession

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


@dataclass(frozen=True)
class Overruled:
    """A check-in that counts for nothing, since staff had said something else (`mark`) of that day before.

    `is_dismissed`: whether staff have looked at it and stay with theirs.
    """

    mark: Mark
    is_dismissed: bool

    @property
    def code(self) -> str:
        """What whoever helps is told."""
        return "self_checkin_dismissed" if self.is_dismissed else "self_checkin_overruled"


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
    """Record that the person is there, once a day: a second time returns that fact, unless staff withdrew it since.

    Where staff have said that the person is not there theirs holds, and the first check-in since is noted for them to
    look at, as a scan at the door is; `overruled` tells so.

    Raises SelfCheckInClosed, NotConfirmed, WrongWallCode and guesses.TooManyCodes.
    """
    with transaction.atomic():
        row_locks.hold_session(registration.session)
        rows = TrainingSession.objects.select_related("region", "door_rule").prefetch_related("days")
        session = rows.get(pk=registration.session_id)
        registration = Registration.objects.get(pk=registration.pk)
        if not registration.is_confirmed:
            raise NotConfirmed
        day, _reason = scanners.day_at(session, now)
        if day is None or not is_open(session, now):
            raise SelfCheckInClosed
        who = f"wall:{registration.public_id}"
        guesses.admit(who, machine_now=machine_now)
        if _is_on_the_wall(session, code, machine_now):
            history = _history(registration, day.pk)
            return _own(history) or _record(registration, session, day, history, now)
        guesses.note(who, machine_now=machine_now)
    raise WrongWallCode


def overruled(*, registration: Registration, day_id: int) -> Overruled | None:
    """What became of the person's check-in on that day, if staff had said something else before and still do."""
    history = _history(registration, day_id)
    own, said = _own(history), _said(attendance.standing(history))
    if own is None or said is None or not scans.contradicts(own, said):
        return None
    noted = DoubtfulScan.objects.filter(registration=registration, day=day_id, reason=DoubtfulScan.Reason.OVERRULED)
    latest = noted.order_by("pk").last()
    return Overruled(Mark(said.mark), latest is not None and latest.answer == DoubtfulScan.Answer.DISMISSED)


def _history(registration: Registration, day_id: int) -> list[AttendanceFact]:
    return list(AttendanceFact.objects.filter(registration=registration, day=day_id).order_by("pk"))


def _own(history: Sequence[AttendanceFact]) -> AttendanceFact | None:
    """The person's last check-in, unless staff have cleared the day or said otherwise since."""
    standing = attendance.standing(history)
    own = next((fact for fact in reversed(standing) if fact.source == AttendanceFact.Source.SELF), None)
    if own is None:
        return None
    since = [fact for fact in standing if fact.pk > own.pk]
    said = _said(since)
    is_cleared = any(not fact.mark for fact in since)
    return None if is_cleared or (said and scans.contradicts(own, said)) else own


def _said(standing: Sequence[AttendanceFact]) -> AttendanceFact | None:
    """What staff said last."""
    return next((fact for fact in reversed(standing) if fact.kind == AttendanceFact.Kind.CORRECTION), None)


def _record(
    registration: Registration,
    session: TrainingSession,
    day: TrainingDay,
    history: Sequence[AttendanceFact],
    now: datetime,
) -> AttendanceFact:
    key = tokens.self_check_in(registration.public_id, day.pk)
    late = now >= scanners.rule_of(session).late_from(day)
    fact = AttendanceFact.objects.create(
        public_id=uuid4() if any(one.public_id == key for one in history) else key,
        registration=registration,
        day=day,
        session=session,
        kind=AttendanceFact.Kind.SCAN,
        source=AttendanceFact.Source.SELF,
        mark=Mark.LATE if late else Mark.PRESENT,
        happened_at=now,
        recorded_at=now,
    )
    _answer, reason = scans.answer_to(fact, [*history, fact])
    if reason == DoubtfulScan.Reason.OVERRULED:
        DoubtfulScan.objects.create(
            public_id=fact.public_id,
            session=session,
            registration=registration,
            day=day,
            reason=reason,
            device_at=now,
            happened_at=now,
            recorded_at=now,
        )
    return fact


def _is_on_the_wall(session: TrainingSession, code: str, machine_now: datetime) -> bool:
    now = turn(machine_now)
    good = [tokens.wall_code(session.slug, now - ago) for ago in range(STILL_GOOD + 1)]
    return sum(hmac.compare_digest(one.encode(), code.encode()) for one in good) > 0
