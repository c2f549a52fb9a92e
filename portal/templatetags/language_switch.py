"""Where the same page stands in the other language."""

from typing import Any

from django import template
from django.urls import translate_url
from django.utils.translation import get_language

register = template.Library()


@register.simple_tag(takes_context=True)
def other_language(context: dict[str, Any]) -> dict[str, str]:
    """The other language's code and this page's path in it (without the query)."""
    code = "id" if get_language() == "en" else "en"
    request = context.get("request")
    return {"code": code, "url": translate_url(request.path if request else "/", code)}
