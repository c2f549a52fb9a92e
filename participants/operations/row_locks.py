"""Rows that are held until a transaction ends, in one order: sessions by key, account, person, registrations by key."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import OperationalError
from django.db.models import OuterRef, QuerySet, Subquery

from participants.models import Participant, Registration
from participants.operations import switched_off
from portal.accounts.models import User
from programs.compiled import compiled, put_at_hand
from programs.models import TrainingDay, TrainingSession

PATIENCE = 0.5  # seconds
_waiters = BoundedSemaphore(settings.SESSION_WAITERS)


class TooManyWait(OperationalError):
    """Of this process's threads as many wait for sessions as may."""


@contextmanager
def among_few() -> Iterator[None]:
    """Wait for a session's row in here: where one stays held, the process's other threads go on serving everybody else.

    Raises TooManyWait where for half a second as many threads wait as may.
    """
    if not _waiters.acquire(timeout=PATIENCE):
        raise TooManyWait
    try:
        yield
    finally:
        _waiters.release()


@compiled
def _session_row(*, key: Any) -> QuerySet[TrainingSession]:
    rows = TrainingSession.objects.filter(pk=key).select_related("region")
    return rows.select_for_update(of=("self",), no_key=True)


@compiled
def _free_session_row(*, key: Any) -> QuerySet[TrainingSession]:
    rows = TrainingSession.objects.filter(pk=key).select_related("region")
    return rows.select_for_update(of=("self",), no_key=True, skip_locked=True)


def _take(key: int) -> TrainingSession:
    """Take a session's row: at once where nobody else holds it, also if this transaction does."""
    if free := _free_session_row.first(key=key):
        return free
    with among_few():
        return _session_row.get(key=key)


def hold_session(session: TrainingSession) -> None:
    """Take the session's row (first, before any other) where nothing of it need be known anew. Raises TooManyWait."""
    _take(session.pk)


def lock_session(session: TrainingSession) -> TrainingSession:
    """Take the session's row (first, before any other), and have its programme, region and days at hand.

    Raises TooManyWait.
    """
    return with_rules(_take(session.pk))


def lock_sessions(left: TrainingSession, entered: TrainingSession) -> tuple[TrainingSession, TrainingSession]:
    """Take both rows in ascending order of their keys, so that two who cross each other's way never wait in a ring.

    Raises TooManyWait.
    """
    rows = [_take(key) for key in sorted({left.pk, entered.pk})]
    found = {row.pk: with_rules(row) for row in rows}
    return found[left.pk], found[entered.pk]


def lock_sessions_of(rows: QuerySet[Registration]) -> set[int]:
    """Take the sessions of these registrations, in ascending order; the keys of those that are held.

    Whoever goes on looks, once the people are held as well, whether a registration elsewhere has come meanwhile.
    """
    sessions = TrainingSession.objects.filter(pk__in=rows.order_by().values_list("session_id", flat=True))
    return {session.pk for session in lock_each(sessions)}


def lock_each(sessions: QuerySet[TrainingSession]) -> list[TrainingSession]:
    """Take these rows as `lock_session` does, in ascending order. Raises TooManyWait."""
    rows = [_take(key) for key in sessions.order_by("pk").values_list("pk", flat=True)]
    return [with_rules(row) for row in rows]


def with_rules(session: TrainingSession) -> TrainingSession:
    """A session, whose row is locked, with its days and its programme as they are now, in one query.

    What is joined to a locked row is as old as the waiting for it: an edition hidden meanwhile would still be shown.
    """
    days = _days_with_rules(session=session.pk)
    for day in days:
        session.program = day.session.program
    put_at_hand(session, "days", days)
    return session


@compiled
def _days_with_rules(*, session: Any) -> QuerySet[TrainingDay]:
    return TrainingDay.objects.filter(session=session).select_related("session__program")


def lock_account(user: User, form_key: UUID) -> Registration | None:
    """Let nobody else write what `user` is making, a profile or a draft; return what this form has made before.

    One query says both. Who sends the same form has waited for the session, so the answer holds however long the
    account is waited for.
    Raises AccountSwitchedOff: what has been waited for may have been a merge with another record.
    """
    number, is_active = _account_of_form.get(user=user.pk, form_key=form_key)
    switched_off.check(is_active)
    rows = Registration.objects.select_related("participant__user").select_for_update(of=("self",), no_key=True)
    return rows.get(pk=number) if number else None


@compiled
def _account_of_form(*, user: Any, form_key: Any) -> QuerySet[User, tuple[int | None, bool]]:
    made = Registration.objects.filter(form_key=form_key, participant__user=OuterRef("pk")).values("pk")
    accounts = User.objects.filter(pk=user).annotate(made=Subquery(made))
    return accounts.select_for_update(of=("self",), no_key=True).values_list("made", "is_active")


def lock_own_account(user: User) -> None:
    """Let nobody else write what hangs on the account of `user`, who writes there. Raises AccountSwitchedOff."""
    held = User.objects.select_for_update(no_key=True).only("is_active").get(pk=user.pk)
    switched_off.check(held.is_active)


def lock_account_of(participant: Participant) -> None:
    """Take the account before the person: who logs in writes both in this order, and who merges takes both so."""
    User.objects.select_for_update(no_key=True).only("pk").get(pk=participant.user_id)


def lock_registration(registration: Registration) -> Registration:
    """Take the registration's row, after its session's."""
    rows = Registration.objects.select_related("session__program", "participant")
    return rows.select_for_update(of=("self",), no_key=True).get(pk=registration.pk)


def lock_live(session: TrainingSession, keys: Collection[int]) -> list[Registration]:
    """Take those of `keys` that are live in `session`, whose row is locked, in their order."""
    rows = Registration.objects.live().filter(session=session, pk__in=keys).select_related("participant")
    found = list(rows.select_for_update(of=("self",), no_key=True).order_by("pk"))
    for row in found:
        row.session = session
    return found
