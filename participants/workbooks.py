"""XLSX files as strangers may have made them, looked at before a reader makes room for what they say they hold.

A reader keeps a place for every cell from the first to the last, so one in the last corner of a sheet asks for half a
terabyte. It is given only parts that were looked at here, packed anew, so nothing is ever read in a second way.
"""

from __future__ import annotations

import io
import re
import shutil
import zipfile
import zlib
from typing import IO
from xml.parsers import expat

MOST_UNPACKED = 200_000_000
MOST_PARTS = 2_000
MOST_ELEMENTS = 5_000_000
STRETCH = 65_536  # bytes
READABLE = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_PLACE = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})")
_ROW = re.compile(r"[0-9]{1,7}")


class NotAWorkbook(Exception):
    """No XLSX, or one that was not made to be read."""


class _TooFar(Exception):
    """A cell stands where no list of people reaches."""


def harmless(content: bytes, *, last_row: int, last_column: int) -> io.BytesIO:
    """The workbook `content` anew, without the sheets that hold anything beyond `last_row` or `last_column`.

    Nothing but its XML is kept: no pictures, no macros. Raises NotAWorkbook, also for one that defines entities.
    """
    try:
        return _packed_anew(content, last_row, last_column)
    except (zipfile.BadZipFile, zlib.error, expat.ExpatError, EOFError, LookupError, RuntimeError, ValueError) as error:
        raise NotAWorkbook from error


def _packed_anew(content: bytes, last_row: int, last_column: int) -> io.BytesIO:
    clean = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(clean, "w", zipfile.ZIP_DEFLATED, True, 1) as new:
        parts = {part.filename: part for part in old.infolist() if part.filename.endswith((".xml", ".rels"))}
        if len(parts) > MOST_PARTS or sum(part.file_size for part in parts.values()) > MOST_UNPACKED:
            raise NotAWorkbook
        look = _Look(last_row, last_column)
        for name, part in parts.items():
            if part.compress_type not in READABLE:
                raise NotAWorkbook
            try:
                with old.open(part) as file:
                    look.through(file)
            except _TooFar:
                continue
            with old.open(part) as file, new.open(name, "w") as copy:
                shutil.copyfileobj(file, copy, STRETCH)
    clean.seek(0)
    return clean


class _Look:
    """Goes through the parts of one workbook, counting as the reader does where each cell with something in it is."""

    def __init__(self, last_row: int, last_column: int) -> None:
        self.last_row, self.last_column = last_row, last_column
        self.elements = 0

    def through(self, file: IO[bytes]) -> None:
        """Raises _TooFar, and NotAWorkbook for what no writer of workbooks writes."""
        self.row, self.column, self.place = 1, 0, (1, 1)
        parser = expat.ParserCreate()
        parser.StartDoctypeDeclHandler = self._refuse
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        while stretch := file.read(STRETCH):
            parser.Parse(stretch, False)
        parser.Parse(b"", True)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self.elements += 1
        if self.elements > MOST_ELEMENTS:
            raise NotAWorkbook
        match name.rpartition(":")[2]:
            case "row":
                if place := attributes.get("r"):
                    self.row = int(place) if _ROW.fullmatch(place) else self.last_row + 1
            case "c":
                self.column += 1
                self.place = self._place(attributes.get("r"))
                self.column = self.place[1]
            case "v" | "is":
                if self.place[0] > self.last_row or self.place[1] > self.last_column:
                    raise _TooFar

    def _end(self, name: str) -> None:
        if name.rpartition(":")[2] == "row":
            self.row, self.column = self.row + 1, 0

    def _place(self, said: str | None) -> tuple[int, int]:
        if not said:
            return self.row, self.column
        if not (found := _PLACE.fullmatch(said)):
            return self.last_row + 1, self.column
        column = 0
        for letter in found[1].upper():
            column = column * 26 + ord(letter) - 64
        return int(found[2]), column

    def _refuse(self, *_doctype: object) -> None:
        raise NotAWorkbook
