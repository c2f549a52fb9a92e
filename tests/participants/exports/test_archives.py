"""A ZIP out of pieces that were compressed on their own is one that every reader takes."""

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from participants.exports import archives
from participants.exports.pieces import PressedPiece


@contextmanager
def piece_of(*rows: bytes) -> Iterator[PressedPiece]:
    with closing(PressedPiece()) as piece:
        for row in rows:
            piece.write(row)
        piece.end()
        yield piece


@pytest.mark.parametrize("seed", range(20))
def test_the_checksum_of_two_stretches_is_that_of_both(seed):
    chance = random.Random(seed)
    one, other = (chance.randbytes(chance.choice([0, 1, 7, 300, 70_000])) for _stretch in range(2))

    assert archives.joined(zlib.crc32(one), zlib.crc32(other), len(other)) == zlib.crc32(one + other)


@pytest.mark.parametrize("seed", range(5))
def test_parts_hold_their_pieces_in_order(seed):
    chance = random.Random(seed)
    file, expected = io.BytesIO(), {}
    archive = archives.Archive(file)
    for number in range(3):
        name = f"xl/bagian é {number}.xml"
        pieces = [[chance.randbytes(40) * 50 for _row in range(chance.choice([0, 1, 5_000]))] for _piece in range(3)]
        expected[name] = b"awal" + b"".join(b"".join(rows) for rows in pieces)
        with archive.part(name) as part:
            part.write("awal")
            for rows in pieces:
                with piece_of(*rows) as piece:
                    part.add(piece)
    archive.close()

    with zipfile.ZipFile(file) as read:
        assert read.testzip() is None
        assert {name: read.read(name) for name in read.namelist()} == expected


def test_a_part_larger_than_its_header_can_say_is_refused_and_not_written_wrong():
    archive = archives.Archive(io.BytesIO())

    with piece_of(b"x") as piece:
        piece.size = 2**32
        with pytest.raises(struct.error), archive.part("a.xml") as part:
            part.add(piece)
