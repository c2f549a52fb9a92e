"""Values made safe for spreadsheets: nothing that a stranger typed is ever a formula, and nothing is silently cut."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import phonenumbers

LONGEST = 32_767  # characters a cell can hold
CUT = " … [terpotong]"
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff\ud800-\udfff]")
_UNSEEN = r"\s\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff"
_SIGNS = r"=+\-@|%\uff1d\uff0b\uff0d\uff20\uff5c\uff05"  # full width as well
_STARTS_FORMULA = re.compile(f"[{_UNSEEN}]*[{_SIGNS}\t\r\n]")
_STARTS_WHEN_SPLIT = re.compile(f"""([,;\t\n"][{_UNSEEN}"]*)(?=[{_SIGNS}])""")


def plain(text: str) -> str:
    """Without control characters, at most as long as a cell; what is cut says so."""
    text = _CONTROL.sub("", text)
    return text if len(text) <= LONGEST else text[: LONGEST - len(CUT)] + CUT


@lru_cache(maxsize=4_096)  # most columns hold few different values
def csv_cell(text: str) -> str:
    """For CSV, which has no types: a text that a spreadsheet might take for a formula gets an apostrophe in front.

    Width and leading blanks do not hide a formula: `＝`, TAB and no-break space are seen through (NFKC). Nor does a
    comma or semicolon before it: a spreadsheet that expects the other separator would begin a cell there.
    """
    text = _STARTS_WHEN_SPLIT.sub(r"\1'", plain(text).replace("\t", " "))
    return f"'{text}" if _STARTS_FORMULA.match(unicodedata.normalize("NFKC", text)) else text


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
