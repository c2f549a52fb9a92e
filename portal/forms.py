"""How the controls of every form are written."""

from __future__ import annotations

from typing import Any

from django.forms.renderers import DjangoTemplates
from django.forms.utils import flatatt
from django.utils.html import format_html


class ControlRenderer(DjangoTemplates):
    """Django's own, but single-line inputs in one go: its templates include one another four deep for each of them."""

    def render(self, template_name: str, context: dict[str, Any], request: Any = None) -> str:
        return _input(context["widget"]) if template_name in INPUTS else super().render(template_name, context, request)


INPUTS = frozenset(
    f"django/forms/widgets/{name}.html" for name in ("input", "text", "email", "hidden", "date", "checkbox")
)


def _input(widget: dict[str, Any]) -> str:
    value = "" if widget["value"] is None else format_html(' value="{}"', widget["value"])
    return format_html(
        '<input type="{}" name="{}"{}{}>', widget["type"], widget["name"], value, flatatt(widget["attrs"])
    )
