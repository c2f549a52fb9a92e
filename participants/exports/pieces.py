"""Stretches of a file: rows as `COPY` hands them over, kept apart until it is the stretch's turn to be put into it."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import zlib
from typing import IO

CHUNK = 2_000  # rows that go on together
IN_MEMORY = 1_000_000  # bytes of a stretch; what is more waits on disk
LEVEL = 3  # of zlib; rows are so much alike that 1 is hardly faster, and 6 takes twice as long for a fifth fewer bytes


class Piece:
    """Rows as they stand in the file. `COPY` calls `write` once a row; then another thread puts them there."""

    def __init__(self) -> None:
        self.rows = 0
        self._waiting: list[bytes] = []
        self._kept = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 -- whoever made the piece closes it

    def write(self, row: bytes) -> None:
        self.rows += 1
        self._waiting.append(row)
        if not self.rows % CHUNK:
            self._flush()

    def end(self) -> None:
        """No more rows come."""
        self._flush()

    def put_into(self, file: IO[bytes]) -> None:
        """Write all of it to `file`."""
        self._kept.seek(0)
        shutil.copyfileobj(self._kept, file)

    def close(self) -> None:
        """Keep it no longer."""
        self._kept.close()

    def _flush(self) -> None:
        data = b"".join(self._waiting)
        self._waiting.clear()
        if data:
            self._kept.write(self._taken(data))

    def _taken(self, data: bytes) -> bytes:
        return data


class PressedPiece(Piece):
    """Rows compressed so that what stands before and after them in a part of a ZIP can be compressed elsewhere.

    `size` and `crc` are those of the rows as they were (bytes, CRC-32), `digest` is their SHA-256.
    """

    def __init__(self) -> None:
        super().__init__()
        self.size = self.crc = 0
        self.digest = hashlib.sha256()
        self._press = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)

    def end(self) -> None:
        super().end()
        self._kept.write(self._press.flush(zlib.Z_FULL_FLUSH))  # ends on a whole byte and refers to nothing before it

    def _taken(self, data: bytes) -> bytes:
        self.size += len(data)
        self.crc = zlib.crc32(data, self.crc)
        self.digest.update(data)
        return self._press.compress(data)


def pressed(data: bytes) -> PressedPiece:
    """`data` as one such piece."""
    piece = PressedPiece()
    piece.write(data)
    piece.end()
    return piece
