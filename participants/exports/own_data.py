"""Everything that is held about one person, for that person: what to look for is read from `portal/data_map.toml`.

A table's `own` says by which ways its rows lead to the account (`address_key` at the end: to its address); every column
of such a row is given, but those that `withheld` names with its reason. So a new column is in the file by itself, and a
new table of personal data that says neither fails a test.
"""

from __future__ import annotations

import tomllib
from datetime import datetime
from functools import cache
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db.models import ForeignKey, Model, Q

from participants.addresses import address_key
from portal.accounts.models import User


@cache
def data_map() -> dict[str, Any]:
    """Every table with its columns, why each is kept, and how rows are found by person."""
    return tomllib.loads((settings.ROOT / "portal" / "data_map.toml").read_text())


def own_data(*, user: User, login_until: datetime, now: datetime) -> dict[str, Any]:
    """All rows about `user` by table, each table with what it is kept for and for how long; ready for JSON's encoder.

    `login_until` (machine time) is when the asking login ends; other logins are found by their cookie alone.
    """
    tables = {model._meta.db_table: model for model in apps.get_models(include_auto_created=True)}
    told = {name: _told(tables[name], told, user) for name, told in data_map().items() if told.get("own")}
    return {"made_at": now, "login_until": login_until, "tables": told}


def _told(model: type[Model], told: dict[str, Any], user: User) -> dict[str, Any]:
    withheld = told.get("withheld", {})
    columns = [field for field in model._meta.concrete_fields if field.column not in withheld]
    mine = Q()
    for way in told["own"]:
        mine |= Q(**{way: address_key(user.email) if way.endswith("address_key") else user.pk})
    rows = model._default_manager.filter(mine).order_by("pk").distinct()
    values = list(rows.values(*(field.attname for field in columns)))
    for field in columns:
        if isinstance(field, ForeignKey) and field.related_model._meta.app_label == "programs":
            _name(field, values)
    return {
        "person": told["person"],
        "retention": told["retention"],
        "erasure": told["erasure"],
        "columns": {
            column: said["purpose"] if isinstance(said, dict) else said for column, said in told["columns"].items()
        },
        "withheld": withheld,
        "rows": [{field.column: row[field.attname] for field in columns} for row in values],
    }


def _name(field: Any, values: list[dict[str, Any]]) -> None:
    """Put beside the number of what is offered (a session, a region) how it is called."""
    offered = field.related_model._base_manager.in_bulk({row[field.attname] for row in values} - {None})
    for row in values:
        if row[field.attname] is not None:
            row[field.attname] = {"id": row[field.attname], "name": str(offered[row[field.attname]])}
