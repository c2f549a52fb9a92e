"""Workbooks as tests need them: written by openpyxl, with parts of them put in by hand."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from typing import Any

import openpyxl

SHEET = "xl/worksheets/sheet1.xml"
NAMESPACE = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def xlsx(*rows: list[Any]) -> bytes:
    book, file = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(file)
    return file.getvalue()


def with_parts(content: bytes, parts: Mapping[str, str | bytes]) -> bytes:
    """The workbook `content` with `parts` instead of its own, or beside them."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        whole = {member.filename: old.read(member) for member in old.infolist()} | parts
        for name, part in whole.items():
            new.writestr(name, part)
    return file.getvalue()


def sheet(rows: str, before: str = "") -> bytes:
    """A workbook whose first sheet holds `rows` as they are written in its XML."""
    part = f"{before}<worksheet {NAMESPACE}><sheetData>{rows}</sheetData></worksheet>"
    return with_parts(xlsx(["x"]), {SHEET: part})


def cells(*places: str) -> str:
    """Rows that hold one number each, at `places` such as B7."""
    numbers = [place.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ") for place in places]
    found = zip(places, numbers, strict=True)
    return "".join(f'<row r="{number}"><c r="{place}"><v>1</v></c></row>' for place, number in found)
