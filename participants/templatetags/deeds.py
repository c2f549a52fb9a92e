"""What staff did, in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import template
from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from participants.models import Deed, Participant

register = template.Library()


@register.filter
def changes(deed: Deed) -> Iterator[tuple[str, list[str] | None]]:
    """Each field that a deed changed: its name, and before and after, or None where only the change is kept."""
    model = _model(deed)
    for name, values in deed.changed.items():
        yield _field(model, name), values and [_said(model, name, value) for value in values]


@register.filter
def table_name(deed: Deed) -> str:
    """What kind of row a deed was done to."""
    model = _model(deed)
    return str(model._meta.verbose_name) if model else deed.table


def _model(deed: Deed) -> type[Model] | None:
    try:
        return apps.get_model(deed.table)
    except (LookupError, ValueError):
        return None


def _field(model: type[Model] | None, name: str) -> str:
    if name.startswith("day "):
        return _("hari %(number)s") % {"number": name.removeprefix("day ")}
    for owner in (model, Participant):
        try:
            return str(owner._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
        except (AttributeError, FieldDoesNotExist):
            continue
    return str(_EXTRA.get(name, name))


def _said(model: type[Model] | None, name: str, value: Any) -> str:
    """A value as it is chosen: by its label, where it is one of a few."""
    if value in ("", None):
        return "—"
    if isinstance(value, bool):
        return _("ya") if value else _("tidak")
    try:
        labels = dict(model._meta.get_field(name).flatchoices)  # type: ignore[union-attr]
    except (AttributeError, FieldDoesNotExist):
        labels = {}
    return str(labels.get(value, value))


_EXTRA = {
    "guardian_email": gettext_lazy("alamat wali"),
    "group_number": gettext_lazy("kelompok"),
    "people": gettext_lazy("orang terdaftar"),
    "doubtful_scans": gettext_lazy("pindaian yang belum diputuskan"),
}
