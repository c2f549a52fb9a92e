"""Values made safe for spreadsheets: nothing that a stranger typed is ever a formula, and nothing is silently cut."""

from __future__ import annotations

import re
import unicodedata

import phonenumbers

LONGEST = 32_767  # characters a cell can hold
CUT = " … [terpotong]"
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff\ud800-\udfff]")
_STARTS_FORMULA = re.compile(r"[\s\u200b-\u200f\ufeff]*[=+\-@|%\t\r\n]")


def plain(text: str) -> str:
    """Without control characters, at most as long as a cell; what is cut says so."""
    text = _CONTROL.sub("", text)
    return text if len(text) <= LONGEST else text[: LONGEST - len(CUT)] + CUT


def csv_cell(text: str) -> str:
    """For CSV, which has no types: a text that a spreadsheet might take for a formula gets an apostrophe in front.

    Width and leading blanks do not hide a formula: `＝`, TAB and no-break space are seen through (NFKC).
    """
    text = plain(text).replace("\t", " ").replace("\r", " ")
    return f"'{text}" if _STARTS_FORMULA.match(unicodedata.normalize("NFKC", text)) else text


def phone_for_csv(e164: str) -> str:
    """An Indonesian number as `0812-3456-7890`, which no spreadsheet takes for a number; a foreign one as it is."""
    if not e164:
        return ""
    number = phonenumbers.parse(e164)
    if number.country_code != 62:
        return csv_cell(e164)
    national = f"0{number.national_number}"
    return "-".join([national[:4], national[4:8], national[8:]]).rstrip("-")
