"""Counting how often public pages are opened, in front of the whole-page cache, without knowing who opens them."""

from __future__ import annotations

import atexit
import logging
import re
import threading
import time
from collections import Counter
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db import Error
from django.http import HttpRequest, HttpResponseBase

from portal import clock
from programs.operations import visits
from programs.operations.visits import Opened

log = logging.getLogger(__name__)

SECONDS = 30  # that a process keeps what it counted; when it is killed, that is lost
# Programs that say what they are: search engines, previews of messengers, monitors, command lines.
PROGRAMS = re.compile(
    r"bot|crawl|spider|slurp|preview|facebookexternalhit|whatsapp/|telegram|curl/|wget/|python|go-http|java/|httpclient"
    r"|headless|lighthouse|monitor|uptime|probe|check|scan",
    re.IGNORECASE,
)


class Count:
    """What this process counted and has not yet added to the table."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._opened: Counter[Opened] = Counter()
        self._added_at = float("-inf")

    def note(self, opened: Opened) -> None:
        """One more; now and then all are added to the table. A database that is away costs no reader the page."""
        with self._lock:
            self._opened[opened] += 1
            if time.monotonic() - self._added_at < SECONDS:
                return
            self._added_at = time.monotonic()
        self.add()

    def add(self) -> None:
        with self._lock:
            opened, self._opened = self._opened, Counter()
        if not opened:
            return
        try:
            visits.add(opened)
        except Error:  # of any kind, a closed connection too; it is tried again with the next ones
            log.warning("visits could not be added")
            with self._lock:
                self._opened += opened


count = Count()
atexit.register(count.add)


def counted(page: str) -> Callable[[Callable[..., HttpResponseBase]], Callable[..., HttpResponseBase]]:
    """Count each time that a reader gets `page`, from the cache or not: no HEAD, no preloading, no robot."""

    def decorate(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            response = view(request, *args, **kwargs)
            if request.method == "GET" and response.status_code in (200, 304) and _is_a_reader(request):
                count.note(Opened(clock.now().astimezone(clock.HOME).date(), page, kwargs.get("slug", "")))
            return response

        return wrapper

    return decorate


def _is_a_reader(request: HttpRequest) -> bool:
    agent = request.headers.get("User-Agent", "")
    return bool(agent) and not PROGRAMS.search(agent) and "prefetch" not in request.headers.get("Sec-Purpose", "")
