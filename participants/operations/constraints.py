"""Which of the database's own rules said no, and what that means to whoever pressed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from django.db import IntegrityError

from participants.operations.refusals import Refused

ADDRESSES = ("user_address_unique_whatever_case_and_width", "recovery_address_unique_whatever_case_and_width")


def violated(error: IntegrityError) -> str:
    """The name of the constraint that `error` is about, whatever language the database speaks; "" if it names none."""
    return getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) or ""


@contextmanager
def told_as(refusals: Mapping[str, type[Refused]]) -> Iterator[None]:
    """Raise, where one of these constraints (by name) says no, what it means; any other is a fault and stays one.

    Wraps a whole transaction or a savepoint of its own: PostgreSQL takes nothing more in one in which it said no.
    """
    try:
        yield
    except IntegrityError as error:
        if refusal := refusals.get(violated(error)):
            raise refusal from error
        raise
