"""How often somebody may do the same thing at the door, and when they may do it once more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from participants.models import LoginCode

KEPT_USED = timedelta(days=30)  # as long as a login lasts: by it the browser is known


class Event(NamedTuple):
    """What was done at the door: when, how often, in which browser and from which network ("" where none was told)."""

    at: datetime
    times: int
    browser_hash: str
    network_hash: str


class Asker(NamedTuple):
    """Who would do it once more, and to which account."""

    address_key: str
    browser_hash: str
    network_hash: str


Limits = Sequence[tuple[int, timedelta]]


def allowed_at(
    events: Sequence[Event], limits: Limits, of_one: Limits, asker: Asker, machine_now: datetime
) -> datetime:
    """When `asker` may do it once more, given what was done, latest first; past when that is now.

    Everybody together keeps to `limits`, and each network to its share `of_one`; a browser that was inside is counted
    by itself.
    """
    free_at = _free_at(events, limits)
    if asker.network_hash:
        here = [event for event in events if event.network_hash == asker.network_hash]
        free_at = max(free_at, _free_at(here, of_one))
    if free_at > machine_now and _is_known(asker.address_key, asker.browser_hash, machine_now):
        free_at = _free_at([event for event in events if event.browser_hash == asker.browser_hash], limits)
    return free_at


def _free_at(events: Sequence[Event], limits: Limits) -> datetime:
    """When one more is allowed under every limit, given what happened, latest first."""
    free_at = datetime.min.replace(tzinfo=UTC)
    for most, window in limits:
        seen = 0
        for event in events:
            seen += event.times
            if seen >= most:
                free_at = max(free_at, event.at + window)
                break
    return free_at


def _is_known(account: str, browser_hash: str, machine_now: datetime) -> bool:
    """Whether this browser has logged in to the account before, and so belongs to its owner."""
    return LoginCode.objects.filter(
        address_key=account, browser_hash=browser_hash, used_at__gt=machine_now - KEPT_USED
    ).exists()
