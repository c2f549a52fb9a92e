"""Servers that play the providers of channels over real HTTP: Meta's Cloud API, an SMS gateway, a mail provider.

Each is told for each recipient what to answer, and keeps what it took.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN, SECRET, VERIFY, NUMBER_ID, VERSION = "wa-token", "wa-secret", "wa-verify", "1055501", "v23.0"


@dataclass
class Provider:
    """What it took, in order, and what it does for each recipient.

    `errors` maps a recipient to a status and an error code, `delays` to seconds before the answer. For whom is in
    `drops` it hangs up without taking the message; for whom is in `hangs` it takes it and says nothing more.
    """

    url: str = ""
    took: list[dict[str, Any]] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    errors: dict[str, tuple[int, int]] = field(default_factory=dict)
    delays: dict[str, float] = field(default_factory=dict)
    drops: set[str] = field(default_factory=set)
    hangs: set[str] = field(default_factory=set)
    refuses_everybody: tuple[int, int] | None = None
    redirects_to: str = ""
    over: threading.Event = field(default_factory=threading.Event)

    def to(self, recipient: str) -> list[dict[str, Any]]:
        return [message for message in self.took if self.recipient(message) == recipient]

    def recipient(self, message: dict[str, Any]) -> str:
        return str(message.get("to", message.get("To", "")))

    def may(self, path: str, headers: Any) -> bool:
        """Whether whoever asks has the key, at the right address."""
        return headers.get("Authorization") == f"Bearer {TOKEN}"

    def answer(self, message: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        return 200, {"id": f"m{len(self.took)}"}

    def error(self, status: int, code: int) -> tuple[int, dict[str, Any]]:
        return status, {"error": code}


class CloudApi(Provider):
    """Meta's. It takes what Meta would take: a template in a language, with clean variables."""

    def may(self, path: str, headers: Any) -> bool:
        return super().may(path, headers) and path == f"/{VERSION}/{NUMBER_ID}/messages"

    def answer(self, message: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        (body,) = message["template"]["components"]
        texts = [parameter["text"] for parameter in body["parameters"]]
        if not all(text.strip() and not set(text) & set("\n\r\t") and " " * 5 not in text for text in texts):
            return self.error(400, 132018)
        told = {"messaging_product": "whatsapp", "contacts": [{"input": message["to"], "wa_id": message["to"]}]}
        return 200, {**told, "messages": [{"id": f"wamid.{len(self.took)}", "message_status": "accepted"}]}

    def error(self, status: int, code: int) -> tuple[int, dict[str, Any]]:
        told = {"message": f"(#{code}) to 6281234567890", "type": "OAuthException", "code": code, "fbtrace_id": "x"}
        return status, {"error": told}


class Postmark(Provider):
    """A mail provider that django-anymail knows."""

    def may(self, path: str, headers: Any) -> bool:
        return headers.get("X-Postmark-Server-Token") == TOKEN and path == "/email"

    def answer(self, message: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        told = {"To": message["To"], "MessageID": f"pm-{len(self.took)}", "ErrorCode": 0, "Message": "OK"}
        return 200, {**told, "SubmittedAt": "2025-12-02T02:00:00Z"}

    def error(self, status: int, code: int) -> tuple[int, dict[str, Any]]:
        told = "You tried to send to recipients that have all been marked as inactive. Found inactive addresses: "
        return status, {"ErrorCode": code, "Message": f"{told}siti@example.com. Inactive recipients are not mailed."}


def _handler(provider: Provider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            provider.asked.append(message)
            recipient = provider.recipient(message)
            provider.over.wait(provider.delays.get(recipient, 0))
            if provider.redirects_to:
                self.send_response(307)
                self.send_header("Location", provider.redirects_to)
                self.send_header("Content-Length", "0")
                return self.end_headers()
            if not provider.may(self.path, self.headers):
                return self._say(*provider.error(401, 190))
            if recipient in provider.drops:
                self.close_connection = True
                return None
            if refusal := provider.refuses_everybody or provider.errors.get(recipient):
                return self._say(*provider.error(*refusal))
            provider.took.append(message)
            if recipient in provider.hangs:
                provider.over.wait(60)
                self.close_connection = True
                return None
            return self._say(*provider.answer(message))

        def _say(self, status: int, body: dict[str, Any]) -> None:
            written = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(written)))
            self.end_headers()
            self.wfile.write(written)

        def log_message(self, *arguments: Any) -> None:
            """Nothing: a test that fails says what it expected."""

    return Handler


@contextmanager
def playing(provider: Provider) -> Iterator[Provider]:
    """Play `provider` on a free port until the block ends."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(provider))
    provider.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield provider
    finally:
        provider.over.set()
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def cloud_api(settings: Any) -> Iterator[CloudApi]:
    """WhatsApp, configured and played by a server of the test's own."""
    with playing(CloudApi()) as api:
        settings.WHATSAPP_TOKEN, settings.WHATSAPP_PHONE_NUMBER_ID = TOKEN, NUMBER_ID
        settings.WHATSAPP_APP_SECRET, settings.WHATSAPP_VERIFY_TOKEN = SECRET, VERIFY
        settings.WHATSAPP_API_VERSION, settings.WHATSAPP_ORIGIN = VERSION, api.url
        yield api  # type: ignore[misc]


@contextmanager
def sms_gateway(settings: Any) -> Iterator[Provider]:
    with playing(Provider()) as gateway:
        settings.SMS_URL, settings.SMS_TOKEN, settings.SMS_SENDER = f"{gateway.url}/sms", TOKEN, "GenZ"
        yield gateway


@contextmanager
def postmark(settings: Any) -> Iterator[Provider]:
    """Mail by a provider instead of SMTP."""
    with playing(Postmark()) as provider:
        settings.MAIL_PROVIDER, settings.EMAIL_BACKEND = "postmark", "anymail.backends.postmark.EmailBackend"
        settings.ANYMAIL = {
            "POSTMARK_SERVER_TOKEN": TOKEN,
            "POSTMARK_API_URL": f"{provider.url}/",
            "WEBHOOK_SECRET": "hook:secret",
            "REQUESTS_TIMEOUT": 5,
            "IGNORE_UNSUPPORTED_FEATURES": True,
        }
        yield provider


def report(*statuses: dict[str, Any], messages: Any = (), number_id: str = NUMBER_ID) -> bytes:
    """What Meta posts to the webhook."""
    value = {"messaging_product": "whatsapp", "metadata": {"phone_number_id": number_id}, "statuses": list(statuses)}
    value |= {"messages": list(messages)}
    return json.dumps(
        {"object": "x", "entry": [{"id": "1", "changes": [{"field": "messages", "value": value}]}]}
    ).encode()


def status_of(message: dict[str, Any], status: str, *, sent_as: str = "wamid.1", code: int = 0) -> dict[str, Any]:
    """What Meta says of a message that it took."""
    said = {"id": sent_as, "status": status, "timestamp": str(int(time.time())), "recipient_id": message["to"]}
    said |= {"biz_opaque_callback_data": message["biz_opaque_callback_data"]}
    return said | ({"errors": [{"code": code, "title": "Message undeliverable"}]} if code else {})


def signature(raw: bytes, secret: str = SECRET) -> str:
    return "sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
