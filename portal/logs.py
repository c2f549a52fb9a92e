"""Log lines: one event, one line, whatever a stranger put into it."""

import logging


class LineFormatter(logging.Formatter):
    """Time, level, logger, message; control characters of the message are escaped (CVE-2025-48432 class)."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = record.message.encode("unicode_escape").decode("ascii")
        return super().formatMessage(record)
