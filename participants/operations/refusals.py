"""A reason to say no: a code for machines, a sentence and a remedy for the person."""

from __future__ import annotations

from django.utils.functional import Promise


class Refused(Exception):
    """A rule says no, and nothing was changed. Subclasses stand beside the operation that raises them."""

    code: str
    sentence: str | Promise
    remedy: str | Promise = ""

    def __str__(self) -> str:
        return f"{self.sentence} {self.remedy}".strip()
