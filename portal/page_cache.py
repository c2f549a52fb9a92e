"""Public pages cached whole: in this process's memory, for seconds, with their compressed form ready.

A page is the same for everybody who reads its language: it sets no cookie, holds no form token and ignores the query. A
lost cache only slows; what a page says of free seats may be ten seconds old, and no decision is taken from it. The same
holds of what is offered where a page is not the same for everybody: see `remembered`.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, NamedTuple, TypeVar

from django.conf import settings
from django.core.cache import caches
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotAllowed,
    HttpResponseNotModified,
    QueryDict,
)

from portal import clock

SECONDS = 10
View = Callable[..., HttpResponse]
Value = TypeVar("Value")


class Page(NamedTuple):
    """A rendered page: its bytes, the same compressed, and the tag of this version."""

    body: bytes
    compressed: bytes
    tag: str


def cached_whole(view: View) -> Callable[..., HttpResponseBase]:
    """Answer GET and HEAD of a public page from memory; render it at most once in ten seconds and process."""

    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        key = _key(request.path)
        page = caches["pages"].get(key)
        if page is None:
            request.GET = QueryDict()  # what one reader asked stands in nobody's page
            response = view(request, *args, **kwargs)
            if response.status_code != 200 or response.cookies:
                return response
            tag = f'"{hashlib.sha256(response.content).hexdigest()[:20]}"'
            page = Page(response.content, gzip.compress(response.content, 6), tag)
            caches["pages"].set(key, page, SECONDS)
        return _answer(request, page)

    return wrapper


def remembered(name: str, make: Callable[[], Value]) -> Value:
    """What `make` returned at most ten seconds ago in this process; each caller gets a copy of its own.

    For what a page says, never for a decision. None is not remembered.
    """
    key = _key(name)
    value: Value | None = caches["pages"].get(key)
    if value is None:
        value = make()
        caches["pages"].set(key, value, SECONDS)
    return value


def remembered_each(names: Mapping[int, str], make: Callable[[list[int]], Mapping[int, Value]]) -> dict[int, Value]:
    """What is remembered under each of `names`, by its number; `make` is asked once for all that are not known."""
    keys = {number: _key(name) for number, name in names.items()}
    known = caches["pages"].get_many(keys.values())
    unknown = [number for number, key in keys.items() if key not in known]
    made = make(unknown) if unknown else {}
    caches["pages"].set_many({keys[number]: value for number, value in made.items()}, SECONDS)
    return {number: made[number] if number in made else known[key] for number, key in keys.items()}


def _key(name: str) -> str:
    """A page's name is its path, which tells the language too; in a rehearsal the rehearsed minute counts as well."""
    minute = clock.now().strftime("%Y%m%d%H%M") if settings.REHEARSAL else ""
    return hashlib.sha256(f"{name}@{minute}".encode()).hexdigest()  # a path may be longer than a key


def _answer(request: HttpRequest, page: Page) -> HttpResponseBase:
    response: HttpResponse
    if request.headers.get("If-None-Match") == page.tag:
        response = HttpResponseNotModified()
    elif "gzip" in request.headers.get("Accept-Encoding", ""):
        response = HttpResponse(page.compressed, headers={"Content-Encoding": "gzip"})
    else:
        response = HttpResponse(page.body)
    for name, value in (
        ("ETag", page.tag),
        ("Vary", "Accept-Encoding"),
        ("Cache-Control", f"public, max-age={SECONDS}"),
    ):
        response.headers[name] = value
    return response
