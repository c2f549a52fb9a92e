"""Mails that came back. The row says so, and where there is no such address nothing more is sent to it.

A report counts by the Message-ID of a mail that we sent, which its reader and the mail servers between know and nobody
else: so nobody can have somebody's address called dead by making a report up.
"""

from __future__ import annotations

import re
from datetime import datetime

from django.db import transaction

from participants.addresses import address_key
from participants.messages.mails import recipient
from participants.messages.reports import Report
from participants.models import GuardianRequest, Notification
from portal.accounts.models import User

State = Notification.State
_NO_SUCH_ADDRESS = re.compile(r"\b5\.1\.(1|2|3|6|10)\b")
HANDED_OVER = [State.SENT, State.SENDING, State.UNKNOWN]


@transaction.atomic
def record(report: Report, *, now: datetime) -> bool:
    """Write down what `report` says of a mail of ours at programme time `now`; False when it speaks of none.

    A report that comes again changes nothing. A full or slow inbox calls no address dead.
    """
    rows = Notification.objects.select_for_update(no_key=True, of=("self",))
    found = rows.filter(public_id=report.message_id, state__in=HANDED_OVER).first()
    if found is None:
        return False
    found.state, found.reason, found.settled_at, found.leased_until = State.BOUNCED, report.status, now, None
    found.save(update_fields=["state", "reason", "settled_at", "leased_until"])
    if not report.address or address_key(report.address) == address_key(recipient(found)[0]):
        refuse(found, report.status, now=now)
    return True


def refuse(notification: Notification, answer: str, *, now: datetime) -> None:
    """Write to the recipient's address no more when `answer` (of a mail server) says that there is none."""
    if not _NO_SUCH_ADDRESS.search(answer):
        return
    if notification.guardian_request_id:
        GuardianRequest.objects.filter(pk=notification.guardian_request_id, bounced_at=None).update(bounced_at=now)
    elif account := _account(notification):
        User.objects.filter(pk=account.pk, bounced_at=None).update(bounced_at=now)


def is_refused(notification: Notification) -> bool:
    """Whether the address that `notification` would go to is known to refuse."""
    if request := notification.guardian_request:
        return request.bounced_at is not None
    account = _account(notification)
    return account is not None and account.bounced_at is not None


def _account(notification: Notification) -> User | None:
    """Whose own address a message goes to. A code goes where somebody asks for it just now, and is always tried."""
    if notification.login_code_id or notification.kind == Notification.Kind.ADDRESS_CHANGED:
        return None
    return notification.account or (notification.registration.participant.user if notification.registration else None)
