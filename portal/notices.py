"""What the last press brought, kept until it is read, and each thing once, however often it was pressed."""

from __future__ import annotations

from typing import Any

from django.contrib.messages.storage.base import Message
from django.contrib.messages.storage.session import SessionStorage


class NoticeStorage(SessionStorage):
    _queued_messages: list[Message]
    _loaded_messages: list[Message]

    def add(self, level: int, message: Any, extra_tags: str | None = "") -> None:
        """Keep the notice unless an equal one waits to be read. `message` may be lazy; equal is what reads the same."""
        waiting = self._queued_messages if self.used else [*self._loaded_messages, *self._queued_messages]
        said = (int(level), str(message), extra_tags or "")
        if said not in [(notice.level, str(notice.message), notice.extra_tags or "") for notice in waiting]:
            super().add(level, message, extra_tags or "")
