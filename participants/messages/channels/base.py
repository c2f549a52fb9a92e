"""What every channel can do, and the four ways in which it may fail to.

A channel translates the answers of its server or provider into these; whoever sends knows no protocol.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import datetime
from typing import Any, ClassVar

from participants.models import Notification
from programs.models import Channel as Way  # what a message goes by; a Channel here is what carries it


class NotSent(Exception):
    """A message was not handed over, or nobody knows. The text is what the ledger keeps: a code first, no address."""


class Refused(NotSent):
    """Final: it is about this address or this text, and the same would be answered again.

    `is_dead` says that there is no such address, so that nothing else is sent to it either.
    """

    def __init__(self, reason: str, *, is_dead: bool = False) -> None:
        super().__init__(reason)
        self.is_dead = is_dead


class Later(NotSent):
    """Worth another try, of this message; the next one may go through."""


class Away(NotSent):
    """The whole channel cannot be reached, or takes nothing from us: the rest of the batch need not try."""


class Unsettled(NotSent):
    """It may have gone out; only the provider can say, and will by a webhook."""


class Channel(ABC):
    """One way to people: for each letter `begin`, `send` and `answer`, or `begin` and `drop`; closed at the end.

    No thread shares one.
    """

    way: ClassVar[Way]

    @abstractmethod
    def write(self, notification: Notification, *, now: datetime) -> Any:
        """The message that says what `notification` says at programme time `now`, as the others take it: a letter."""

    @abstractmethod
    def begin(self, letter: Any) -> None:
        """Be ready to send the letter, connected and greeted, and say of it what binds nobody yet. Raises Away."""

    @abstractmethod
    def send(self, letter: Any) -> None:
        """Hand over the letter that was begun; from here on it may arrive. Raises NotSent, in one of its four kinds."""

    @abstractmethod
    def answer(self) -> str:
        """What became of the letter that was sent: what the provider calls it, "" when it has no name there.

        Waits for the answer where `send` did not, so that whoever sends has something to do meanwhile. Raises NotSent.
        """

    def drop(self) -> None:  # noqa: B027 -- most channels have said nothing yet
        """Take back a letter that was begun: it is not sent. Never raises."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the connection. Never raises; `begin` may follow."""
