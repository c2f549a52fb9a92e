"""What mail servers send back when a mail could not be delivered (RFC 3464)."""

from __future__ import annotations

import email
import re
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from uuid import UUID

_NO_SUCH_ADDRESS = re.compile(r"\b5\.1\.(1|2|3|6|10)\b")
STATUS = re.compile(r"\b5\.\d{1,3}\.\d{1,3}\b")  # an enhanced status code (RFC 3463) that is final
_MESSAGE_ID = re.compile(r"(?im)^Message-ID:\s*<([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})@")


@dataclass(frozen=True)
class Report:
    """A mail that was not delivered: which of ours, why (an enhanced status code), and to whom as the server says."""

    message_id: UUID
    status: str
    address: str


def says_no_such_address(answer: str) -> bool:
    """Whether a mail server's `answer` says that there is no such address: not a full inbox, not a policy."""
    return bool(_NO_SUCH_ADDRESS.search(answer))


def read_report(raw: bytes) -> Report | None:
    """The report in the mail `raw`; None for anything else, also for one of a delay that may still end well."""
    message = email.message_from_bytes(raw, policy=policy.default)
    if message.get_content_type() != "multipart/report":
        return None
    parts = [part for part in message.walk() if isinstance(part, EmailMessage)]
    said = next((part for part in parts if part.get_content_type() == "message/delivery-status"), None)
    ours = _MESSAGE_ID.search("\n".join(_text(part) for part in parts if _is_original(part)))
    if said is None or ours is None:
        return None
    fields = {name.lower(): str(value) for block in said.get_payload() for name, value in block.items()}  # type: ignore[union-attr]
    status = fields.get("status", "").split()[:1]
    if fields.get("action", "").strip().lower() != "failed" or not status or not status[0].startswith("5."):
        return None
    address = (fields.get("original-recipient") or fields.get("final-recipient", "")).rpartition(";")[2].strip()
    return Report(UUID(ours[1]), status[0][:20], address)


def _is_original(part: EmailMessage) -> bool:
    return part.get_content_type() in ("message/rfc822", "text/rfc822-headers")


def _text(part: EmailMessage) -> str:
    if part.get_content_type() == "message/rfc822":
        return "\n".join(f"Message-ID: {inner['Message-ID']}" for inner in part.iter_parts() if inner["Message-ID"])
    payload = part.get_payload(decode=True)
    return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
