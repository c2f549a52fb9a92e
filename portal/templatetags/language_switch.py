"""Where the same page stands in the other language."""

from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from django import template
from django.urls import translate_url
from django.utils.translation import get_language

register = template.Library()
ABOUT = ("sesi", "kode", "pendaftaran", "ke")  # what the pages of one's own are told in their query


@register.simple_tag(takes_context=True)
def other_language(context: dict[str, Any]) -> dict[str, str]:
    """The other language's code and this page's path in it; of the query only the way on and what the page is about."""
    code = "id" if get_language() == "en" else "en"
    request = context.get("request")
    if request is None:
        return {"code": code, "url": translate_url("/", code)}
    asked = request.POST if request.method == "POST" else request.GET
    kept, goal = {name: asked[name] for name in ABOUT if name in asked}, asked.get("next", "")
    if goal.startswith("/") and not goal.startswith("//"):
        kept["next"] = _translated(goal, code)
    return {"code": code, "url": _translated(request.path, code) + (f"?{urlencode(kept)}" if kept else "")}


@lru_cache(maxsize=256)  # few pages are read by many; what is asked for once pushes out what was asked for once
def _translated(path: str, code: str) -> str:
    """Where `path`, in the language being spoken, stands in `code`, which is always the other one."""
    return translate_url(path, code)
