"""A line to PostgreSQL on which every answer can be made to take long: nothing that the server itself could see."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

SOCKET = ".s.PGSQL.5432"


class SlowLine:
    """A line from `folder`, where clients look for the server's socket, to the socket in `server`."""

    def __init__(self, folder: Path, server: Path) -> None:
        self.seconds = 0.0  # that each answer takes on the way; those under way keep to a new number, too
        self._here, self._there = str(folder / SOCKET), str(server / SOCKET)

    async def serve(self, is_open: threading.Event, is_over: asyncio.Event) -> None:
        async with await asyncio.start_unix_server(self._join, self._here):
            is_open.set()
            await is_over.wait()

    async def _join(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        server, to_server = await asyncio.open_unix_connection(self._there)
        with suppress(ConnectionError, asyncio.CancelledError):
            ways = [self._carry(client, to_server), self._carry(server, to_client, is_answer=True)]
            await asyncio.wait([asyncio.ensure_future(way) for way in ways], return_when=asyncio.FIRST_COMPLETED)
        for writer in (to_client, to_server):
            writer.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, is_answer: bool = False) -> None:
        while said := await reader.read(2**20):
            came = time.monotonic()
            while is_answer and time.monotonic() < came + self.seconds:
                await asyncio.sleep(0.01)
            writer.write(said)
            await writer.drain()


@contextmanager
def slow_line(folder: Path, server: Path) -> Iterator[SlowLine]:
    """A line that is as quick as the server until its `seconds` are set; it is cut when the block ends."""
    line, is_open, loop, is_over = (
        SlowLine(folder, server),
        threading.Event(),
        asyncio.new_event_loop(),
        asyncio.Event(),
    )
    thread = threading.Thread(target=lambda: loop.run_until_complete(line.serve(is_open, is_over)))
    thread.start()
    assert is_open.wait(60)
    try:
        yield line
    finally:
        loop.call_soon_threadsafe(is_over.set)
        thread.join(60)
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()
