"""What devices at the door saw: each scan a fact that is kept once, however often and in whatever order it is sent.

A scan of a registration of the session within the door's hours is a fact, whatever place the registration has by then,
unless its ticket had been replaced: then nobody knows who held it;
only the confirmed are read from facts. What somebody should look at is noted besides: nothing is lost, and nothing but
a good scan, or a member of staff, says that somebody was there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from participants.documents import tickets
from participants.models import AttendanceFact, Deed, DoubtfulScan, Mark, Registration, Scanner, TicketChange
from participants.operations import attendance, deeds, scanners
from participants.operations.refusals import Refused
from portal.accounts.models import User
from programs.compiled import compiled
from programs.models import TrainingDay

CLOCKS_DIFFER = timedelta(minutes=2)  # a scan further ahead than this was made by a broken clock
MOST_ABOUT_NOBODY = 200  # scans that a device may leave in a day and that are about nobody of the session
ONE_LOOK = timedelta(minutes=2)  # held under the same device again within this time, a ticket is no second use
Kind, Reason = AttendanceFact.Kind, DoubtfulScan.Reason


class AnsweredDoubt(Refused):
    code = "scan_answered_before"
    sentence = _("Pindaian ini sudah diputuskan.")
    remedy = _("Muat ulang halamannya untuk melihat oleh siapa.")


class NobodyToCount(Refused):
    code = "scan_of_nobody"
    sentence = _("Pindaian ini bukan dari peserta pasti pada hari sesi ini.")
    remedy = _("Daftarkan orangnya dulu, atau jangan dihitung.")


class DeviceIsThere(Refused):
    code = "scanner_not_withdrawn"
    sentence = _("Ponsel ini masih terpasang, jadi pindaiannya diputuskan satu per satu.")
    remedy = _("Cabut dulu ponselnya, kalau memang tidak bisa dipercaya.")


@dataclass(frozen=True)
class Seen:
    """One scan as its device sends it: its id, what was read (a ticket's text, or which a typed code meant), when."""

    public_id: UUID
    device_at: datetime
    ticket: str = ""
    typed: UUID | None = None
    is_leaving: bool = False


@dataclass(frozen=True)
class Answer:
    """What became of one scan: `outcome` is welcome, late, left, already, or the reason for a doubt.

    `at` and `gate` are those of the scan that counted first; where it contradicts staff, `at` and `mark` are theirs.
    """

    public_id: UUID
    outcome: str
    at: datetime | None = None
    gate: str = ""
    mark: str = ""


@dataclass(frozen=True)
class _Read:
    """A scan with what it means: whose it is, on which day and when, and why it is in doubt ("" when it is not)."""

    seen: Seen
    happened_at: datetime
    registration: Registration | None
    day: TrainingDay | None
    doubt: str

    @property
    def kind(self) -> str:
        return Kind.LEAVING if self.seen.is_leaving else Kind.SCAN

    @property
    def is_fact(self) -> bool:
        return bool(self.registration and self.day) and self.doubt in ("", Reason.RELEASED, Reason.NOT_CONFIRMED)


@transaction.atomic
def take(
    *, token: str, scans: Sequence[Seen], sent_at: datetime, now: datetime, machine_now: datetime
) -> tuple[Scanner, list[Answer]]:
    """Keep what the device with `token` saw, and say of each scan what it came to; a repeat gets the same answer.

    `sent_at` is the device's clock at sending: by its distance from `now` the times of all scans are corrected. The
    session is locked as in `attendance.record`. Raises scanners.ScannerIsDead and scanners.AskedTooOften.
    """
    scanner = scanners.known(token, now=now, machine_now=machine_now, lock=True, is_sending=bool(scans))
    wanted = list({seen.public_id: seen for seen in reversed(scans)}.values())[::-1]
    if not wanted:
        return scanner, []
    read = _read(scanner, wanted, now - sent_at, now)
    AttendanceFact.objects.bulk_create(
        [_fact(scanner, scan, now) for scan in read if scan.is_fact], ignore_conflicts=True
    )
    answers, noted = _answers(scanner, read)
    reasons = {scan.seen.public_id: scan.doubt for scan in read if scan.doubt} | noted
    doubtful = [scan for scan in read if scan.seen.public_id in reasons]
    doubtful = [*(scan for scan in doubtful if scan.registration), *_bounded(scanner, doubtful, now)]
    if doubtful:
        rows = [_doubt(scanner, scan, reasons[scan.seen.public_id], now) for scan in doubtful]
        DoubtfulScan.objects.bulk_create(rows, ignore_conflicts=True)
    return scanner, answers


@transaction.atomic
def settle(*, doubt: DoubtfulScan, is_counted: bool, by: User, now: datetime) -> None:
    """Say what a doubtful scan comes to: counted, a correction says that the person was present on that day.

    Of one that staff had contradicted the correction says what the scan says. Who was released and added anew is
    counted as who they are now.

    Raises AnsweredDoubt, NobodyToCount, and what `attendance.record` raises.
    """
    rows = DoubtfulScan.objects.with_seats().select_related("session__region")
    doubt = rows.select_for_update(of=("self",)).get(pk=doubt.pk)
    if doubt.answer:
        raise AnsweredDoubt
    if is_counted:
        day_id = doubt.day_id or _day_on(doubt)
        if doubt.registration_id is None or day_id is None:
            raise NobodyToCount
        whom = doubt.seated_id or doubt.registration_id  # type: ignore[attr-defined]
        mark = attendance.NewMark(whom, day_id, _mark_of(doubt))
        attendance.record(session=doubt.session, marks=[mark], by=by, now=now)
    doubt.answer = DoubtfulScan.Answer.COUNTED if is_counted else DoubtfulScan.Answer.DISMISSED
    doubt.answered_by, doubt.answered_at = by, now
    doubt.save(update_fields=["answer", "answered_by", "answered_at"])
    deeds.note(Deed.What.ANSWERED, about=doubt, by=by, now=now, changed={"answer": ("", doubt.answer)})


@transaction.atomic
def dismiss_all(*, scanner: Scanner, by: User, now: datetime) -> int:
    """Count none of the doubtful scans that a withdrawn device left and nobody has answered; return how many.

    What was answered, and what was a good scan, stays. Raises DeviceIsThere.
    """
    if not Scanner.objects.filter(pk=scanner.pk, withdrawn_at__isnull=False).exists():
        raise DeviceIsThere
    dismissed = (
        DoubtfulScan.objects.filter(scanner=scanner)
        .open()
        .update(answer=DoubtfulScan.Answer.DISMISSED, answered_by=by, answered_at=now)
    )
    if dismissed:
        changed = {"doubtful_scans": (dismissed, 0)}
        deeds.note(Deed.What.ANSWERED, about=scanner, by=by, now=now, changed=changed)
    return dismissed


def _read(scanner: Scanner, scans: Iterable[Seen], offset: timedelta, now: datetime) -> list[_Read]:
    mark = tickets.session_mark(scanner.session)
    whose = {seen.public_id: _whose(seen, mark) for seen in scans}
    ids = {one for one in whose.values() if isinstance(one, UUID)}
    people = {row.ticket: row for row in _people(session=scanner.session_id, ids=[*ids])} if ids else {}
    replaced: dict[UUID, TicketChange] = {}
    for change in _changes(scanner.session_id, ids - people.keys()):
        people[change.registration.ticket] = people[change.old] = change.registration
        replaced[change.old] = change
    read = []
    for seen in scans:
        found, at = whose[seen.public_id], seen.device_at + offset
        registration = people.get(found) if isinstance(found, UUID) else None
        dead = replaced.get(found) if isinstance(found, UUID) else None
        day, hours = scanners.day_at(scanner.session, at, is_leaving=seen.is_leaving)
        if isinstance(found, str):
            doubt = found
        elif registration is None:
            doubt = Reason.UNKNOWN
        elif dead and at >= dead.at:
            doubt = Reason.REPLACED
        elif at > now + CLOCKS_DIFFER:
            doubt = Reason.AHEAD
        elif hours:
            doubt = hours
        elif registration.is_confirmed:
            doubt = ""
        else:
            doubt = Reason.NOT_CONFIRMED if registration.is_live else Reason.RELEASED
        read.append(_Read(seen, at, registration, day, doubt))
    return read


@compiled
def _people(*, session: Any, ids: Any) -> QuerySet[Registration]:
    rows = Registration.objects.filter(session=session, public_id__in=ids.each("uuid"))
    return rows.only("public_id", "ticket_id", "place", "guardian", "session_id")


def _changes(session: int, ids: Collection[UUID]) -> Sequence[TicketChange]:
    """What is known of tickets of `session` that are not the first of their registrations, or were replaced."""
    if not ids:
        return []
    changes = TicketChange.objects.filter(Q(old__in=ids) | Q(new__in=ids), registration__session=session)
    return list(changes.select_related("registration").order_by("pk"))


def _whose(seen: Seen, session_mark: bytes) -> UUID | str:
    """The ticket that was meant, or why none can be."""
    if not seen.ticket:
        return seen.typed or Reason.NOT_A_TICKET
    try:
        ticket = tickets.verify(seen.ticket)
    except tickets.NotATicket:
        return Reason.NOT_A_TICKET
    return ticket.ticket if ticket.session == session_mark else Reason.OTHER_SESSION


def _fact(scanner: Scanner, scan: _Read, now: datetime) -> AttendanceFact:
    late = scan.day is not None and scan.happened_at >= scanners.rule_of(scanner.session).late_from(scan.day)
    return AttendanceFact(
        public_id=scan.seen.public_id,
        registration=scan.registration,
        day=scan.day,
        session_id=scanner.session_id,
        kind=scan.kind,
        source=AttendanceFact.Source.SCANNER,
        mark=Mark.LEFT_EARLY if scan.seen.is_leaving else Mark.LATE if late else Mark.PRESENT,
        device_at=scan.seen.device_at,
        happened_at=scan.happened_at,
        recorded_at=now,
        scanner=scanner,
        gate=scanner.gate,
    )


def _doubt(scanner: Scanner, scan: _Read, reason: str, now: datetime) -> DoubtfulScan:
    return DoubtfulScan(
        public_id=scan.seen.public_id,
        session_id=scanner.session_id,
        scanner=scanner,
        registration=scan.registration,
        day=scan.day,
        reason=reason,
        device_at=scan.seen.device_at,
        happened_at=scan.happened_at,
        recorded_at=now,
    )


def _bounded(scanner: Scanner, doubtful: Sequence[_Read], now: datetime) -> list[_Read]:
    """Of scans that are about nobody as many as a device may leave in a day: a flood must not bury the others."""
    about_nobody = [scan for scan in doubtful if not scan.registration]
    if not about_nobody:
        return []
    since = now - timedelta(days=1)
    left = DoubtfulScan.objects.filter(scanner=scanner, registration=None, recorded_at__gt=since).count()
    return about_nobody[: max(MOST_ABOUT_NOBODY - left, 0)]


def _answers(scanner: Scanner, read: Sequence[_Read]) -> tuple[list[Answer], dict[UUID, str]]:
    """What each scan came to, and why somebody should look at those that are facts and yet in doubt, by their ids.

    The first of a person's scans on a day, in the server's order, is the one that was welcome: that changes only by
    what staff withdraw.
    """
    people = {scan.registration.pk for scan in read if scan.is_fact and scan.registration}
    cells: dict[tuple[int, int], list[AttendanceFact]] = {}
    own: dict[UUID, AttendanceFact] = {}
    for one in _facts(session=scanner.session_id, people=[*people]) if people else []:
        cells.setdefault((one.registration_id, one.day_id), []).append(one)
        if one.kind not in attendance.BY_STAFF:
            own[one.public_id] = one
    answers, noted = [], {}
    for scan in read:
        public_id, fact = scan.seen.public_id, own.get(scan.seen.public_id)
        if scan.doubt or fact is None:  # an id that another session's scan has used already names nobody here
            answers.append(Answer(public_id, scan.doubt or Reason.UNKNOWN))
            continue
        answer, reason = answer_to(fact, cells[fact.registration_id, fact.day_id])
        answers.append(answer)
        if reason:
            noted[public_id] = reason
    return answers, noted


def answer_to(fact: AttendanceFact, history: Sequence[AttendanceFact]) -> tuple[Answer, str]:
    """What a scan came to, and the reason for a doubt, if any. `history` are all facts of its person and day."""
    before = [one for one in attendance.standing(history) if one.pk <= fact.pk]
    cleared = max((one.pk for one in before if not one.mark), default=0)
    before = [one for one in before if one.pk > cleared]
    alike = [one for one in before if one.kind == fact.kind]
    winner = alike[0]
    apart = abs(fact.seen_at - winner.seen_at)
    again = winner.pk != fact.pk and (fact.scanner_id != winner.scanner_id or apart > ONE_LOOK)
    said = next((one for one in reversed(before) if one.kind == Kind.CORRECTION), None)
    if said and contradicts(fact, said):
        is_first = not any(one.pk > said.pk for one in alike[:-1])
        reason = Reason.OVERRULED if is_first else Reason.AGAIN if again else ""
        return Answer(fact.public_id, Reason.OVERRULED, said.recorded_at, mark=said.mark), reason
    if winner.pk == fact.pk:
        outcome = {Mark.PRESENT: "welcome", Mark.LATE: "late", Mark.LEFT_EARLY: "left"}[Mark(fact.mark)]
    else:
        outcome = "already"
    return Answer(fact.public_id, outcome, winner.seen_at, winner.gate), Reason.AGAIN if again else ""


def contradicts(scan: AttendanceFact, said: AttendanceFact) -> bool:
    """Whether a scan, at a door or by the person, counts for nothing since staff had said something else."""
    if scan.kind == Kind.LEAVING:
        return said.mark != Mark.LEFT_EARLY
    return said.mark in (Mark.EXCUSED, Mark.ABSENT)


@compiled
def _facts(*, session: Any, people: Any) -> QuerySet[AttendanceFact]:
    """What doors and staff said of these people, in the server's order."""
    rows = AttendanceFact.objects.filter(session=session, registration__in=people.each())
    columns = ["public_id", "registration_id", "day_id", "kind", "mark", "gate", "scanner_id", "batch"]
    columns += ["happened_at", "device_at", "recorded_at"]
    return rows.order_by("pk").only(*columns)


def _mark_of(doubt: DoubtfulScan) -> str:
    """What the scan itself says, where staff had said something else; of others that the person was present."""
    if doubt.reason != Reason.OVERRULED:
        return Mark.PRESENT
    scan = AttendanceFact.objects.filter(public_id=doubt.public_id).values_list("mark", flat=True).first()
    return scan or Mark.PRESENT


def _day_on(doubt: DoubtfulScan) -> int | None:
    date = doubt.happened_at.astimezone(doubt.session.region.zone).date()
    return TrainingDay.objects.filter(session=doubt.session_id, date=date).values_list("pk", flat=True).first()
