"""Where the same page stands in the other language."""

from typing import Any
from urllib.parse import urlencode

from django import template
from django.urls import translate_url
from django.utils.translation import get_language

register = template.Library()


@register.simple_tag(takes_context=True)
def other_language(context: dict[str, Any]) -> dict[str, str]:
    """The other language's code and this page's path in it; of the query only where the reader wants to go next."""
    code = "id" if get_language() == "en" else "en"
    request = context.get("request")
    if request is None:
        return {"code": code, "url": translate_url("/", code)}
    url, goal = translate_url(request.path, code), request.GET.get("next", "")
    if goal.startswith("/") and not goal.startswith("//"):
        url += f"?{urlencode({'next': translate_url(goal, code)})}"
    return {"code": code, "url": url}
