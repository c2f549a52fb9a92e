"""Which of the database's own rules said no."""

from __future__ import annotations

from django.db import IntegrityError


def violated(error: IntegrityError) -> str:
    """The name of the constraint that `error` is about, whatever language the database speaks; "" if it names none."""
    return getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) or ""
