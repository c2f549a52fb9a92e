"""Workbooks (XLSX) whose rows PostgreSQL has written as XML: this says what stands around them.

Every text is in a cell of type text, in the row itself or in the list of shared texts, so that none is ever a formula.
Cells and rows carry no address: readers count, as the format lets them, so rows need not know what stands before them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, ExitStack
from enum import IntEnum
from typing import IO

from participants.exports import cells
from participants.exports.archives import Archive, Part
from participants.exports.pieces import PressedPiece

MOST_ROWS = 1_048_576 - 1  # that a sheet of Excel holds below its heading
MOST_BYTES = 1_000_000_000  # of a sheet unpacked: readers of the 32-bit kind end at 2 or 4 GiB
COPY_OF_LINES = "FORMAT csv, DELIMITER E'\\x02', QUOTE E'\\x01', ESCAPE E'\\x01'"  # what no row holds: so as it is
WIDTH, WIDE = 17.71, 44.71  # of columns, in characters
NAMES = "http://schemas.openxmlformats.org"
MAIN = f'xmlns="{NAMES}/spreadsheetml/2006/main"'
OFFICE = f"{NAMES}/officeDocument/2006/relationships"
PACKAGE = f"{NAMES}/package/2006"
KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


class Style(IntEnum):
    """How a cell is shown: the number under which `STYLES` has it."""

    GENERAL = 0
    TEXT = 1  # text stays text when somebody edits the cell
    DATE = 2
    TIME = 3
    HEADING = 4


STYLES = f"""{XML}<styleSheet {MAIN}>
<numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy-mm-dd"/>
<numFmt numFmtId="165" formatCode="yyyy-mm-dd hh:mm"/></numFmts>
<fonts count="2"><font><sz val="11"/><name val="Calibri"/><family val="2"/></font>
<font><b/><sz val="11"/><name val="Calibri"/><family val="2"/></font></fonts>
<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>
<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>
<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>
<cellXfs count="5"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>
<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>
<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>
<xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>
<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1" applyAlignment="1">
<alignment wrapText="1"/></xf></cellXfs>
<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>
</styleSheet>"""
ROOT = (
    f'{XML}<Relationships xmlns="{PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
)


class SharedTexts:
    """The list of texts that cells point into: each is written once, however many rows have it."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {}

    def cell(self, text: str) -> str:
        """A cell that shows `text`, as XML."""
        if not text:
            return empty(Style.TEXT)
        place = self._places.setdefault(text, len(self._places))
        return f'<c s="{Style.TEXT:d}" t="s"><v>{place}</v></c>'

    def xml(self) -> str:
        items = "".join(f'<si><t xml:space="preserve">{cells.xml_text(text)}</t></si>' for text in self._places)
        return f'{XML}<sst {MAIN} uniqueCount="{len(self._places)}">{items}</sst>'


class Book:
    """A workbook under way in a file that can be sought: pieces of rows, then a sheet that says what it is.

    A further sheet begins before one holds more rows or bytes than its readers take. `digest` is the SHA-256 of the
    SHA-256 of its pieces.
    """

    def __init__(
        self, file: IO[bytes], *, name: str, columns: Sequence[tuple[str, Style]], shared: SharedTexts
    ) -> None:
        self.rows, self.digest = 0, hashlib.sha256()
        self._name, self._columns = name, columns
        self._names: list[str] = []
        self._filters: list[str] = []
        self._sheet_rows, self._sheet = 0, ExitStack()
        self._part: Part | None = None
        self._archive = Archive(file)
        self._archive.write("_rels/.rels", ROOT)
        self._archive.write("xl/styles.xml", STYLES)
        self._archive.write("xl/sharedStrings.xml", shared.xml())

    def add(self, piece: PressedPiece) -> None:
        """Put these rows below those that are there."""
        part = self._part
        if part and (self._sheet_rows + piece.rows > MOST_ROWS or part.size + piece.size > MOST_BYTES):
            self._end_sheet(part)
            part = None
        if part is None:
            part = self._begin_sheet()
        self.rows += piece.rows
        self._sheet_rows += piece.rows
        self.digest.update(piece.digest.digest())
        part.add(piece)

    def end(self, *, name: str, heading: tuple[str, str], lines: Iterable[tuple[str, str]]) -> None:
        """Add the sheet `name` of two columns, and close the book; the file stays open."""
        self._end_sheet(self._part or self._begin_sheet())
        with self._part_of_sheet(name) as part:
            part.write(_top([(column, Style.GENERAL) for column in heading], WIDE, '<sheetView workbookViewId="0"/>'))
            for line in lines:
                part.write("<row>" + "".join(text_cell(text, Style.GENERAL) for text in line) + "</row>")
            part.write("</sheetData></worksheet>")
        self._archive.write("xl/workbook.xml", self._workbook())
        self._archive.write("xl/_rels/workbook.xml.rels", self._relations())
        self._archive.write("[Content_Types].xml", self._types())
        self._archive.close()

    def _begin_sheet(self) -> Part:
        number = len(self._names) + 1
        selected = 'tabSelected="1" ' if number == 1 else ""
        view = f'<sheetView {selected}workbookViewId="0">'
        view += '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
        view += '<selection pane="bottomLeft"/></sheetView>'
        self._part = self._sheet.enter_context(self._part_of_sheet(self._name + (f" {number}" if number > 1 else "")))
        self._part.write(_top(self._columns, WIDTH, view))
        self._sheet_rows = 0
        return self._part

    def _end_sheet(self, part: Part) -> None:
        area = f"A1:{letters(len(self._columns))}{self._sheet_rows + 1}"
        part.write(f'</sheetData><autoFilter ref="{area}"/></worksheet>')
        self._sheet.close()
        self._filters.append(area)
        self._part = None

    def _part_of_sheet(self, name: str) -> AbstractContextManager[Part]:
        self._names.append(name)
        return self._archive.part(f"xl/worksheets/sheet{len(self._names)}.xml")

    def _workbook(self) -> str:
        sheets = "".join(
            f'<sheet name="{cells.xml_text(name)}" sheetId="{number}" r:id="rId{number}"/>'
            for number, name in enumerate(self._names, 1)
        )
        filters = "".join(
            f'<definedName name="_xlnm._FilterDatabase" localSheetId="{number}" hidden="1">'
            f"'{cells.xml_text(self._names[number])}'!{_fixed(area)}</definedName>"
            for number, area in enumerate(self._filters)
        )
        return (
            f'{XML}<workbook {MAIN} xmlns:r="{OFFICE}"><bookViews><workbookView/></bookViews><sheets>{sheets}</sheets>'
            f"<definedNames>{filters}</definedNames></workbook>"
        )

    def _relations(self) -> str:
        sheets = [f'"{OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"' for n in range(1, len(self._names) + 1)]
        targets = [
            *sheets,
            f'"{OFFICE}/styles" Target="styles.xml"',
            f'"{OFFICE}/sharedStrings" Target="sharedStrings.xml"',
        ]
        relations = "".join(f'<Relationship Id="rId{n}" Type={target}/>' for n, target in enumerate(targets, 1))
        return f'{XML}<Relationships xmlns="{PACKAGE}/relationships">{relations}</Relationships>'

    def _types(self) -> str:
        parts = {f"worksheets/sheet{number}": "worksheet" for number in range(1, len(self._names) + 1)}
        parts |= {"workbook": "sheet.main", "styles": "styles", "sharedStrings": "sharedStrings"}
        kinds = "".join(
            f'<Override PartName="/xl/{part}.xml" ContentType="{KIND}.{kind}+xml"/>' for part, kind in parts.items()
        )
        return (
            f'{XML}<Types xmlns="{PACKAGE}/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Default Extension="xml" ContentType="application/xml"/>{kinds}</Types>'
        )


def text_cell(text: str, style: Style) -> str:
    """A cell that holds its text itself, as XML."""
    return f'<c s="{style:d}" t="inlineStr"><is><t xml:space="preserve">{cells.xml_text(text)}</t></is></c>'


def empty(style: Style) -> str:
    """A cell with nothing in it, which keeps its place in the row."""
    return f'<c s="{style:d}"/>'


def sql_text(column: str) -> str:
    """`text_cell` as an expression of SQL; an empty cell for an empty text, or none."""
    before, after = f'<c s="{Style.TEXT:d}" t="inlineStr"><is><t xml:space="preserve">', "</t></is></c>"
    filled = f"'{before}' || {cells.sql_xml_text(column)} || '{after}'"
    return f"coalesce(CASE WHEN {column} <> '' THEN {filled} END, '{empty(Style.TEXT)}')"


def sql_number(column: str, style: Style = Style.GENERAL) -> str:
    """A cell for a number as an expression of SQL; an empty one for none."""
    return f"""coalesce('<c s="{style:d}"><v>' || ({column}) || '</v></c>', '{empty(style)}')"""


def sql_row(expressions: Iterable[str]) -> str:
    """A row of these cells as an expression of SQL: one line, since no cell holds a line's end."""
    return f"concat('<row>', {', '.join(expressions)}, '</row>')"


def letters(column: int) -> str:
    """What a sheet calls its column of that number, from 1."""
    name = ""
    while column:
        column, letter = divmod(column - 1, 26)
        name = chr(ord("A") + letter) + name
    return name


def _top(columns: Sequence[tuple[str, Style]], width: float, view: str) -> str:
    """What stands before the rows of a sheet, and its heading."""
    styles = "".join(
        f'<col min="{number}" max="{number}" width="{width}" style="{style:d}" customWidth="1"/>'
        for number, (_heading, style) in enumerate(columns, 1)
    )
    heading = "".join(text_cell(name, Style.HEADING) for name, _style in columns)
    return f"{XML}<worksheet {MAIN}><sheetViews>{view}</sheetViews><cols>{styles}</cols><sheetData><row>{heading}</row>"


def _fixed(area: str) -> str:
    """`A1:R9` as `$A$1:$R$9`."""
    first, last = area.split(":")
    return f"$A${first[1:]}:${last.rstrip('0123456789')}${last.lstrip('ABCDEFGHIJKLMNOPQRSTUVWXYZ')}"
