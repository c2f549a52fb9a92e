"""What one message says to many: written once with the reader left open, and filled in for each of them.

Only for kinds whose words differ by nothing but the reader's name and the message's own code. The words are written for
somebody of whom only the name can be asked: words that come to tell more of a reader are written for each by itself, as
those of every other kind, and nobody can get what was meant for another.
"""

from __future__ import annotations

import re
import secrets
from bisect import bisect_right
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from html import escape
from types import SimpleNamespace
from typing import Any

from participants.messages.inert import inert
from participants.models import Notification
from programs.models import TrainingSession

Kind = Notification.Kind
# Stand in the words where the reader's name and the message's code go. No text that anybody writes can hold them.
NAME, CODE = f"n{secrets.token_hex(12)}", f"c{secrets.token_hex(12)}"
MOST = 200  # known at once
_OPEN = re.compile(f"({NAME}|{CODE})")


class Personal(AttributeError):
    """The words ask for more of their reader than the name."""


@dataclass(frozen=True)
class Written:
    """What a message says, in both its parts."""

    subject: str
    text: str
    html: str


class Stencil:
    """A written message with the reader's name and the code left open."""

    def __init__(self, written: Written) -> None:
        self._subject = _OPEN.split(written.subject)
        self._text = _OPEN.split(written.text)
        self._html = _OPEN.split(written.html)

    def fill(self, name: str, code: str) -> Written:
        """The message to whoever is called `name`, which is text in both parts."""
        name = inert(name)
        plain, marked = {NAME: name, CODE: code}, {NAME: escape(name), CODE: code}
        return Written(_filled(self._subject, plain), _filled(self._text, plain), _filled(self._html, marked))


class Stencils:
    """The stencils of one run. Each holds for the facts of one reading of rows, and is not found with another's."""

    def __init__(self) -> None:
        self._known: dict[tuple, tuple[Stencil | None, Any]] = {}
        self._turns: dict[int, tuple[TrainingSession, list[datetime]]] = {}

    def find(
        self, notification: Notification, language: str, now: datetime, write: Callable[[Notification], Written]
    ) -> Stencil | None:
        """The stencil for `notification`, made by `write` for the first of its like; None where there can be none."""
        key = self._what_the_words_tell(notification, now)
        if key is None:
            return None
        if (key, language) not in self._known:
            if len(self._known) >= MOST:
                self._known.clear()
                self._turns.clear()
            # The facts are kept with it, so that those of another reading are other objects with other identities.
            facts = (notification.registration, notification.rule, notification.broadcast)
            self._known[key, language] = (_made(notification, write), facts)
        return self._known[key, language][0]

    def _what_the_words_tell(self, notification: Notification, now: datetime) -> tuple | None:
        """All that the words of a message depend on but its reader; None where the words are each reader's own."""
        if notification.registration is None:
            return None
        session = notification.registration.session
        match notification.kind:
            case Kind.REMINDER:
                told = (id(session), id(notification.rule), notification.occurrence)
                return *told, bisect_right(self._turns_of(session), now)
            case Kind.BROADCAST:
                return id(session), id(notification.broadcast)
            case _:
                return None

    def _turns_of(self, session: TrainingSession) -> list[datetime]:
        """The instants at which something else is told of the session's days: closing, and of each day when its eve
        and itself begin where the session is, and its first and last hour."""
        if id(session) not in self._turns:
            turns, zone = [session.closes], session.region.zone
            for day in session.days.all():
                for date in (day.date - timedelta(days=1), day.date):
                    turns.append(datetime.combine(date, time.min, tzinfo=zone))
                for hour in (day.starts_at, day.ends_at):
                    turns.append(datetime.combine(day.date, hour, tzinfo=zone))
            self._turns[id(session)] = (session, sorted(turns))
        return self._turns[id(session)][1]


def _made(notification: Notification, write: Callable[[Notification], Written]) -> Stencil | None:
    assert notification.registration is not None  # noqa: S101 -- else there was no key
    told = copy(notification)
    reader = _Anybody(session=notification.registration.session, participant=_Anybody(full_name=NAME))
    told.__dict__["_state"].fields_cache["registration"] = reader
    try:
        return Stencil(write(told))
    except Personal:
        return None


class _Anybody(SimpleNamespace):
    def __getattr__(self, name: str) -> Any:
        raise Personal(name)


def _filled(pieces: list[str], values: dict[str, str]) -> str:
    return "".join([values.get(piece, piece) for piece in pieces])
