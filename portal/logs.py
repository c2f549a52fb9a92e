"""Log lines: one event, one line, whatever a stranger put into it, and nobody's name or secret."""

import logging
import re
from typing import Any

_SECRETS = [
    # What the database says of the row that it refused holds the row.
    (re.compile(r"(DETAIL:|Failing row contains).*"), r"\1 [left out]"),
    (re.compile(r"[^\s\"'<>()\[\],;:=]+@[^\s\"'<>()\[\],;:=]+\.[^\s\"'<>()\[\],;:=]+"), "[address]"),
    # What was mailed as a link opens without a login.
    (re.compile(r"/(wali|tawaran|datang|undangan|berhenti)/[^\s/?'\"]+"), r"/\1/[secret]"),
    (re.compile(r"\+[1-9][0-9]{7,14}\b"), "[number]"),
]


def without_secrets(text: str) -> str:
    """Return the text without e-mail addresses, telephone numbers, mailed links and refused rows."""
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return text


class LineFormatter(logging.Formatter):
    """Time, level, logger, message; control characters of the message are escaped (CVE-2025-48432 class)."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = record.message.encode("unicode_escape").decode("ascii")
        return super().formatMessage(record)

    def formatException(self, ei: Any) -> str:
        """Where the code stood; not of what is one event for all who meet it, who would fill the disk with it."""
        return str(ei[1]) if getattr(ei[1], "is_everybodys", False) else super().formatException(ei)

    def format(self, record: logging.LogRecord) -> str:
        return without_secrets(super().format(record))
