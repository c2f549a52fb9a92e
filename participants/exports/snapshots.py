"""One moment of the database for all that a file says, read by two of its processes side by side where it is much."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import closing, contextmanager
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any, TypeVar

from django.db import connection, transaction

from participants.exports.pieces import Piece

MEMORY = "64MB"  # that PostgreSQL may use for each sort and hash of an export, of which few run at a time
SETTINGS = f"SET LOCAL work_mem = '{MEMORY}'; SET LOCAL jit = off; SET LOCAL statement_timeout = 0; "
SETTINGS += "SET LOCAL idle_in_transaction_session_timeout = 0"  # while a book is put together
TOLD_EVERY = 0.5  # seconds between two words of how far it is
CANCELLED_EVERY = 0.05  # seconds until what goes on is told once more to stop

OnePiece = TypeVar("OnePiece", bound=Piece)


@dataclass(frozen=True)
class Snapshot:
    """A moment; `key` is by what another connection finds it, None where only this one can see it."""

    key: str | None

    def copied(
        self, statements: Sequence[str], make: Callable[[], OnePiece], told: Callable[[int], None]
    ) -> Generator[OnePiece, None, None]:
        """Run each statement (a whole `COPY … TO STDOUT`) into a piece of its own and hand the pieces over in order.

        A piece is good until the next one is asked for.

        Two run at a time, each on a connection of its own; the connection of this thread is not to be used until all
        is handed over. `told` is called on this thread with the rows so far. What goes wrong in one ends the other.
        """
        if len(statements) == 1 or self.key is None:
            yield from _one_by_one(statements, make, told)
            return
        pieces = [make() for _statement in statements]
        with self._beside() as other:
            lines: SimpleQueue[Any] = SimpleQueue()
            for line in (connection.connection, other):
                lines.put(line)
            pool = ThreadPoolExecutor(2)
            work = [pool.submit(_copy, lines, *one) for one in zip(statements, pieces, strict=True)]
            try:
                for done, piece in zip(work, pieces, strict=True):
                    _wait(done, pieces, told)
                    yield piece
                    piece.close()
            finally:
                pool.shutdown(wait=False, cancel_futures=True)
                while running := [one for one in work if not one.done()]:  # one that is only just sent is not there yet
                    connection.connection.cancel()
                    other.cancel()
                    wait(running, CANCELLED_EVERY)
                pool.shutdown()
                for piece in pieces:
                    piece.close()

    @contextmanager
    def _beside(self) -> Iterator[Any]:
        """A second connection that sees the same, and plans as this one does."""
        with connection.cursor() as cursor:
            cursor.execute("SHOW enable_nestloop")
            (nestloop,) = cursor.fetchone()
        with closing(connection.copy()) as aside:
            with aside.cursor() as cursor:
                cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                cursor.execute("SET TRANSACTION SNAPSHOT %s", [self.key])
                cursor.execute(f"{SETTINGS}; SET LOCAL enable_nestloop = {nestloop}")
            yield aside.connection


@contextmanager
def snapshot() -> Iterator[Snapshot]:
    """All that is read within is of one moment, and may take longer and more memory than what a page reads."""
    is_outermost = not connection.in_atomic_block  # a level can be chosen only before a transaction's first query
    key = None
    with transaction.atomic():
        with connection.cursor() as cursor:
            if is_outermost:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute(SETTINGS)
            if is_outermost:
                cursor.execute("SELECT pg_export_snapshot()")
                (key,) = cursor.fetchone()
        yield Snapshot(key)


def _one_by_one(
    statements: Sequence[str], make: Callable[[], OnePiece], told: Callable[[int], None]
) -> Generator[OnePiece, None, None]:
    rows = 0
    for statement in statements:
        with closing(make()) as piece:
            with connection.cursor() as cursor:
                cursor.copy_expert(statement, piece)
            piece.end()
            rows += piece.rows
            told(rows)
            yield piece


def _copy(lines: SimpleQueue[Any], statement: str, piece: Piece) -> None:
    line = lines.get()
    try:
        with line.cursor() as cursor:
            cursor.copy_expert(statement, piece)
        piece.end()
    finally:
        lines.put(line)


def _wait(done: Future[None], pieces: Sequence[Piece], told: Callable[[int], None]) -> None:
    """Until it is done; raises what it raised."""
    while wait([done], TOLD_EVERY).not_done:
        told(sum(piece.rows for piece in pieces))
    done.result()
