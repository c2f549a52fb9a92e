"""How migrations change the tables of a portal at which people are writing.

A request's limits would end them: a long table takes more than its seconds, and an index that is built beside whoever
writes waits for every transaction that began before. Locks that hold up others are waited for no longer than in a
request.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

from django.db.backends.postgresql import schema
from django.db.models import Index, Model


class DatabaseSchemaEditor(schema.DatabaseSchemaEditor):
    def __enter__(self) -> Self:
        super().__enter__()
        self.execute(f"SET {'LOCAL ' if self.atomic_migration else ''}statement_timeout = 0")
        return self

    def __exit__(self, *raised: Any) -> None:
        try:
            super().__exit__(*raised)
        finally:
            if not self.atomic_migration:
                self.execute("RESET statement_timeout")

    def add_index(self, model: type[Model], index: Index, concurrently: bool = False) -> None:
        if not concurrently:
            super().add_index(model, index)
            return
        self.remove_index(model, index, concurrently=True)  # what a build that was broken off has left
        with self._waiting():
            super().add_index(model, index, concurrently=True)

    def remove_index(self, model: type[Model], index: Index, concurrently: bool = False) -> None:
        if not concurrently:
            super().remove_index(model, index)
            return
        with self._waiting():
            super().remove_index(model, index, concurrently=True)

    @contextmanager
    def _waiting(self) -> Iterator[None]:
        """As long as it takes: what is done concurrently holds nobody up."""
        self.execute("SET lock_timeout = 0")
        try:
            yield
        finally:
            self.execute("RESET lock_timeout")
