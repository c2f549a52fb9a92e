"""What Meta reports: how messages fared, and what people answered. Whoever holds the app's secret may speak here.

A report that is about nothing of ours is answered like any other, so that Meta does not send it again.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest
from django.views.decorators.csrf import csrf_exempt

from participants.messages.channels.base import Way
from participants.messages.channels.whatsapp_codes import NOT_REACHED
from participants.operations import receipts, whatsapp_numbers, withdrawals
from participants.operations.receipts import Receipt, name_of
from portal import clock

LONGEST = 3 * 1024 * 1024  # bytes: what Meta says it sends at the most
CLOCKS_APART = timedelta(minutes=1)  # at the very most
STOP = {"stop", "berhenti", "unsubscribe"}


@csrf_exempt
@login_not_required
def whatsapp(request: HttpRequest) -> HttpResponse:
    """Answer Meta's question whose address this is (GET), and take its reports (POST)."""
    if not settings.WHATSAPP_TOKEN:
        raise Http404
    if request.method != "POST":
        return _challenge(request)
    raw = request.read(LONGEST + 1)
    if len(raw) > LONGEST:
        return HttpResponseBadRequest()
    expected = hmac.new(settings.WHATSAPP_APP_SECRET.encode(), raw, hashlib.sha256).hexdigest()
    signed = request.headers.get("X-Hub-Signature-256", "")
    if not hmac.compare_digest(f"sha256={expected}".encode(), signed.encode(errors="replace")):
        raise PermissionDenied
    try:
        report = json.loads(raw)
    except (ValueError, RecursionError):
        return HttpResponseBadRequest()
    now = clock.database_now()
    for value in _values(report):
        for status in _dicts(value.get("statuses")):
            _take(status, now)
        for message in _dicts(value.get("messages")):
            _hear(message, now)
    return HttpResponse(status=200)


def _challenge(request: HttpRequest) -> HttpResponse:
    given = request.GET.get("hub.verify_token", "")
    if request.GET.get("hub.mode") != "subscribe" or not hmac.compare_digest(
        given.encode(errors="replace"), settings.WHATSAPP_VERIFY_TOKEN.encode()
    ):
        raise PermissionDenied
    return HttpResponse(request.GET.get("hub.challenge", "")[:200], content_type="text/plain")


def _take(status: dict[str, Any], now: datetime) -> None:
    """One message's news: accepted, on the phone (or read there, which is not kept), or failed."""
    receipt = Receipt(Way.WHATSAPP, _id(status.get("biz_opaque_callback_data")), name_of(status.get("id")))
    match status.get("status"):
        case "sent":
            receipts.accepted(receipt, now=now)
        case "delivered" | "read":
            receipts.arrived(receipt, now=now)
            whatsapp_numbers.find(number=_number(status.get("recipient_id")), at=_said_at(status, now) or now)
        case "failed":
            codes = [error.get("code") for error in _dicts(status.get("errors"))]
            code = next((code for code in codes if isinstance(code, int)), "failed")
            receipts.failed(receipt, f"WhatsApp {code}", now=now)
            if code in NOT_REACHED:
                whatsapp_numbers.lose(number=_number(status.get("recipient_id")), at=_said_at(status, now) or now)


def _hear(message: dict[str, Any], now: datetime) -> None:
    """What somebody wrote or pressed; nobody reads it, and only STOP means something. Their number has WhatsApp."""
    text, button = message.get("text"), message.get("button")
    said = text.get("body") if isinstance(text, dict) else button.get("text") if isinstance(button, dict) else ""
    number, said_at = _number(message.get("from")), _said_at(message, now)
    if not number:
        return
    whatsapp_numbers.find(number=number, at=said_at or now)
    if str(said).strip(" .!\n\t\"'").casefold() in STOP:
        withdrawals.stop_whatsapp(number=number, now=now, said_at=said_at)


def _number(value: Any) -> str:
    """A number as Meta writes it, in E.164; nothing where it is none."""
    digits = str(value or "")
    return f"+{digits[:15]}" if digits.isdecimal() and digits.isascii() else ""


def _said_at(message: dict[str, Any], now: datetime) -> datetime | None:
    """When it was said, in programme time, of what is heard late; None where it was just now, or nobody says when.

    Meta's clock is another than ours: what was agreed to within a minute of it is not newer.
    """
    try:
        said_at = datetime.fromtimestamp(int(str(message.get("timestamp"))), UTC) + clock.offset() + CLOCKS_APART
    except (ValueError, OverflowError, OSError):
        return None
    return said_at if said_at < now else None


def _values(report: Any) -> Iterator[dict[str, Any]]:
    for entry in _dicts(report.get("entry") if isinstance(report, dict) else None):
        for change in _dicts(entry.get("changes")):
            value = change.get("value")
            if isinstance(value, dict) and _is_ours(value):
                yield value


def _is_ours(value: dict[str, Any]) -> bool:
    """Whether it is about our number: an app may serve several."""
    told = value.get("metadata")
    return isinstance(told, dict) and str(told.get("phone_number_id")) == settings.WHATSAPP_PHONE_NUMBER_ID


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _id(value: Any) -> UUID | None:
    try:
        return UUID(value)
    except (ValueError, TypeError, AttributeError):
        return None
