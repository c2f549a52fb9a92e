"""Promises and their delivery. A message exists when its row is committed with the fact that caused it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from typing import Any, TypeAlias

from django.db import connection, transaction
from django.db.models import Func, Q, QuerySet, Value

from participants import tasks
from participants.models import GuardianRequest, LoginCode, Notification, Registration
from portal.accounts.models import User
from programs.compiled import write_new
from programs.models import Region

log = logging.getLogger(__name__)

Kind = Notification.Kind
Queue = Notification.Queue
State = Notification.State
Subject: TypeAlias = Registration | GuardianRequest | LoginCode | User
AT_ONCE = 1000  # rows a statement
WITHOUT_WORDS = r"^((gave up: |perhaps sent; )*[0-9]{3})"  # of a reason what stands before a mail server's words


def promise(
    kind: Kind,
    *,
    subject: Subject,
    now: datetime,
    due_at: datetime | None = None,
    useful_until: datetime | None = None,
    occurrence: str = "",
    version: int = 0,
    region: Region | None = None,
) -> None:
    """Promise one message about `subject`, in the caller's transaction; a promise already made is left as it is.

    A registration or a guardian's request tells its region; of an account `region` says whose staff may see the row.
    Due at `due_at` (default: now). Rings Celery after commit; a dead broker costs nothing, the next tick finds the row.
    """
    promise_all(
        kind,
        [subject],
        now=now,
        due_at=due_at,
        useful_until=useful_until,
        occurrence=occurrence,
        version=version,
        region=region,
    )


def promise_all(
    kind: Kind,
    subjects: Iterable[Subject],
    *,
    now: datetime,
    due_at: datetime | None = None,
    useful_until: datetime | None = None,
    occurrence: str = "",
    version: int = 0,
    region: Region | None = None,
) -> None:
    """`promise` about each of `subjects`, a thousand to a statement."""
    queue = Queue.CODES if kind == Kind.LOGIN_CODE else Queue.TRANSACTIONAL
    rows = [
        Notification(
            kind=kind,
            occurrence=occurrence,
            version=version,
            queue=queue,
            due_at=due_at or now,
            useful_until=useful_until,
            created_at=now,
            **_about(subject, region),
        )
        for subject in subjects
    ]
    if len(rows) == 1:
        write_new(rows[0], unless_there=True)
    elif rows:
        Notification.objects.bulk_create(rows, ignore_conflicts=True, batch_size=AT_ONCE)
    if rows:
        ring(queue)


def _about(subject: Subject, region: Region | None) -> dict[str, Any]:
    """Whom a message is about, and whose staff may see it."""
    match subject:
        case Registration():
            return {"registration": subject, "region_id": subject.region_id}
        case GuardianRequest():
            return {"guardian_request": subject, "region_id": subject.registration.region_id}
        case LoginCode():
            return {"login_code": subject}
        case User():
            return {"account": subject, "region": region}


def promise_to_many(
    kind: Kind,
    readers: Iterable[Registration],
    *,
    due_at: datetime,
    useful_until: datetime,
    occurrence: str,
    now: datetime,
) -> None:
    """Promise one message each about `readers`, behind everything more pressing; the tick that finds them due rings."""
    rows = [
        Notification(
            kind=kind,
            registration=reader,
            region_id=reader.region_id,
            occurrence=occurrence,
            queue=Queue.BULK,
            due_at=due_at,
            useful_until=useful_until,
            created_at=now,
        )
        for reader in readers
    ]
    Notification.objects.bulk_create(rows, ignore_conflicts=True, batch_size=AT_ONCE)


def call_off(about: Q, *, reason: str, now: datetime) -> None:
    """Call off what is promised and not yet being said; a process that holds such a row has lost its lease.

    Rows are taken by ascending key, so that two who call off the same ones at once do not wait for each other.
    """
    waiting = _by_key(Notification.objects.filter(about, state__in=[State.DUE, State.RETRYING]))
    Notification.objects.filter(pk__in=waiting, state__in=[State.DUE, State.RETRYING]).update(
        state=State.CANCELLED, reason=reason, settled_at=now, leased_until=None
    )


def with_words() -> QuerySet[Notification]:
    """Rows in whose outcome a server's own words stand: its answer, which often repeats the address, or its name of
    the message, in which WhatsApp writes the number.
    """
    return Notification.objects.filter(Q(reason__regex=rf"{WITHOUT_WORDS} .") | ~Q(sent_as=""))


def lose_words(rows: QuerySet[Notification]) -> None:
    """Keep of a server's answer the code alone."""
    shorter = Func("reason", Value(rf"{WITHOUT_WORDS} .*$"), Value(r"\1"), function="regexp_replace")
    wordy = _by_key(with_words().filter(pk__in=rows.values("pk")))
    Notification.objects.filter(pk__in=wordy).update(reason=shorter, sent_as="")


def _by_key(rows: QuerySet[Notification]) -> QuerySet[Notification, int]:
    """The keys of `rows`, each locked, in ascending order, as the statement reads it."""
    return rows.order_by("pk").select_for_update(no_key=True, of=("self",)).values_list("pk", flat=True)


def ring(queue: Queue) -> None:
    """Ask Celery to look at `queue` once this transaction is committed, once however many messages it promised.

    Never raises for a broker that is away.
    """
    bell = BELLS[queue]
    if not any(waiting[1] is bell for waiting in connection.run_on_commit):
        transaction.on_commit(bell, robust=True)


def ring_for_exports() -> None:
    """Ask for the files that wait to be built, once this transaction is committed. Never raises for a broker away."""
    transaction.on_commit(_ring_for_exports, robust=True)


def ring_for_import(pk: int, *, rung_at: datetime | None = None) -> None:
    """Ask for one list that staff brought to be worked on, without the others. Never raises for a broker away.

    The tick, which rings on and on, says when, by the database's clock: a bell heard too late is passed over.
    """
    transaction.on_commit(lambda: _ring_for_import(pk, _said(rung_at)), robust=True)


def ring_for_counting(*, rung_at: datetime) -> None:
    """The same for the people of editions to be counted anew, by whoever builds files."""
    transaction.on_commit(lambda: _ring_for_counting(_said(rung_at)), robust=True)


class _Silence:
    """Until when this process rings no more, after a broker that did not answer: one request waits for it, not each."""

    SECONDS = 10.0
    until = 0.0


def _ring(queue: Queue) -> None:
    _send(lambda: tasks.deliver.apply_async((queue.value,), queue=queue.value, retry=False))


def _ring_for_exports() -> None:
    _send(lambda: tasks.build_exports.apply_async(queue="exports", retry=False))


def _ring_for_import(pk: int, rung_at: str) -> None:
    _send(lambda: tasks.work_on_import.apply_async((pk, rung_at), queue="exports", retry=False))


def _ring_for_counting(rung_at: str) -> None:
    _send(lambda: tasks.count_people.apply_async((rung_at,), queue="exports", retry=False))


def _said(instant: datetime | None) -> str:
    return instant.isoformat() if instant else ""


def _send(bell: Callable[[], object]) -> None:
    if time.monotonic() < _Silence.until:
        return
    try:
        bell()
    except Exception:
        _Silence.until = time.monotonic() + _Silence.SECONDS
        log.warning("the broker did not answer; the next tick delivers")


BELLS = {queue: partial(_ring, queue) for queue in Queue}
