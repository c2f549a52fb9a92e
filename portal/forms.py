"""How the controls of every form are written."""

from __future__ import annotations

from typing import Any

from django.forms.renderers import DjangoTemplates
from django.forms.utils import flatatt
from django.utils.html import format_html
from django.utils.safestring import SafeString


class ControlRenderer(DjangoTemplates):
    """Django's own, but labels without a colon, and single-line inputs in one go.

    Its templates include one another four deep for each of those.
    """

    def render(self, template_name: str, context: dict[str, Any], request: Any = None) -> str:
        if template_name in INPUTS:
            return _input(context["widget"])
        if template_name == LABEL:
            context = context | {"label": _without_colon(context["label"])}
        return super().render(template_name, context, request)


INPUTS = frozenset(
    f"django/forms/widgets/{name}.html" for name in ("input", "text", "email", "hidden", "date", "checkbox")
)


LABEL = "django/forms/label.html"


def _without_colon(label: Any) -> Any:
    """What stands over or beside a control ends as it is written."""
    written = str(label).removesuffix(":")
    return SafeString(written) if isinstance(label, SafeString) else written


def _input(widget: dict[str, Any]) -> str:
    value = "" if widget["value"] is None else format_html(' value="{}"', widget["value"])
    return format_html(
        '<input type="{}" name="{}"{}{}>', widget["type"], widget["name"], value, flatatt(widget["attrs"])
    )
