"""Times of rows come from the one clock: no field reads another behind its back."""

from typing import Any

import pytest
from django.apps import apps
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

FIELDS = [
    field
    for app in ("accounts", "portal", "programs", "participants")
    for model in apps.get_app_config(app).get_models(include_auto_created=True)
    for field in model._meta.local_fields
]


def reads_a_clock(field: Any) -> bool:
    """Whether saving a row would stamp it by a clock that a rehearsal does not move."""
    clocks = (timezone.now, timezone.localtime, timezone.localdate)  # noqa: TID251 -- to be recognised
    return (
        getattr(field, "auto_now", False)
        or getattr(field, "auto_now_add", False)
        or field.default in clocks
        or isinstance(field.db_default, Now)
        or (callable(field.default) and getattr(field.default, "__module__", "") in ("datetime", "portal.clock"))
    )


@pytest.mark.parametrize("field", FIELDS, ids=str)
def test_field_reads_no_clock(field: Any) -> None:
    assert not reads_a_clock(field)


@pytest.mark.parametrize(
    "field",
    [
        models.DateTimeField(auto_now=True),
        models.DateField(auto_now_add=True),
        models.DateTimeField(default=timezone.now),  # noqa: TID251 -- to be recognised
        models.DateTimeField(db_default=Now()),
    ],
)
def test_rule_finds_fields_that_read_a_clock(field: Any) -> None:
    assert reads_a_clock(field)
