"""What Django does again for each test, and is the same each time: done once a process."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from whitenoise.middleware import WhiteNoiseMiddleware


def look_at_static_files_once() -> None:
    """Let a new client know the static files. Each brings the whole middleware up, which would look at every file."""
    for name in ("update_files_dictionary", "add_files_from_finders"):
        setattr(WhiteNoiseMiddleware, name, _remembered(getattr(WhiteNoiseMiddleware, name)))


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
