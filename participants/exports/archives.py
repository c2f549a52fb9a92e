"""ZIP files out of parts that were compressed in pieces, side by side; `zipfile` compresses every part itself."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import IO

from participants.exports.pieces import PressedPiece, pressed

LOCAL = struct.Struct("<4s5H3I2H")
CENTRAL = struct.Struct("<4s6H3I5H2I")
END = struct.Struct("<4s4H2IH")
VERSION, IN_UTF_8, DEFLATED, MIDNIGHT, FIRST_DAY = 20, 0x800, 8, 0, 0x21  # of 1980: when it was made, the book says
LAST_BLOCK = b"\x03\x00"  # of deflate: nothing, and nothing comes after it
POLYNOMIAL = 0xEDB88320


@dataclass
class Part:
    """A part under way. `size` is how many bytes it holds when unpacked, `crc` their CRC-32."""

    name: str
    begins_at: int
    file: IO[bytes]
    size: int = 0
    packed: int = 0
    crc: int = 0

    def write(self, text: str) -> None:
        with closing(pressed(text.encode())) as piece:
            self.add(piece)

    def add(self, piece: PressedPiece) -> None:
        self.crc = joined(self.crc, piece.crc, piece.size)
        self.size += piece.size
        piece.put_into(self.file)

    def facts(self) -> tuple[int, ...]:
        return (IN_UTF_8, DEFLATED, MIDNIGHT, FIRST_DAY, self.crc, self.packed, self.size, len(self.name.encode()), 0)


class Archive:
    """A ZIP in a file that can be sought. Raises `struct.error` for a part, or a whole, of 4 GiB or more."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._parts = file, list[Part]()

    @contextmanager
    def part(self, name: str) -> Iterator[Part]:
        """The next part, to be written to within."""
        part = Part(name, self._file.tell(), self._file)
        self._file.write(LOCAL.pack(b"PK\3\4", VERSION, *part.facts()) + name.encode())
        content = self._file.tell()
        yield part
        self._file.write(LAST_BLOCK)
        ends_at = self._file.tell()
        part.packed = ends_at - content
        self._file.seek(part.begins_at)
        self._file.write(LOCAL.pack(b"PK\3\4", VERSION, *part.facts()))
        self._file.seek(ends_at)
        self._parts.append(part)

    def write(self, name: str, text: str) -> None:
        """A part that holds just `text`."""
        with self.part(name) as part:
            part.write(text)

    def close(self) -> None:
        """Write the list of parts; the file stays open."""
        begins_at = self._file.tell()
        for part in self._parts:
            rest = (0, 0, 0, 0, part.begins_at)
            self._file.write(CENTRAL.pack(b"PK\1\2", VERSION, VERSION, *part.facts(), *rest) + part.name.encode())
        size = self._file.tell() - begins_at
        self._file.write(END.pack(b"PK\5\6", 0, 0, len(self._parts), len(self._parts), size, begins_at, 0))


def joined(first: int, second: int, size: int) -> int:
    """The CRC-32 of two stretches from theirs, the second being `size` bytes long (as zlib's `crc32_combine`)."""
    power, shift = 1 << 31, 1 << 30  # 1, and x: bit 31 is the coefficient of x⁰
    bits = size * 8
    while bits:
        if bits & 1:
            power = _product(power, shift)
        shift = _product(shift, shift)
        bits >>= 1
    return _product(power, first) ^ second


def _product(one: int, other: int) -> int:
    """Of two polynomials over bits, modulo that of CRC-32."""
    product = 0
    for place in range(31, -1, -1):
        if one >> place & 1:
            product ^= other
        other = other >> 1 ^ (POLYNOMIAL if other & 1 else 0)
    return product
