"""A mail server of the tests' own: real SMTP on a free port, told for each recipient what to answer."""

from __future__ import annotations

import asyncio
import logging
import random
import socket
import threading
import weakref
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

logging.getLogger("mail.log").setLevel(logging.WARNING)


class Sink:
    """Keeps what it was given. `answers` maps an address to the line answered after DATA, `recipient_answers` to that
    answered to RCPT, `delays` to seconds, `holds` to what must happen before it answers, for a minute at most. For whom
    is in `drops` it hangs up before it has taken the mail; for whom is in `hangs` it says 250 and then nothing more on
    that connection; in `farewells` it says 250 and hangs up. With `pipelining` it says that it takes several commands
    at once.

    `sender_answer`, when set, refuses every sender; `senders` are those of the envelopes.
    """

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.answers: dict[str, str] = {}
        self.recipient_answers: dict[str, str] = {}
        self.delays: dict[str, float] = {}
        self.holds: dict[str, threading.Event] = {}
        self.drops: set[str] = set()
        self.hangs: set[str] = set()
        self.farewells: set[str] = set()
        self.pipelining = False
        self.hung: weakref.WeakSet[Session] = weakref.WeakSet()
        self.sender_answer = ""
        self.senders: set[str] = set()

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [*responses[:-1], *(["250-PIPELINING"] if self.pipelining else []), responses[-1]]

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if session in self.hung:
            await asyncio.sleep(600)
        if not self.sender_answer:
            envelope.mail_from = address
        return self.sender_answer or "250 fine"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if answer := self.recipient_answers.get(address):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 fine"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        (address,) = envelope.rcpt_tos
        await asyncio.sleep(self.delays.get(address, 0))
        if hold := self.holds.get(address):
            await asyncio.to_thread(hold.wait, 60)
        self.senders.add(str(envelope.mail_from))
        if address in self.drops:
            assert server.transport is not None
            server.transport.abort()
            return "421 gone"
        if address in self.hangs:
            self.hung.add(session)
        if address in self.farewells:
            assert server.transport is not None
            asyncio.get_running_loop().call_later(0.01, server.transport.close)
        answer = self.answers.get(address, "250 kept")
        if answer.startswith("250"):
            self.mails.append(message_from_bytes(envelope.original_content or b"", policy=policy.default))  # type: ignore[arg-type]
        return answer

    def to(self, address: str) -> list[EmailMessage]:
        return [mail for mail in self.mails if mail["To"] == address]

    def counts(self) -> Counter[str]:
        """How many mails each address got."""
        return Counter(str(mail["To"]) for mail in self.mails)

    def ids(self) -> Counter[str]:
        return Counter(str(mail["Message-ID"]) for mail in self.mails)


def kept_port() -> int:
    """A free port below those that the system gives out by itself: nobody takes it until somebody listens there."""
    while True:
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", random.randrange(20000, 32000)))
            return int(probe.getsockname()[1])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class _Server(Controller):
    """A mail server that hangs up on everybody when it stops: no client is left waiting, no socket open."""

    def __init__(self, handler: Sink, port: int) -> None:
        super().__init__(handler, hostname="127.0.0.1", port=port, ready_timeout=60)
        self.connections: weakref.WeakSet[SMTP] = weakref.WeakSet()

    def factory(self) -> SMTP:
        connection = super().factory()
        self.connections.add(connection)
        return connection

    def stop(self, no_assert: bool = False) -> None:
        async def hang_up() -> None:
            assert self.server is not None
            self.server.close()
            for connection in self.connections:
                if connection.transport is not None:
                    connection.transport.abort()
            await asyncio.sleep(0)  # a transport closes its socket in the loop's next turn

        asyncio.run_coroutine_threadsafe(hang_up(), self.loop).result(60)
        super().stop(no_assert)


@contextmanager
def sink(settings: Any, *, port: int | None = None) -> Iterator[Sink]:
    """A sink that this process's mails go to, for as long as the block lasts."""
    received = Sink()
    controller = _Server(received, port or free_port())
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", controller.port
    try:
        yield received
    finally:
        controller.stop()
