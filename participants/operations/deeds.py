"""Writing down what staff do, in the one place where it is written, and in the transaction in which it is done."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Model

from participants.models import Deed
from portal.accounts.models import User
from programs.models import Region, TrainingSession

Change = tuple[Any, Any] | None  # before and after, or None of what tells of a person


def note(
    what: Deed.What, *, about: Model, by: User, now: datetime, changed: Mapping[str, Change] | None = None
) -> Deed:
    """Write down that `by` did `what` to the row `about`, from the network that their request came from.

    `changed` names fields, with what stood there before and after; of what tells of a person it gives None.
    """
    deed = _deed(what, about, by, now, changed)
    deed.save(force_insert=True)
    return deed


def note_all(
    what: Deed.What,
    *,
    about: Iterable[Model],
    by: User,
    now: datetime,
    changed: Callable[[Any], Mapping[str, Change]] = lambda row: {},
) -> None:
    """Write down that `by` did `what` to each of the rows, as `note` does of one; `changed` says what of each."""
    Deed.objects.bulk_create((_deed(what, row, by, now, changed(row)) for row in about), batch_size=1000)


def _deed(what: Deed.What, about: Model, by: User, now: datetime, changed: Mapping[str, Change] | None) -> Deed:
    session_id, region_id = _place(about)
    return Deed(
        by=by,
        at=now,
        network=by.network,
        what=what,
        table=about._meta.label_lower,
        row=str(about.pk),
        session_id=session_id,
        region_id=region_id,
        changed={name: change and [_plain(value) for value in change] for name, change in (changed or {}).items()},
    )


def _place(about: Any) -> tuple[int | None, int | None]:
    """The session and the region that a row belongs to, None where it belongs to none."""
    if isinstance(about, TrainingSession):
        return about.pk, about.region_id
    if isinstance(about, Region):
        return None, about.pk
    if getattr(about, "registration_id", None):
        return _place(about.registration)
    session_id, region_id = getattr(about, "session_id", None), getattr(about, "region_id", None)
    return session_id, region_id or (about.session.region_id if session_id else None)


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | str) else str(value)
