"""Sending what is due: claim, check again, send, stamp. Any process may die at any instant.

    due/retrying --claim (lease)--> checked --mark--> sending --stamp--> sent | retrying | failed | unknown
                                       |                 '--pass on--> due, by the next channel
                                       '-------------------------------> cancelled | missed

A row is marked `sending` before anything is said that can bring a message about, and only if what the message says
still holds. One left so by a killed process is taken up again when its lease has run out, by the same channel and for
mail with the same Message-ID: at most one repeat for each killed sending process. No transaction is open while a
server talks.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import InterfaceError, InternalError, NotSupportedError, OperationalError

from participants.messages.channels.base import Away, NotSent, Refused, Unsettled, Way
from participants.messages.channels.ladders import Channels
from participants.messages.mails import recipient
from participants.models import Notification
from participants.operations import (
    bounces,
    claims,
    message_facts,
    notifications,
    politeness,
    retries,
    stand_ins,
    whatsapp_numbers,
)
from participants.operations.truths import unreachable, untrue, ways_left

log = logging.getLogger(__name__)

State, Queue = Notification.State, Notification.Queue
# A run ends after this long and rings again, so that one worker serves its other queues and the tick in between.
SECONDS = {Queue.CODES: 10.0, Queue.TRANSACTIONAL: 10.0, Queue.BULK: 5.0}
GIVE_UP_AFTER = timedelta(hours=24)
AHEAD = 5  # messages written one after the other before the first is sent: a processor remembers how to write the next
TRIES_BEFORE_THE_NEXT = 3  # of a channel that says "later", while another one is left
# The database's, and it passes: also that it refuses a plan made before a migration.
NO_ROWS_FAULT = (OperationalError, InterfaceError, InternalError, NotSupportedError)


@dataclass(frozen=True)
class Ready:
    """A row that may go out as far as was read, and what it says by the first way that is open."""

    notification: Notification
    way: Way
    others: list[Way]
    letter: Any


def deliver(*, queue: str, now: datetime, machine_now: datetime, seconds: float | None = None) -> int:
    """Send what is due in `queue` at programme time `now`, batch by batch. Returns how many were sent.

    Safe to run in any number of processes at once. Stops after about `seconds` of real time and rings for the rest, or
    when every channel is away; what was claimed and not begun is given back.
    """
    run = _Run(Queue(queue), now, machine_now, SECONDS[Queue(queue)] if seconds is None else seconds)
    with claims.without_waiting_for_the_disk():
        run.go()
    return run.sent


class _Run:
    """One message after the other. While the server thinks about one, the next few are checked and written."""

    def __init__(self, queue: Notification.Queue, now: datetime, machine_now: datetime, seconds: float) -> None:
        self.queue, self.sent = queue, 0
        self._began_at, self._machine_began_at, self._begins = now, machine_now, time.monotonic()
        self._ends = self._begins + seconds
        self._channels = Channels()
        self._held: dict[int, datetime] = {}  # rows in our hands, each with the end of its lease
        self._rows: deque[Notification] = deque()
        self._ready: deque[Ready] = deque()

    def go(self) -> None:
        is_full = True
        try:
            while is_full and self._may_go_on and (claimed := claims.claim(self.queue, self._began_at)):
                is_full = len(claimed) == claims.BATCH  # else nothing was left, and what comes now rings by itself
                self._held |= claimed
                self._rows.extend(self._read(list(claimed)))
                while not self._is_over and (ready := self._next()):
                    self._send(ready)
        finally:
            self._channels.close()
            claims.give_back(self._held)
        # Where a channel is away and nothing else went out, another run would find the same: the next tick looks.
        if self._held and self._is_over and (self.sent or not self._channels.away):
            notifications.ring(self.queue)

    @property
    def _may_go_on(self) -> bool:
        """Whether to take more: what waits for a channel that is away stays held, and holds up nobody else."""
        return not self._held or (not self._is_over and bool(self._channels.open))

    @property
    def _is_over(self) -> bool:
        return time.monotonic() >= self._ends

    @property
    def _passed(self) -> timedelta:
        return timedelta(seconds=time.monotonic() - self._begins)

    @property
    def _now(self) -> datetime:
        return self._began_at + self._passed

    def _read(self, keys: Collection[int]) -> list[Notification]:
        """The rows with their facts. One that cannot be read has failed, and those beside it are read without it."""
        try:
            return message_facts.read(keys)
        except NO_ROWS_FAULT:
            raise
        except Exception as error:
            if len(keys) > 1:
                return [row for key in keys for row in self._read([key])]
            (key,) = keys
            log.exception("notification %s cannot be read", key)
            unread = Notification(pk=key, leased_until=self._held[key])
            self._settle(unread, State.FAILED, f"cannot be read: {type(error).__name__}")
            return []

    def _look_again(self, row: Notification) -> None:
        """Whatever has become of the row meanwhile, it is the next to be read."""
        self._rows.extendleft(self._read([row.pk]))

    def _next(self) -> Ready | None:
        """The next message to be sent; the rows before it are settled, or wait. None when there is none."""
        self._write_ahead()
        return self._ready.popleft() if self._ready else None

    def _write_ahead(self) -> None:
        """See that there is a message to be sent, as long as any is left."""
        if self._ready:
            return
        while self._rows and len(self._ready) < AHEAD:
            if ready := self._made_ready(self._rows.popleft()):
                self._ready.append(ready)

    def _made_ready(self, row: Notification) -> Ready | None:
        """What the row says, by the first way that is open. None when it is not to be sent now, or not by us.

        A row for which no way is open stays in our hands as it is, and waits for another run.
        """
        if row.leased_until != self._held.get(row.pk):  # this process was too slow, and another has taken the row over
            self._held.pop(row.pk, None)
            return None
        others: list[Way] = []
        try:
            ways = ways_left(row)
            if self._is_settled_unsent(row, ways):
                return None
            open_ways = [way for way in ways if way not in self._channels.away]
            if not open_ways:
                return None
            way = open_ways[0]
            others = ways[ways.index(way) + 1 :]
            return Ready(row, way, others, self._channels[way].write(row, now=self._now))
        except NO_ROWS_FAULT:  # it comes back when its lease is over; a database that is away fails with the next one
            log.exception("notification %s cannot be written now", row.pk)
            del self._held[row.pk]
        except Exception as error:  # one row that cannot be written must not stop those behind it
            log.exception("notification %s cannot be written", row.pk)
            self._fail(row, f"cannot be written: {type(error).__name__}", others)
        return None

    def _is_settled_unsent(self, row: Notification, ways: list[Way]) -> bool:
        """Whether its message must not go out any more, as far as was read; then it is settled."""
        outcome = _not_to_be_sent(row, ways, self._now, self._machine_began_at + self._passed)
        if outcome:
            self._settle(row, *outcome)
        return outcome is not None

    def _send(self, ready: Ready) -> None:
        """Hand the message over, and make the next one ready before the answer is heard."""
        row, channel = ready.notification, self._channels[ready.way]
        if self._is_settled_unsent(row, [ready.way]):  # time has passed since it was written
            return
        if ready.way == Way.MAIL and self._waits_for_its_domain(row):
            return
        if not self._begin(ready):
            self._look_again(row)
            return
        if not claims.mark(row, ready.way):
            channel.drop()
            self._look_again(row)
            return
        self._held[row.pk] = row.leased_until  # type: ignore[assignment]
        try:
            channel.send(ready.letter)
        except Exception as error:
            self._settle_failure(ready, error)
            return
        try:
            self._write_ahead()
        finally:  # whatever goes wrong with that one
            self._hear(ready)

    def _begin(self, ready: Ready) -> bool:
        """Whether the channel can be used; one that cannot is not tried again in this run."""
        if ready.way in self._channels.away:  # since the message was written
            return False
        try:
            self._channels[ready.way].begin(ready.letter)
        except Away as error:
            self._lose(ready.way, error)
            return False
        return True

    def _hear(self, ready: Ready) -> None:
        """Stamp the answer, or pass the row on to the next channel."""
        try:
            sent_as = self._channels[ready.way].answer()
        except Exception as error:
            self._settle_failure(ready, error)
        else:
            self._settle(ready.notification, State.SENT, sent_as=sent_as)
            self.sent += 1

    def _settle(self, row: Notification, state: Notification.State, reason: str = "", sent_as: str = "") -> None:
        """The end of the message, which may leave room for another."""
        if stand_ins.may_leave_room(row, state):
            stand_ins.stand_down(row, state=state, reason=reason, settled_at=self._now)
        else:
            claims.stamp(row, state=state, reason=reason, sent_as=sent_as, settled_at=self._now)
        del self._held[row.pk]

    def _settle_failure(self, ready: Ready, error: Exception) -> None:
        """What an answer other than yes means for the row."""
        row, others, reason, now = ready.notification, ready.others, str(error), self._now
        if isinstance(error, Away):
            self._lose(ready.way, error)
        if ready.way == Way.MAIL:
            politeness.PACE.heard(_domain(row), reason, time.monotonic())
        if not isinstance(error, NotSent):  # something that cannot be put on the wire, for example
            log.error("notification %s cannot be sent", row.pk, exc_info=error)
            self._channels[ready.way].close()
            self._fail(row, f"cannot be sent: {type(error).__name__}", others)
        elif isinstance(error, Unsettled):
            self._settle(row, State.UNKNOWN, reason)
        elif isinstance(error, Refused):
            if error.is_dead:
                _remember_dead(ready, now)
            self._fail(row, reason, others)
        else:
            retry_at = _next_try(row, reason, now)
            if others and (isinstance(error, Away) or row.attempts >= TRIES_BEFORE_THE_NEXT or retry_at is None):
                self._fail(row, reason, others)
            elif retry_at is None:
                self._settle(row, State.FAILED, f"gave up: {reason}")
            else:
                claims.stamp(row, state=State.RETRYING, reason=reason, retry_at=retry_at)
                del self._held[row.pk]

    def _fail(self, row: Notification, reason: str, others: list[Way]) -> None:
        """The end of one channel: the next one's turn, or the end of the message."""
        if others:
            claims.pass_on(row, others[0], reason=reason)
            self._look_again(row)
        else:
            self._settle(row, State.FAILED, reason)

    def _lose(self, way: Way, error: Away) -> None:
        log.warning("%s is away: %s", way.value, error)
        self._channels.away.add(way)

    def _waits_for_its_domain(self, row: Notification) -> bool:
        """Put the row off where its recipient's provider has had enough for now; not a code, nor what may have gone."""
        wait = politeness.PACE.wait(_domain(row), time.monotonic())
        if not wait or row.login_code_id or row.state == State.SENDING:
            return False
        claims.put_off(row, until=self._now + timedelta(seconds=wait))
        del self._held[row.pk]
        return True


def _remember_dead(ready: Ready, now: datetime) -> None:
    """The reader's address or number takes nothing: it is not tried again."""
    row = ready.notification
    if ready.way == Way.MAIL:
        bounces.stop(row, now=now)
    elif ready.way == Way.WHATSAPP and row.whatsapp:
        whatsapp_numbers.lose(number=row.whatsapp.number, at=now)


def _domain(notification: Notification) -> str:
    return recipient(notification)[0].rpartition("@")[2].lower()


def _not_to_be_sent(
    notification: Notification, ways: list[Way], now: datetime, machine_now: datetime
) -> tuple[Notification.State, str] | None:
    """The outcome of a row whose message must not go out, and why. One that was on its way may have gone out."""
    if notification.useful_until and now >= notification.useful_until and not notification.login_code_id:
        state, reason = State.MISSED, "too late to be useful"
    elif reason := untrue(notification, machine_now):
        state = State.CANCELLED
    elif not ways:
        state, reason = State.CANCELLED, unreachable(notification)
    else:
        return None
    return (State.UNKNOWN, f"perhaps sent; {reason}") if notification.state == State.SENDING else (state, reason)


def _next_try(notification: Notification, reason: str, now: datetime) -> datetime | None:
    last = notification.useful_until or notification.due_at + GIVE_UP_AFTER
    return retries.next_try(reason=reason, queue=notification.queue, attempts=notification.attempts, now=now, last=last)
