"""What Django does again for each test, and is the same each time: done once a process; or read by nobody: not done."""

from __future__ import annotations

import threading
from typing import Any

from django.conf import settings
from django.db import connections
from django.test import client
from django.test.utils import ContextList
from django.urls import base as addresses
from django.utils.translation import trans_real
from whitenoise.middleware import WhiteNoiseMiddleware


def look_at_static_files_once() -> None:
    """Let a new client know the static files. Each brings the whole middleware up, which would look at every file."""
    for name in ("update_files_dictionary", "add_files_from_finders"):
        setattr(WhiteNoiseMiddleware, name, _remembered(getattr(WhiteNoiseMiddleware, name)))


def copy_no_contexts() -> None:
    """Let an answer hold what its templates were given, and not a copy of that by each template of the page."""

    def store(answers: dict[str, Any], signal: Any, sender: Any, template: Any, context: Any, **_: Any) -> None:
        kept = answers.setdefault("context", ContextList())
        if not kept or kept[-1] is not context:
            kept.append(context)

    client.store_rendered_templates = store


def keep_by_thread() -> None:
    """Let each thread look up its connection, language and addresses without asking each time which coroutine runs.

    None runs here or in a web process of ours, and then Django keeps them by thread, too.
    """
    for keeper, name in (
        (connections, "_connections"),
        (trans_real, "_active"),
        (addresses, "_prefixes"),
        (addresses, "_urlconfs"),
    ):
        setattr(keeper, name, threading.local())


def _remembered(look: Any) -> Any:
    known: dict[tuple[str, ...], dict[str, Any]] = {}

    def remembered(self: WhiteNoiseMiddleware, *where: str) -> None:
        key = (settings.STATIC_ROOT, *where)
        if key not in known:
            others, self.files = self.files, {}
            look(self, *where)
            known[key], self.files = self.files, others
        self.files.update(known[key])

    return remembered
