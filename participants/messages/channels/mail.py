"""Mail by SMTP, over one connection for many messages."""

from __future__ import annotations

import logging
import select
import smtplib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.core.mail import get_connection
from django.core.mail.backends.smtp import EmailBackend

from participants.messages import mime
from participants.messages.channels.base import Away, Channel, Later, NotSent, Refused, Way
from participants.messages.mails import Letter, mail
from participants.messages.reports import says_no_such_address
from participants.messages.stencils import Stencils
from participants.models import Notification

log = logging.getLogger(__name__)

OUR_FAULT = {530, 534, 535, 538}  # the mail server does not accept this portal: no row's fault


class Mail(Channel):
    way = Way.MAIL

    def __init__(self) -> None:
        self._server = get_connection()
        self._stencils = Stencils()
        self._awaited = 0  # answers to what `begin` said

    def write(self, notification: Notification, *, now: datetime) -> Letter:
        letter = mail(notification, now=now, stencils=self._stencils)
        if isinstance(self._server, EmailBackend):
            letter.wire = letter.as_bytes().replace(b"\r\n.", b"\r\n..") + b".\r\n"
        return letter

    def begin(self, letter: Letter) -> None:
        if (connection := self._smtp()) and _has_hung_up(connection):  # between two mails, as some do after so many
            self.close()
        try:
            self._server.open()
            if connection := self._smtp():
                connection.ehlo_or_helo_if_needed()
                self._awaited = begin(connection, letter)
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise Away(f"{type(error).__name__}: {error}") from error

    def send(self, letter: Letter) -> None:
        with self._giving_up():
            if connection := self._smtp():
                hand_over(connection, letter, self._awaited)
            else:
                self._server.send_messages([letter])

    def answer(self) -> str:
        if isinstance(self._server, EmailBackend):
            with self._giving_up():
                assert self._server.connection is not None  # noqa: S101 -- send() left it open
                hear(self._server.connection)
        return ""

    def drop(self) -> None:
        try:
            if connection := self._smtp():
                for _answer in range(self._awaited):
                    connection.getreply()
                connection.rset()
        except (OSError, smtplib.SMTPException):
            self.close()

    def _smtp(self) -> smtplib.SMTP | None:
        """The open connection; None where the settings name another backend than SMTP."""
        return self._server.connection if isinstance(self._server, EmailBackend) else None

    @contextmanager
    def _giving_up(self) -> Iterator[None]:
        """What goes wrong ends the connection."""
        try:
            yield
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise verdict(error) from error

    def close(self) -> None:
        try:
            self._server.close()
        except (OSError, smtplib.SMTPException):
            log.debug("the mail server hung up first")


def _has_hung_up(server: smtplib.SMTP) -> bool:
    """Whether there is something to read where nothing was asked: a goodbye, or the end."""
    poll = select.poll()
    poll.register(server.sock, select.POLLIN)  # type: ignore[arg-type]
    return bool(poll.poll(0))


def begin(server: smtplib.SMTP, letter: Letter) -> int:
    """Say who writes, and to whom as well where the server takes several words at once (PIPELINING, RFC 2920).

    All of it can be taken back until DATA. Returns how many answers are to come.
    """
    sender, recipient = _envelope(letter)
    commands = [f"MAIL FROM:<{sender}>", f"RCPT TO:<{recipient}>"]
    said = commands if server.has_extn("pipelining") else commands[:1]
    server.send("\r\n".join([*said, ""]))
    return len(said)


def hand_over(server: smtplib.SMTP, letter: Letter, awaited: int) -> None:
    """Say the rest of a mail that was begun and of which so many answers are awaited; `hear` is to follow.

    Raises what `smtplib` does, and leaves the connection to be closed then.
    """
    sender, recipient = _envelope(letter)
    steps = ["", f"RCPT TO:<{recipient}>", "DATA"]
    if awaited > 1:
        server.putcmd("DATA")
        steps = ["", "", ""]
    answers = (server.docmd(step) if step else server.getreply() for step in steps)
    code, words = next(answers)
    if code != 250:
        raise smtplib.SMTPSenderRefused(code, words, sender)
    code, words = next(answers)
    if code not in (250, 251):
        raise smtplib.SMTPRecipientsRefused({recipient: (code, words)})
    code, words = next(answers)
    if code != 354:
        raise smtplib.SMTPDataError(code, words)
    server.send(letter.wire)


def hear(server: smtplib.SMTP) -> None:
    """Wait for the answer to a mail that was handed over. Raises what `smtplib` does."""
    code, words = server.getreply()
    if code != 250:
        raise smtplib.SMTPDataError(code, words)


def _envelope(letter: Letter) -> tuple[str, str]:
    return mime.sender_address(letter.from_email), mime.address(letter.to[0])


def verdict(error: Exception) -> NotSent:
    """What went wrong means for the message: a 5xx about the recipient or the text is final, the rest worth a try."""
    text: bytes | str
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, text = next(iter(error.recipients.values()))
    elif isinstance(error, smtplib.SMTPResponseException):
        code, text = error.smtp_code, error.smtp_error
    else:
        code, text = 0, type(error).__name__
    words = text.decode(errors="replace") if isinstance(text, bytes) else str(text)
    reason = f"{code} {words}" if code else words
    if _is_away(error):
        return Away(reason)
    if 500 <= code < 600:
        is_about_reader = isinstance(error, smtplib.SMTPRecipientsRefused)
        return Refused(reason, is_dead=is_about_reader and says_no_such_address(reason))
    return Later(reason)


def _is_away(error: Exception) -> bool:
    """Whether the next message would fare no better: silence, a login that fails, a sender that is refused."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return any(code in OUR_FAULT for code, _text in error.recipients.values())
    if isinstance(error, smtplib.SMTPDataError):
        return error.smtp_code in OUR_FAULT
    # A server that hangs up may take the next message on a new connection; if not, that connection tells.
    return not isinstance(error, smtplib.SMTPServerDisconnected) or isinstance(error.__context__, TimeoutError)
