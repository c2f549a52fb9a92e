"""Rows that fall due together, and must not wait for one another's luck."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import TypeVar

from django.db.models import Model

log = logging.getLogger(__name__)

Row = TypeVar("Row", bound=Model)


def settle(rows: Iterable[Row], act: Callable[[Row], int]) -> int:
    """What `act`, a transaction of its own for each row, returns in all.

    A row with which it fails (whose session is held too long, for example) is logged by its key and left to the next
    tick; those behind it do not wait.
    """
    return sum(_try(row, act) for row in rows)


def _try(row: Row, act: Callable[[Row], int]) -> int:
    try:
        return act(row)
    except Exception:
        log.exception("%s %s was not settled", row._meta.model_name, row.pk)
        return 0
