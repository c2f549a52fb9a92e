"""The workplace's lists."""

from collections.abc import Iterator
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst

register = template.Library()


@register.filter
def labelled(row: list[SafeString], headers: list[dict[str, Any]]) -> Iterator[SafeString]:
    """The cells of a row, each with its column's name: on a phone the row is a card without heads."""
    for cell, header in zip(row, headers, strict=True):
        label = format_html(' data-label="{}" ', capfirst(header["text"]))
        yield mark_safe(cell.replace(" ", label, 1))  # noqa: S308 -- the admin's cell, and an escaped label
