"""The workplace's lists."""

from collections.abc import Iterator
from typing import Any

from django import template
from django.contrib.admin.views.main import ChangeList
from django.template.defaultfilters import floatformat
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.translation import gettext as _

register = template.Library()


@register.filter
def labelled(row: list[SafeString], headers: list[dict[str, Any]]) -> Iterator[SafeString]:
    """The cells of a row, each with its column's name: on a phone the row is a card without heads."""
    for cell, header in zip(row, headers, strict=True):
        label = format_html(' data-label="{}" ', capfirst(header["text"]))
        yield mark_safe(cell.replace(" ", label, 1))  # noqa: S308 -- the admin's cell, and an escaped label


@register.simple_tag
def how_many(changelist: ChangeList) -> str:
    """How many rows a list has, for example `12 pendaftaran`; of one that is only reckoned `sekitar 1.000.000`, of
    one that is not even that `lebih dari 20.000`."""
    number, opts = changelist.result_count, changelist.opts
    things = opts.verbose_name if number == 1 else opts.verbose_name_plural
    if not changelist.paginator.is_about:
        return f"{floatformat(number, '0g')} {things}"
    about = {"number": floatformat(changelist.paginator.rounded, "0g"), "things": things}
    if changelist.paginator.is_floor:
        return _("lebih dari %(number)s %(things)s") % about
    return _("sekitar %(number)s %(things)s") % about
