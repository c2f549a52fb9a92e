"""Values made safe for spreadsheets: nothing that a stranger typed is ever a formula, and nothing is silently cut.

Each rule stands twice, for values that Python holds and as SQL for rows that Python never sees; a test compares them.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import phonenumbers

LONGEST = 32_767  # characters a cell can hold
CUT = " … [terpotong]"
# Ranges of characters, written as both Python and PostgreSQL read them between brackets.
_CONTROLS = r"\u0001-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\ufffe\uffff"
_UNSEEN = (
    r"\u0009-\u000d\u001c-\u0020\u0085\u00a0\u00ad\u061c\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u2069\u3000\ufeff"
)
_SIGNS = r"=+\-@|%\uff1d\uff0b\uff0d\uff20\uff5c\uff05"  # full width as well
_STARTS_FORMULA = rf"^[{_UNSEEN}]*[{_SIGNS}\t\r\n]"
_STARTS_WHEN_SPLIT = rf"""([,;\t\n"][{_UNSEEN}"]*)(?=[{_SIGNS}])"""
_KEPT_FROM_STARTING = rf"""([,;\t\n"][{_UNSEEN}"]*)'(?=[{_SIGNS}])"""
_ORDINARY = (
    r"^[A-Za-z][A-Za-z0-9 .''-]*$"  # what most texts are, told apart fast (`{0,250}` took 12 µs a text, this 0.2)
)
_NUMBER_OF_A_CHARACTER = "_(?=x[0-9A-Fa-f]{4}_)"
_looks_like_a_number = re.compile(_NUMBER_OF_A_CHARACTER)
_control = re.compile(rf"[\x00\ud800-\udfff{_CONTROLS}]")
_formula, _split = re.compile(_STARTS_FORMULA), re.compile(_STARTS_WHEN_SPLIT)
_kept = re.compile(_KEPT_FROM_STARTING)


def plain(text: str) -> str:
    """Without control characters, at most as long as a cell; what is cut says so."""
    text = _control.sub("", text)
    return text if len(text) <= LONGEST else text[: LONGEST - len(CUT)] + CUT


@lru_cache(maxsize=4_096)  # most columns hold few different values
def csv_cell(text: str) -> str:
    """For CSV, which has no types: a text that a spreadsheet might take for a formula gets an apostrophe in front.

    Width and leading blanks do not hide a formula: `＝`, TAB and no-break space are seen through (NFKC). Nor does a
    comma or semicolon before it: a spreadsheet that expects the other separator would begin a cell there.
    """
    text = _split.sub(r"\1'", plain(text).replace("\t", " "))
    return f"'{text}" if _formula.match(unicodedata.normalize("NFKC", text)) else text


def as_typed(cell: str) -> str:
    """What `csv_cell` wrote as `cell`, without the apostrophes that it put in."""
    starts = cell.startswith("'") and _formula.match(unicodedata.normalize("NFKC", cell[1:]))
    return _kept.sub(r"\1", cell[1:] if starts else cell)


def phone_for_csv(e164: str) -> str:
    """An Indonesian number as `0812-3456-7890`, which no spreadsheet takes for a number; a foreign one as it is."""
    if not e164:
        return ""
    try:
        number = phonenumbers.parse(e164)
    except phonenumbers.NumberParseException:
        return csv_cell(e164)  # whatever got into one row, the others are still given out
    if number.country_code != 62:
        return csv_cell(e164)
    national = f"0{number.national_number}"
    return "-".join([national[:4], national[4:8], national[8:]]).rstrip("-")


def sql_plain(column: str) -> str:
    """`plain` as an expression of SQL."""
    shorter = f"left(clean, {LONGEST - len(CUT)}) || '{CUT}'"
    cut = f"CASE WHEN length(clean) > {LONGEST} THEN {shorter} ELSE clean END"
    cleaned = f"SELECT {cut} FROM (SELECT regexp_replace({column}, '[{_CONTROLS}]', '', 'g') AS clean) AS cleaned"
    return f"CASE WHEN {_is_ordinary(column)} THEN {column} ELSE ({cleaned}) END"


def sql_csv_cell(column: str) -> str:
    """`csv_cell` as an expression of SQL."""
    one_line = f"replace({sql_plain(column)}, chr(9), ' ')"
    split = rf"SELECT regexp_replace({one_line}, '{_STARTS_WHEN_SPLIT}', '\1''', 'g') AS split"
    quoted = f"CASE WHEN normalize(split, NFKC) ~ '{_STARTS_FORMULA}' THEN '''' || split ELSE split END"
    return f"CASE WHEN {_is_ordinary(column)} THEN {column} ELSE (SELECT {quoted} FROM ({split}) AS halves) END"


def sql_phone_for_csv(column: str) -> str:
    """`phone_for_csv` as an expression of SQL, for what the database lets be a number: empty, or E.164."""
    national = f"SELECT ltrim(substr({column}, 4), '0') AS n"
    groups = "'0' || left(n, 3) || '-' || substr(n, 4, 4) || '-' || substr(n, 8)"
    local = f"SELECT rtrim({groups}, '-') FROM ({national}) AS number"
    return f"CASE WHEN {column} = '' THEN '' WHEN {column} LIKE '+62%' THEN ({local}) ELSE '''' || {column} END"


def xml_text(text: str) -> str:
    """`plain` as it stands between two tags of a sheet, on one line.

    Spreadsheets read `_x0041_` as the character of that number, so of a text that looks so the first stroke is
    written in that way.
    """
    text = _looks_like_a_number.sub("_x005F_", plain(text))
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\n", "&#10;")


def sql_xml_text(column: str) -> str:
    """`xml_text` as an expression of SQL."""
    text = f"regexp_replace({sql_plain(column)}, '{_NUMBER_OF_A_CHARACTER}', '_x005F_', 'g')"
    for character, written in (("'&'", "&amp;"), ("'<'", "&lt;"), ("'>'", "&gt;"), ("chr(10)", "&#10;")):
        text = f"replace({text}, {character}, '{written}')"
    return f"CASE WHEN {_is_ordinary(column)} THEN {column} ELSE {text} END"


def _is_ordinary(column: str) -> str:
    return f"octet_length({column}) <= {LONGEST} AND {column} ~ '{_ORDINARY}'"
