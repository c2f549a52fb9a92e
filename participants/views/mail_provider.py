"""What the mail provider reports: mails that arrived, came back, or were called spam. Only there where one is set.

django-anymail checks who speaks, by the password in the webhook's address and the provider's own signature where it
has one, and puts every provider's words into the same events.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any
from uuid import UUID

from anymail.signals import AnymailTrackingEvent, EventType, RejectReason
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.views.decorators.csrf import csrf_exempt

from participants.messages.channels.base import Way
from participants.messages.channels.mail_provider import NAMED, tracking_view
from participants.messages.reports import STATUS, says_no_such_address
from participants.operations import receipts
from participants.operations.receipts import Receipt, name_of
from portal import clock

log = logging.getLogger(__name__)

DEAD = {RejectReason.INVALID, RejectReason.BOUNCED}


@csrf_exempt
@login_not_required
def mail_provider(request: HttpRequest) -> HttpResponse:
    """Take the provider's reports (POST); 400 for whoever is not the provider."""
    webhook = tracking_view()()
    if request.method == "HEAD":  # some providers look whether somebody is there
        return HttpResponse()
    if request.method != "POST":
        return HttpResponse(status=405)
    webhook.run_validators(request)
    try:
        events = webhook.parse_events(request)
    except (ValueError, TypeError, KeyError, AttributeError, IndexError):
        log.warning("the mail provider's report cannot be read")
        return HttpResponseBadRequest()
    now = clock.database_now()
    for event in events:
        if isinstance(event, AnymailTrackingEvent):
            _take(event, now)
    return HttpResponse()


def _take(event: Any, now: datetime) -> None:
    receipt = Receipt(
        Way.MAIL,
        _id((event.metadata or {}).get(NAMED)),
        name_of(event.message_id),
        event.recipient or "",
        _is_dead(event),
    )
    match event.event_type:
        case EventType.SENT | EventType.QUEUED:
            receipts.accepted(receipt, now=now)
        case EventType.DELIVERED:
            receipts.arrived(receipt, now=now)
        case EventType.BOUNCED | EventType.REJECTED:
            receipts.failed(receipt, _reason(event), now=now, bounced=True)
        case EventType.FAILED:
            receipts.failed(receipt, _reason(event), now=now)
        case EventType.COMPLAINED:
            receipts.complained(receipt, now=now)


def _is_dead(event: Any) -> bool:
    """Whether there is no such address, as the server there says, or else the provider: not a full inbox."""
    said = STATUS.search(event.mta_response or "")
    return says_no_such_address(said[0]) if said else event.reject_reason in DEAD


def _reason(event: Any) -> str:
    """The server's enhanced status, or the provider's reason: no words, which repeat the address."""
    said = STATUS.search(event.mta_response or "")
    return said[0] if said else f"the provider: {event.reject_reason or event.event_type}"


def _id(value: Any) -> UUID | None:
    try:
        return UUID(str(value))
    except ValueError:
        return None
