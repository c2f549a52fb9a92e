"""Acts that take many places at once: one member of staff asks, another says yes, then they are done, once."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4, uuid5

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from participants.models import Approval, Deed, Registration, RegistrationImport
from participants.operations import (
    deeds,
    import_undos,
    locks,
    moves,
    registrations,
    row_locks,
    second_persons,
    sessions,
)
from participants.operations.refusals import Refused
from portal.accounts.models import User
from programs.models import TrainingSession

ALONE = 10  # so many places somebody may take alone
VALID = timedelta(hours=24)
WAITS = _("Belum dilakukan: petugas lain harus menyetujuinya dulu, dalam 24 jam.")
Kind, Verdict = Approval.Kind, Approval.Verdict
RIGHTS = {
    Kind.CANCEL_PEOPLE: "participants.cancel_registration",
    Kind.CANCEL_SESSION: "programs.manage_session",
    Kind.MOVE_PEOPLE: "participants.work_with_cohort",
}


@dataclass(frozen=True)
class Done:
    """What became of people with whom something was to be done: with how many it was, and with whom not and why."""

    people: int
    refused: list[tuple[Registration, Refused]]


class SamePerson(Refused):
    code = "same_person"
    sentence = _("Kamu sendiri yang memintanya, jadi orang lain yang harus menyetujui.")
    remedy = _("Minta koordinator lain di wilayah ini, atau pengelola program.")


class DecidedBefore(Refused):
    code = "decided_before"
    sentence = _("Permintaan ini sudah diputuskan atau sudah lewat waktunya.")
    remedy = _("Lihat putusannya di halaman ini; kalau masih perlu, minta lagi.")


@transaction.atomic
def cancel_people(
    *, session: TrainingSession, people: Collection[Registration], reason: str, by: User, now: datetime
) -> int | Approval:
    """Cancel the registrations of `people` of `session`, all or none, or ask a second person where they are many.

    Those that `by` cancelled alone in the last day count as well: ten times one are as many as ten at once. Returns how
    many were released, who had left before not counted, or what waits for somebody's yes.
    """
    if _is_too_much(len(people), by, now):
        return _ask(Kind.CANCEL_PEOPLE, session, people, reason, by, now)
    return _cancel_people([row.pk for row in people], session, reason, by, now)


@transaction.atomic
def ask_of_many(
    *, session: TrainingSession, people: Collection[Registration], reason: str, by: User, now: datetime
) -> Approval | None:
    """Ask a second person where `people` are more than `by` may cancel alone; None where they are not.

    Whoever holds the session has let `take_turns` come first.
    """
    return _ask(Kind.CANCEL_PEOPLE, session, people, reason, by, now) if _is_too_much(len(people), by, now) else None


@transaction.atomic
def cancel_one(*, registration: Registration, reason: str, by: User, now: datetime) -> Registration | Approval:
    """Cancel one registration, or ask a second person of whoever cancelled many in the last day. Raises NotLive."""
    if registration.is_live and _is_too_much(1, by, now):
        return _ask(Kind.CANCEL_PEOPLE, registration.session, [registration], reason, by, now)
    staffs = Registration.Release.CANCELLED_BY_STAFF
    return registrations.cancel(registration=registration, reason=staffs, why=reason, by=by, now=now)


@transaction.atomic
def cancel_session(*, session: TrainingSession, reason: str, by: User, now: datetime) -> TrainingSession | Approval:
    """Cancel a whole session, or ask a second person where many are registered for it, as for `cancel_people`."""
    live = list(Registration.objects.live().filter(session=session))
    if _is_too_much(len(live), by, now):
        return _ask(Kind.CANCEL_SESSION, session, live, reason, by, now)
    return sessions.cancel(session=session, reason=reason, by=by, now=now)


@transaction.atomic
def move_people(
    *,
    session: TrainingSession,
    people: Collection[Registration],
    to: TrainingSession,
    form_key: UUID,
    by: User,
    now: datetime,
) -> Done | Approval:
    """Move `people` of `session` to another one, each who can be moved, or ask a second person where they are many.

    Whoever sits somewhere else has lost the place they chose, so moves count with what was cancelled, as for
    `cancel_people`. A repeat with the same `form_key` moves nobody twice.
    """
    if _is_too_much(len(people), by, now):
        return _ask(Kind.MOVE_PEOPLE, session, people, "", by, now, target=to)
    return _move_people(people, to, form_key, by, now)


@transaction.atomic
def move_one(
    *, registration: Registration, session: TrainingSession, form_key: UUID, by: User, now: datetime
) -> Registration | Approval:
    """Move one person, or ask a second person of whoever took many places in the last day. Raises as `moves.move`."""
    if registration.is_live and _is_too_much(1, by, now):
        return _ask(Kind.MOVE_PEOPLE, registration.session, [registration], "", by, now, target=session)
    return moves.move(registration=registration, session=session, form_key=form_key, by=by, now=now)


def needs_second(people: int, *, actor: User, now: datetime) -> bool:
    """Whether `actor` could not take so many places alone as things stand, for a page that says so first."""
    return people > 0 and people + _taken_alone(actor, now) > ALONE


def take_turns(actor: User) -> None:
    """Let nobody else cancel in the name of `actor` until the transaction ends. Held before any session is."""
    locks.hold(f"cancellations:{actor.pk}")


def _is_too_much(people: int, by: User, now: datetime) -> bool:
    """`needs_second`, and until the transaction ends nobody takes any other place in the name of `by`."""
    take_turns(by)
    return needs_second(people, actor=by, now=now)


def _taken_alone(by: User, now: datetime) -> int:
    """How many places `by` took in the last day without a second person, a session counted with all its people.

    What a worker is about to take in their name counts before it is done; looked at first, it counts twice at worst.
    """
    under_way = import_undos.owed_by(by)
    lately = Deed.objects.filter(by=by, at__gt=now - VALID)
    deeds_of_theirs = lately.filter(what=Deed.What.CANCELLED)
    agreed = Approval.objects.filter(decided_by=by, verdict=Verdict.YES, decided_at__gt=now - VALID)
    with_another = {str(key) for approval in agreed for key in approval.people}
    whole = {str(approval.session_id) for approval in agreed if approval.kind == Kind.CANCEL_SESSION}
    people = deeds_of_theirs.filter(table=Registration._meta.label_lower).exclude(row__in=with_another).count()
    ended = deeds_of_theirs.filter(table=TrainingSession._meta.label_lower).exclude(row__in=whole)
    alone = sum(deed.changed["people"][0] for deed in ended if "people" in deed.changed)
    return under_way + people + alone + moves.places_left(lately).exclude(row__in=with_another).count()


@transaction.atomic
def _ask(
    kind: Approval.Kind,
    session: TrainingSession,
    people: Iterable[Registration],
    reason: str,
    by: User,
    now: datetime,
    *,
    target: TrainingSession | None = None,
) -> Approval:
    """Ask for somebody else's yes, valid for a day. What is meant is who is named now."""
    approval = Approval.objects.create(
        kind=kind,
        session=session,
        target=target,
        people=sorted(row.pk for row in people),
        reason=reason,
        asked_by=by,
        asked_at=now,
        expires_at=now + VALID,
    )
    deeds.note(Deed.What.ASKED, about=approval, by=by, now=now, changed={"people": ("", len(approval.people))})
    return approval


def decide(*, approval: Approval, yes: bool, by: User, now: datetime) -> int | RegistrationImport:
    """Say yes, and then it is done, or no. Returns how many places were released; who had left meanwhile is no error.

    The people of a file are taken back by a worker: of them it returns the file. Who is moved is moved once the yes is
    kept, one after the other, so that no two sessions are held for all of them; it returns how many could be.

    Raises SamePerson for whoever asked, DecidedBefore when somebody has decided or the day is over, NotIndependent and
    TooNew for whoever is no second person, and for a yes AskerWithoutRight once the asker may not do it any more, and
    moves.NotOfferedHere for whoever does not see where people are to go.
    """
    done = _decide(approval, yes, by, now)
    if not yes or approval.kind != Kind.MOVE_PEOPLE or approval.target is None:
        return done
    meant = Registration.objects.live().filter(session=approval.session_id, pk__in=approval.people)
    rows = meant.select_related("session", "participant").order_by("pk")
    return _move_people(rows, approval.target, uuid4(), by, now).people


@transaction.atomic
def _decide(approval: Approval, yes: bool, by: User, now: datetime) -> int | RegistrationImport:
    row_locks.lock_session(approval.session)
    approval = Approval.objects.select_for_update(no_key=True).get(pk=approval.pk)
    if not approval.is_open(now):
        raise DecidedBefore
    if approval.asked_by_id == by.pk:
        raise SamePerson
    second_persons.check(asker=approval.asked_by, decider=by, now=now)
    if yes and not _may_still(approval):
        raise second_persons.AskerWithoutRight
    if yes and approval.kind == Kind.MOVE_PEOPLE and not _sees_both(by, approval):
        raise moves.NotOfferedHere
    approval.verdict, approval.decided_by, approval.decided_at = Verdict.YES if yes else Verdict.NO, by, now
    approval.save(update_fields=["verdict", "decided_by", "decided_at"])
    deeds.note(Deed.What.APPROVED if yes else Deed.What.DECLINED, about=approval, by=by, now=now)
    if not yes or approval.kind == Kind.MOVE_PEOPLE:
        return 0
    if approval.kind == Kind.CANCEL_SESSION:
        released = Registration.objects.live().filter(session=approval.session_id).count()
        sessions.cancel(session=approval.session, reason=approval.reason, by=by, now=now)
        return released
    if batch := import_undos.waiting_for(approval):
        return batch if import_undos.begin(batch=batch, asked_by=approval.asked_by, by=by, now=now) else 0
    return _cancel_people(approval.people, approval.session, approval.reason, by, now)


@transaction.atomic
def close(*, asker: User, by: User, now: datetime) -> None:
    """What `asker`, whose access ends, asked for and nobody has decided is declined by whoever ends it."""
    waiting = Approval.objects.open(now).filter(asked_by=asker)
    for approval in waiting.select_related("session").select_for_update(no_key=True, of=("self",)).order_by("pk"):
        approval.verdict, approval.decided_by, approval.decided_at = Verdict.NO, by, now
        approval.save(update_fields=["verdict", "decided_by", "decided_at"])
        deeds.note(Deed.What.DECLINED, about=approval, by=by, now=now)


def _may_still(approval: Approval) -> bool:
    """Whether who asked could do it now, there."""
    asker = approval.asked_by
    return asker.has_perm(RIGHTS[Kind(approval.kind)]) and _sees_both(asker, approval)


def _sees_both(user: User, approval: Approval) -> bool:
    """Whether `user` sees the session, and the one to which people are to be moved, if it is about that."""
    wanted = {approval.session_id, approval.target_id} - {None}
    return TrainingSession.objects.visible_to(user).filter(pk__in=wanted).count() == len(wanted)


def _move_people(people: Iterable[Registration], to: TrainingSession, form_key: UUID, by: User, now: datetime) -> Done:
    moved, refused = 0, []
    for row in people:
        try:
            moves.move(registration=row, session=to, form_key=uuid5(form_key, str(row.pk)), by=by, now=now)
            moved += 1
        except Refused as refusal:
            refused.append((row, refusal))
    return Done(moved, refused)


@transaction.atomic
def _cancel_people(keys: Collection[int], session: TrainingSession, reason: str, by: User, now: datetime) -> int:
    """Cancel all of them, then let the queue follow: nobody gets a seat of which they are told it is gone."""
    session = row_locks.lock_session(session)
    meant, staffs = row_locks.lock_live(session, keys), Registration.Release.CANCELLED_BY_STAFF
    if registrations.end_all(meant, reason=staffs, by=by, why=reason, now=now):
        registrations.promote(session.pk, now=now)
    return len(meant)
