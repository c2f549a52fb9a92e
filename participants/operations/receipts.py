"""What is heard of messages after they were handed over: by providers' webhooks, and by mails that come back.

Reports come late, twice and in any order. Each is compared with the row as it stands: what is known already changes
nothing, what is about an earlier try or another channel is passed over, and a failure after the arrival is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from participants.addresses import address_key
from participants.messages.channels.base import Way
from participants.messages.mails import recipient
from participants.messages.reports import Report, says_no_such_address
from participants.models import Notification
from participants.operations import bounces, message_facts, notifications
from participants.operations.deliveries import GIVE_UP_AFTER
from participants.operations.truths import ways_left

State, Queue = Notification.State, Notification.Queue
HANDED_OVER = [State.SENT, State.SENDING, State.UNKNOWN]
CALLED_SPAM = "its reader called it spam"


@dataclass(frozen=True)
class Receipt:
    """One thing that a provider says of one message, which it names by our id or by its own.

    `address` is whose mail it is about, where the provider says so. `is_dead` is for one to which nothing can be sent,
    or nothing may.
    """

    way: Way
    message_id: UUID | None
    sent_as: str
    address: str = ""
    is_dead: bool = False


def name_of(said: Any) -> str:
    """What a provider calls a message, as the ledger keeps it; "" for what the database could not hold."""
    name = str(said or "")[:200]
    return name if name.isprintable() else ""


def accepted(receipt: Receipt, *, now: datetime) -> bool:
    """The provider has it: what was unknown is sent. False when that is news about no message."""
    return _good_news(receipt, now, arrived=False)


def arrived(receipt: Receipt, *, now: datetime) -> bool:
    """It reached its reader's device or inbox. False when that is news about no message."""
    return _good_news(receipt, now, arrived=True)


@transaction.atomic
def failed(receipt: Receipt, reason: str, *, now: datetime, bounced: bool = False) -> bool:
    """It will not arrive by this channel at programme time `now`: the next one's turn, else the end.

    Mail may come back after the reader's server has taken it (`bounced`); by other channels what arrived has arrived.
    False when that is news about no message.
    """
    row = _find(receipt, with_reader=receipt.is_dead)
    if row is None or (row.arrived_at and not bounced):
        return False
    _fail(row, State.BOUNCED if bounced else State.FAILED, reason, now)
    if receipt.is_dead and _is_about_reader(row, receipt.address):
        bounces.stop(row, now=now)
    return True


@transaction.atomic
def complained(receipt: Receipt, *, now: datetime) -> bool:
    """Its reader called it spam: it has arrived, and nothing else is mailed there. Said again it is no news, also after
    the reader has let us write there again."""
    row = _find(receipt, with_reader=True)
    if row is None or row.reason == CALLED_SPAM:
        return False
    _good_news(receipt, now, arrived=True)
    Notification.objects.filter(pk=row.pk).update(reason=CALLED_SPAM)
    if _is_about_reader(row, receipt.address):
        bounces.stop(row, now=now)
    return True


@transaction.atomic
def came_back(report: Report, *, now: datetime) -> bool:
    """Write down what `report`, a mail, says of a mail of ours; False when it speaks of none.

    It counts by the Message-ID, which a mail's reader and the mail servers between know and nobody else: so nobody can
    have somebody's address called dead by making a report up. A full or slow inbox calls no address dead.
    """
    is_dead = says_no_such_address(report.status)
    receipt = Receipt(Way.MAIL, report.message_id, "", report.address, is_dead)
    return failed(receipt, report.status, now=now, bounced=True)


@transaction.atomic
def _good_news(receipt: Receipt, now: datetime, *, arrived: bool) -> bool:
    row = _find(receipt)
    if row is None:
        return False
    before = (row.state, row.arrived_at, row.sent_as)
    row.sent_as = row.sent_as or receipt.sent_as
    row.arrived_at = row.arrived_at or (now if arrived else None)
    if row.state != State.SENT:  # whoever is still waiting for the answer has lost the lease, and need not stamp
        row.state, row.reason, row.settled_at, row.leased_until = State.SENT, "", now, None
    if (row.state, row.arrived_at, row.sent_as) != before:
        row.save(update_fields=["state", "reason", "settled_at", "leased_until", "sent_as", "arrived_at"])
    return True


def _find(receipt: Receipt, *, with_reader: bool = False) -> Notification | None:
    """The row, locked, if it went by this channel and this is about its last try there.

    With `with_reader` whoever it went to is locked as well, and first.
    """
    if receipt.message_id is None and not receipt.sent_as:
        return None
    named = Q(public_id=receipt.message_id) if receipt.message_id else Q(sent_as=receipt.sent_as)
    by_way = Q(channel=receipt.way) | (Q(channel="") if receipt.way == Way.MAIL else Q())  # "": before there were ways
    rows = Notification.objects.filter(named, by_way, state__in=HANDED_OVER)
    if with_reader and (unlocked := rows.first()):
        bounces.hold(unlocked)
    row = rows.select_for_update(no_key=True, of=("self",)).first()
    if row and row.sent_as and receipt.sent_as and row.sent_as != receipt.sent_as:
        return None
    return row


def _fail(row: Notification, state: Notification.State, reason: str, now: datetime) -> None:
    """The end of the row's channel: the next one's turn while it is of use, else the end of the message."""
    (facts,) = message_facts.read([row.pk])
    facts.channel = facts.channel or Way.MAIL
    others = [way for way in ways_left(facts) if way != facts.channel]
    row.reason, row.leased_until, row.sent_as = reason[:120], None, ""
    if others and now < (row.useful_until or row.due_at + GIVE_UP_AFTER):
        row.state, row.channel, row.attempts, row.retry_at, row.settled_at = State.DUE, others[0], 0, None, None
        row.arrived_at, row.due_at = None, now  # nobody could have sent it that way before: it is not late
        notifications.ring(Queue(row.queue))
    else:
        row.state, row.settled_at = state, now
    row.save(
        update_fields=[
            *("state", "reason", "channel", "sent_as", "attempts", "retry_at", "leased_until"),
            *("settled_at", "arrived_at", "due_at"),
        ]
    )


def _is_about_reader(row: Notification, address: str) -> bool:
    """Whether `address` is the one that the message would go to now; a report about an earlier one harms nobody."""
    return not address or address_key(address) == address_key(recipient(row)[0])
