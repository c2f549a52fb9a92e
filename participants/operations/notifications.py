"""Promises and their delivery. A message exists when its row is committed with the fact that caused it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial

from django.db import connection, transaction
from django.db.models import Func, Q, QuerySet, Value

from participants import tasks
from participants.models import GuardianRequest, LoginCode, Notification, Registration
from portal.accounts.models import User
from programs.models import Region

log = logging.getLogger(__name__)

Kind = Notification.Kind
Queue = Notification.Queue
State = Notification.State
WITHOUT_WORDS = r"^((gave up: |perhaps sent; )*[0-9]{3})"  # of a reason what stands before a mail server's words


def promise(
    kind: Kind,
    *,
    subject: Registration | GuardianRequest | LoginCode | User,
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
    queue = Queue.CODES if kind == Kind.LOGIN_CODE else Queue.TRANSACTIONAL
    row = Notification(
        kind=kind,
        occurrence=occurrence,
        version=version,
        queue=queue,
        due_at=due_at or now,
        useful_until=useful_until,
        created_at=now,
    )
    match subject:
        case Registration():
            row.registration, row.region_id = subject, subject.region_id
        case GuardianRequest():
            row.guardian_request, row.region_id = subject, subject.registration.region_id
        case LoginCode():
            row.login_code = subject
        case User():
            row.account, row.region = subject, region
    Notification.objects.bulk_create([row], ignore_conflicts=True)
    ring(queue)


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
    Notification.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000)


def call_off(about: Q, *, reason: str, now: datetime) -> None:
    """Call off what is promised and not yet being said; a process that holds such a row has lost its lease."""
    waiting = Notification.objects.filter(about, state__in=[State.DUE, State.RETRYING])
    Notification.objects.filter(pk__in=waiting.values("pk"), state__in=[State.DUE, State.RETRYING]).update(
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
    Notification.objects.filter(pk__in=with_words().filter(pk__in=rows.values("pk"))).update(reason=shorter, sent_as="")


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


def ring_for_counting() -> None:
    """Ask for the people of editions to be counted anew, by whoever builds files. Never raises for a broker away."""
    transaction.on_commit(_ring_for_counting, robust=True)


class _Silence:
    """Until when this process rings no more, after a broker that did not answer: one request waits for it, not each."""

    SECONDS = 10.0
    until = 0.0


def _ring(queue: Queue) -> None:
    _send(lambda: tasks.deliver.apply_async((queue.value,), queue=queue.value, retry=False))


def _ring_for_exports() -> None:
    _send(lambda: tasks.build_exports.apply_async(queue="exports", retry=False))


def _ring_for_counting() -> None:
    _send(lambda: tasks.count_people.apply_async(queue="exports", retry=False, expires=60))


def _send(bell: Callable[[], object]) -> None:
    if time.monotonic() < _Silence.until:
        return
    try:
        bell()
    except Exception:
        _Silence.until = time.monotonic() + _Silence.SECONDS
        log.warning("the broker did not answer; the next tick delivers")


BELLS = {queue: partial(_ring, queue) for queue in Queue}
