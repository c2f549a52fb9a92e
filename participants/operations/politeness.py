"""How fast one recipient domain is written to: a provider that says "too many" slows its own mail, and no other.

Each sending process keeps its own count, as providers count by connection; one that was restarted learns it at the next
complaint. Instants here are machine time, in seconds of a clock that only goes forward.
"""

from __future__ import annotations

import re
from collections import defaultdict, deque
from dataclasses import dataclass

from django.conf import settings

from participants.operations.retries import TOO_MANY

AFTER_COMPLAINT = 30  # messages a minute; half as many when the complaint comes again a minute later
LEAST = 2
FORGIVEN_AFTER = 600.0  # seconds without a complaint; then twice as many, and so on
FORGOTTEN_AFTER = 6 * FORGIVEN_AFTER
MINUTE = 60.0
LONGEST_WAIT = 120.0  # then it is asked again, since more may be allowed by then
_NOT_NOW = re.compile(r"^450\b")


@dataclass(frozen=True)
class _Slowed:
    per_minute: int
    since: float


class Pace:
    """What one process sends to each domain. Without a complaint and a limit of ours nothing is counted."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Begin as a fresh process does."""
        self._slowed: dict[str, _Slowed] = {}
        self._sent: defaultdict[str, deque[float]] = defaultdict(deque)
        self._next_free: dict[str, float] = {}

    def wait(self, domain: str, at: float) -> float:
        """For how many seconds a message to `domain` must wait; 0.0 when it may go, and then it counts as sent."""
        if not (allowed := self.allowed(domain, at)):
            return 0.0
        sent = self._sent[domain]
        while sent and sent[0] <= at - MINUTE:
            sent.popleft()
        if len(sent) < allowed:
            sent.append(at)
            return 0.0
        free = max(self._next_free.get(domain, 0.0), sent[0] + MINUTE)
        self._next_free[domain] = free + MINUTE / allowed  # the next one waits behind this one
        return min(max(free - at, 1.0), LONGEST_WAIT)

    def allowed(self, domain: str, at: float) -> int:
        """How many messages a minute go to `domain`; 0 where nothing limits them."""
        limit = int(settings.MAILS_PER_MINUTE_AND_DOMAIN)
        slowed = self._slowed.get(domain)
        if slowed and at - slowed.since >= FORGOTTEN_AFTER:
            del self._slowed[domain]
            slowed = None
        if not slowed:
            return limit
        again = slowed.per_minute * 2 ** int((at - slowed.since) // FORGIVEN_AFTER)
        return min(again, limit) if limit else again

    def heard(self, domain: str, answer: str, at: float) -> None:
        """Slow `domain` down when its mail server's `answer` says "too many", or "not now"."""
        if not (TOO_MANY.search(answer) or _NOT_NOW.search(answer)):
            return
        slowed = self._slowed.get(domain)
        if slowed and at - slowed.since < MINUTE:
            return  # of the same burst
        slower = max(self.allowed(domain, at) // 2, LEAST) if slowed else AFTER_COMPLAINT
        self._slowed[domain] = _Slowed(slower, at)


PACE = Pace()
