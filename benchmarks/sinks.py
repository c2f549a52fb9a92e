"""A mail server that keeps nothing but each Message-ID and when, and answers as slowly as it is told.

    python benchmarks/sinks.py FILE SECONDS_A_COMMAND SECONDS_A_MESSAGE [pipelining]

Stands by itself: its process loads nothing of ours, and its CPU is not counted.
"""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO


@contextmanager
def sink(*, command: float = 0, message: float = 0, pipelining: bool = False) -> Iterator[tuple[int, Path]]:
    """The port of a sink, and the file to which it writes a line for each message it took: Message-ID, time."""
    with tempfile.NamedTemporaryFile(prefix="sink-") as file:
        offers = ["pipelining"] if pipelining else []
        arguments = [sys.executable, __file__, file.name, str(command), str(message), *offers]
        process = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        try:
            with apart(process.pid):
                yield int(process.stdout.readline()), Path(file.name)
        finally:
            process.kill()
            process.wait()
            process.stdout.close()


@contextmanager
def apart(process: int) -> Iterator[None]:
    """Give the mail server a core that the sender does not use, as it is another machine in life.

    Else the system wakes it on the core of whoever wrote to it, where it waits until the sender is idle.
    """
    cores = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()
    if len(cores) < 2:
        yield
        return
    own = max(cores)
    os.sched_setaffinity(process, {own})
    os.sched_setaffinity(0, cores - {own})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


async def serve(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    seen: TextIO,
    command: float,
    message: float,
    offers: bytes,
) -> None:
    writer.write(b"220 sink\r\n")
    while line := await reader.readline():
        word = line[:4].upper()
        if command:
            await asyncio.sleep(command)
        if word == b"DATA":
            writer.write(b"354 go\r\n")
            text = await reader.readuntil(b"\r\n.\r\n")
            if message:
                await asyncio.sleep(message)
            found = re.search(rb"(?im)^Message-ID: *<([^@>]+)", text)
            print(found[1].decode() if found else "?", f"{time.time():.3f}", file=seen)
        if word == b"EHLO":
            writer.write(b"250-sink\r\n250%s\r\n" % (b" " + offers))
        else:
            writer.write(b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")
        if word == b"QUIT":
            break
    writer.close()


async def main(file: str, command: str, message: str, offers: str = "8bitmime") -> None:
    with Path(file).open("a", buffering=1) as seen:
        server = await asyncio.start_server(
            lambda reader, writer: serve(reader, writer, seen, float(command), float(message), offers.upper().encode()),
            "127.0.0.1",
            0,
        )
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
