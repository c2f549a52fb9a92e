"""How the controls of every form are written."""

from __future__ import annotations

from typing import Any

from django.forms.renderers import DjangoTemplates
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString


class ControlRenderer(DjangoTemplates):
    """Django's own, but labels without a colon, and controls to type into in one go.

    Its templates include one another up to four deep for each of those.
    """

    def render(self, template_name: str, context: dict[str, Any], request: Any = None) -> str:
        if template_name in INPUTS:
            return _input(context["widget"])
        if template_name == AREA:
            return _area(context["widget"])
        if template_name == LABEL:
            context = context | {"label": _without_colon(context["label"])}
        return super().render(template_name, context, request)


INPUTS = frozenset(
    f"django/forms/widgets/{name}.html" for name in ("input", "text", "email", "hidden", "date", "checkbox")
)
AREA = "django/forms/widgets/textarea.html"
LABEL = "django/forms/label.html"


def _without_colon(label: Any) -> Any:
    """What stands over or beside a control ends as it is written."""
    written = str(label).removesuffix(":")
    return SafeString(written) if isinstance(label, SafeString) else written


def attributes(named: dict[str, Any]) -> SafeString:
    """The attributes of an element as Django's `flatatt` writes them: those that are True are named alone."""
    given = [(name, value) for name, value in named.items() if value is not None and value is not False]
    return SafeString(
        "".join(f" {name}" if value is True else f' {name}="{conditional_escape(value)}"' for name, value in given)
    )


def _input(widget: dict[str, Any]) -> str:
    value = {} if widget["value"] is None else {"value": str(widget["value"])}
    return SafeString(
        f"<input{attributes({'type': widget['type'], 'name': widget['name'], **value, **widget['attrs']})}>"
    )


def _area(widget: dict[str, Any]) -> str:
    named = attributes({"name": widget["name"], **widget["attrs"]})
    return SafeString(f"<textarea{named}>\n{conditional_escape(widget['value'] or '')}</textarea>")
