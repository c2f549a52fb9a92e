"""Every address of the portal, read from the URL table, and who may use it, read from `routes.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver

TABLE = Path(__file__).parent / "routes.toml"
STAFF = ("coordinator", "ministry", "editor", "accounts")
AUDIENCES = {"everyone", "anonymous", "participant", "password", "staff", *STAFF}
_ROUTE_ARGUMENT = re.compile(r"<(?:(\w+):)?(\w+)>")
_REGEX_ARGUMENT = re.compile(r"\(\?P<(\w+)>((?:[^()]|\([^()]*\))*)\)")


@dataclass(frozen=True)
class Route:
    """One entry of the URL table: its name with namespace, its path, and its arguments with what they match."""

    name: str
    path: str
    arguments: dict[str, str]
    view: Any = field(repr=False, compare=False)


@dataclass(frozen=True)
class Access:
    """Who may read (GET, HEAD) and write (POST) at one address, and of what its arguments are ids."""

    get: tuple[str, ...] = ()
    post: tuple[str, ...] = ()
    ids: dict[str, str] = field(default_factory=dict)

    @property
    def methods(self) -> list[str]:
        return [*(["GET", "HEAD"] if self.get else []), *(["POST"] if self.post else [])]

    def allows(self, role: str, method: str) -> bool:
        """Whether `role` may use the address by `method`; the superuser passes wherever staff pass."""
        audience = self.post if method == "POST" else self.get
        if "everyone" in audience or role in audience:
            return True
        return role == "superuser" and bool(set(STAFF) & set(audience))


def routes() -> list[Route]:
    """All addresses, in the order in which they are tried."""
    return list(_walk(get_resolver(), "/", ""))


@cache
def access() -> dict[str, Access]:
    """The permission table by route name. Raises ValueError for an audience that it does not know."""
    written = tomllib.loads(TABLE.read_text())
    rows = written["routes"] | (written["rehearsal"] if settings.REHEARSAL else {})
    rows |= written["google"] if settings.GOOGLE_CLIENT_ID else {}
    rows |= written["mail_provider"] if settings.MAIL_PROVIDER else {}
    table = {name: _access(name, **row) for name, row in rows.items()}
    for label, row in written["tables"].items():
        table |= _pages_of(label, **row)
    return table


def described() -> list[dict[str, Any]]:
    """Every address as plain data. Raises KeyError for one that the permission table does not know."""
    return [_described(route, access()[route.name]) for route in routes()]


def _described(route: Route, row: Access) -> dict[str, Any]:
    return {
        "name": route.name,
        "path": route.path,
        "methods": row.methods,
        "audience": {"GET": list(row.get), "POST": list(row.post)},
        "arguments": {name: {"matches": kind, "id_of": row.ids.get(name)} for name, kind in route.arguments.items()},
    }


def _pages_of(label: str, *, view: str, add: str = "", change: str = "", delete: str = "") -> dict[str, Access]:
    """The admin's pages of one table: those for writing exist only where somebody may write."""
    prefix, ids = f"admin:{label.replace('.', '_')}", {"object_id": label}
    pages = {
        "changelist": _access(label, get=view),
        "change": _access(label, get=view, post=change, ids=ids),
        "history": _access(label, get=view, ids=ids),
    }
    if add:
        pages["add"] = _access(label, get=add, post=add)
    if delete:
        pages["delete"] = _access(label, get=delete, post=delete, ids=ids)
    return {f"{prefix}_{page}": row for page, row in pages.items()}


def _access(name: str, *, get: str = "", post: str = "", ids: dict[str, str] | None = None) -> Access:
    return Access(_audience(name, get), _audience(name, post), ids or {})


def _audience(name: str, words: str) -> tuple[str, ...]:
    if unknown := set(words.split()) - AUDIENCES:
        raise ValueError(f"{TABLE.name}: {name}: no such audience: {', '.join(sorted(unknown))}")
    return tuple(role for word in words.split() for role in (STAFF if word == "staff" else (word,)))


def _walk(resolver: URLResolver, prefix: str, namespace: str) -> Iterator[Route]:
    for entry in resolver.url_patterns:
        pattern = prefix + str(entry.pattern).removeprefix("^")
        if isinstance(entry, URLResolver):
            yield from _walk(entry, pattern, f"{namespace}{entry.namespace}:" if entry.namespace else namespace)
        elif isinstance(entry, URLPattern):
            path, arguments = _readable(pattern)
            yield Route(f"{namespace}{entry.name or path}", path, arguments, entry.callback)


def _readable(pattern: str) -> tuple[str, dict[str, str]]:
    """`/sesi/<slug:slug>/` as `/sesi/<slug>/` and {"slug": "slug"}; likewise a regular expression's groups."""
    arguments = {name: kind or "str" for kind, name in _ROUTE_ARGUMENT.findall(pattern)}
    arguments |= dict(_REGEX_ARGUMENT.findall(pattern))
    path = _REGEX_ARGUMENT.sub(r"<\1>", _ROUTE_ARGUMENT.sub(r"<\2>", pattern)).removesuffix("$")
    return path, arguments
