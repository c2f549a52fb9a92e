"""Bytes that nobody means, on every address: refused in words, never with a failure of ours."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urljoin

import pytest
from bs4 import BeautifulSoup, Tag
from django.test.client import encode_multipart

from portal import routes
from portal.routes import Route
from tests.rules.visits import ROUTES, Watch, address, answer, client_of, client_of_same, with_change, world
from tests.rules.world import World

__all__ = ["world"]

NUMBER = "9" * 30
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=x"
WORDS = [
    "%00",
    "%0b",
    "%1b",
    "%ED%A0%80",
    "%FF%FE",
    NUMBER,
    "-1",
    "0",
    "1e9",
    "²",
    "٣",
    "'",
    "..%2f..%2fetc",
    "a" * 3000,
    "%0d%0ax:y",
    "NULL",
]
QUERIES = [
    *(f"q={word}" for word in ("%00", "%FF", "a" * 5000, "'", "%F0%9F%92%A3")),
    *(f"p={word}" for word in (NUMBER, "-1", "²", "x")),
    *(f"o={word}" for word in ("999.-5.x", "²", "-", NUMBER)),
    *(f"since={word}" for word in ("²", NUMBER, "-1", "%00")),
    *(f"session__id__exact={word}" for word in (NUMBER, "²", "x")),
    *(f"session={word}" for word in (NUMBER, "²", "x")),
    *(f"region__id__exact={word}" for word in (NUMBER, "²")),
    "e=1",
    "all=1",
    "_facets=1",
    "_popup=1&_to_field=password",
    "id__in=1,x",
    "pk=²",
    "program__id__exact=x",
    "is_active__exact=2",
    "state__exact=x",
    "participant__full_name__startswith=A",
    "password__startswith=p",
    "next=//evil.example/&next=%5C%5Cevil",
    "app_label=programs&model_name=venue&field_name=region&term=x",
    "%FF=1",
    "q=%ED%A0%80&%ED%A0%80=%0b",
    "_connector=OR&_negated=1&id=1",
    "order_by=participant__user__password&o=participant__user__password",
    "=&&&=",
]
BODIES: list[tuple[bytes, str]] = [
    (b"full_name=%00", FORM),
    (b"full_name=\x00", FORM),
    (b"email=%FF%FE", FORM),
    (b"email=\xff\xfe", FORM),
    (b"a=" + b"a" * 300_000, FORM),
    (b"&".join(b"f%d=1" % number for number in range(3000)), FORM),
    (b'--x\r\nContent-Disposition: form-data; name="a\x00"\r\n\r\n\x00\r\n--x--', MULTIPART),
    (b"--x\r\nbroken", MULTIPART),
    (b"", "multipart/form-data"),
    (b'--x\r\nContent-Disposition: form-data; name="a"; filename="../../x"\r\n\r\nhi\r\n--x--\r\n', MULTIPART),
    *(
        (json, "application/json")
        for json in (b"{", b"[]", b"[[[[1e309]]]]", b'{"a":{"b":-0}}', NUMBER.encode(), b"null")
    ),
    (b"a=1", "text/plain"),
    (b"<a/>", "text/xml"),
    (b"a=1", ""),
    (b"\x00\xff", "application/octet-stream"),
    (b"a=1", "application/x-www-form-urlencoded; charset=nonsense"),
    (b"_selected_action=1&action=delete_selected&select_across=1&index=0", FORM),
]


VALUES = ["%C2%B2", NUMBER, "-1", "1e999", "%E2%80%AEabc", "9999-99-99", "%F0%9F%92%A3" * 300, "0001-01-01"]
FORMS = re.compile(r"<form\b.*?</form>", re.S)
TOLD = ".error, .errorlist, .errornote, .notice-bad, [name=is_human]"
ASKED_OUTSIDE_FORMS = ["next", "sesi", "kode", "ke", "pendaftaran", "proof", "ticket"]
HEADERS = [
    {"HTTP_ACCEPT_LANGUAGE": "\x00,;q=x;;" + "id," * 2000},
    {"HTTP_ACCEPT_ENCODING": ";;q=\xff", "HTTP_IF_NONE_MATCH": '"\xff', "HTTP_IF_MODIFIED_SINCE": "kemarin"},
    {"HTTP_REFERER": "http://[", "HTTP_ORIGIN": "http://[::1", "HTTP_SEC_FETCH_SITE": "\x01"},
    {"HTTP_USER_AGENT": "\x00\xff" * 2000, "HTTP_X_REQUESTED_WITH": "fetch", "HTTP_X_REQUEST_ID": "\n"},
    {"HTTP_X_FORWARDED_FOR": "999.1.1.1, \x00", "REMOTE_ADDR": "x", "HTTP_X_FORWARDED_PROTO": "gopher"},
    {"CONTENT_LENGTH": "-1"},
    {"CONTENT_LENGTH": "x", "CONTENT_TYPE": "a/b/c; charset=\xff"},
]


def failed(client: Any, method: str, path: str, **extra: Any) -> list[Any]:
    status = answer(client, method, path, **extra).status_code
    return [(method, path[:120], extra.get("data", b"")[:60], status)] if status >= 500 else []


def walked(world: World, role: str) -> Iterator[tuple[Route, str]]:
    """The addresses that `role` has something to do with: staff walk the workplace, others what is outside of it."""
    for route in ROUTES:
        if role == "anonymous" or route.path.startswith("/staf/") == (role == "superuser"):
            yield route, address(world, route, world.a)


@pytest.mark.parametrize("role", ["anonymous", "participant", "superuser"])
def test_hostile_words_in_addresses_are_no_failure(world: World, role: str) -> None:
    client, failures = client_of(world, role), []
    for number, (route, path) in enumerate(walked(world, role)):
        if not route.arguments:
            failures += failed(client, "GET", f"{path}%00") + failed(client, "GET", f"{path}{NUMBER}/")
        for name in route.arguments:
            for word in in_turn(WORDS, number, role, route):
                for method in ("GET", "POST"):
                    failures += failed(client, method, route.path.replace(f"<{name}>", word))
    assert not failures, "\n".join(map(str, failures))


EACH_GETS_ONE_IN = {"anonymous": 1, "participant": 3, "password": 3, "superuser": 8}  # the more pages share code


def in_turn(of: list[Any], number: int, role: str, route: Route) -> list[Any]:
    """All of them where strangers have something to do; behind a login, and at the one door before the workplace, each
    page gets some, and all are met on many pages.
    """
    is_at_the_door = role == "anonymous" and not is_open_to_strangers(route)
    share = 8 if is_at_the_door else EACH_GETS_ONE_IN[role]
    return of[number % share :: share]


def is_open_to_strangers(route: Route) -> bool:
    return any(routes.access()[route.name].allows("anonymous", method) for method in ("GET", "POST"))


@pytest.mark.parametrize("role", ["anonymous", "participant", "superuser"])
def test_hostile_queries_are_no_failure(world: World, role: str) -> None:
    client, failures = client_of(world, role), []
    for number, (route, path) in enumerate(walked(world, role)):
        # Lists and pages of our own read their query; the admin's forms do so hardly, and strangers are sent away.
        reads_little = role == "anonymous" or route.name.endswith(("_change", "_add", "_history", "_delete"))
        for query in QUERIES[number % 24 :: 24] if reads_little else in_turn(QUERIES, number, role, route):
            failures += failed(client, "GET", f"{path}?{query}")
    assert not failures, "\n".join(map(str, failures))


@pytest.mark.parametrize("role", ["anonymous", "participant", "superuser"])
def test_hostile_bodies_are_no_failure(world: World, role: str) -> None:
    client, failures = client_of(world, role), []
    for number, (route, path) in enumerate(walked(world, role)):
        for body, content_type in in_turn(BODIES, number, role, route):
            failures += failed(client, "POST", path, data=body, content_type=content_type)
    assert not failures, "\n".join(map(str, failures))


@dataclass(frozen=True)
class Form:
    """A form that a page sends by POST: where to, filled as a person might, and the names of what is typed."""

    target: str
    filled: dict[str, str]
    typed: list[str]


def forms_of(client: Any, path: str) -> tuple[list[str], list[Form]]:
    """The names of all fields of a page, and its forms. Nothing else of it is built: most of a page is no form."""
    page = answer(client_of_same(client), "GET", path)
    if page.status_code not in (200, 404) or "html" not in page.headers["Content-Type"]:
        return [], []
    soup = BeautifulSoup("".join(FORMS.findall(page.body.decode())), "html.parser")  # type: ignore[attr-defined]
    names = sorted({str(field["name"]) for field in soup.select("form [name]")})
    return names, [form_of(path, form) for form in soup.select("form[method=post]")]


def form_of(path: str, form: Tag) -> Form:
    filled, typed = {}, []
    for field in form.select("[name]"):
        name, kind = str(field["name"]), field.get("type", field.name)
        if kind in ("text", "email", "tel", "password", "search", "date", "textarea", "number", "hidden"):
            filled[name] = str(field.get("value") or field.text or {"email": "a@example.com"}.get(str(kind), "Ani"))
            typed += [name] if kind != "hidden" else []
        elif kind == "select":
            options = [str(option["value"]) for option in field.select("option[value]") if option["value"]]
            filled[name] = options[0] if options else ""
        else:
            filled[name] = str(field.get("value", "on"))
    return Form(urljoin(path, str(form.get("action") or "")), filled, typed)


@pytest.mark.parametrize("role", ["anonymous", "participant", "password", "superuser"])
def test_no_field_of_any_form_is_a_way_to_failure(world: World, role: str) -> None:
    """Each page's own forms, in one walk: filled with what no keyboard would send; in one field after the other with a
    byte that no decoding of ours has seen; and with ten thousand letters, which are refused in words and written down
    nowhere.
    """
    client, failures, not_told = client_of(world, role), [], []
    bytes_tried, letters_tried, before = set(), set(), Watch()
    for number, (route, path) in enumerate(walked(world, role)):
        names, forms = forms_of(client, path)
        for word in in_turn(VALUES, number, role, route) if names else []:
            body = "&".join(f"{name}={word}" for name in names).encode()
            failures += failed(client, "POST", path, data=body, content_type=FORM)
        for name in ASKED_OUTSIDE_FORMS if role != "superuser" else []:
            failures += failed_by_a_byte(client, path, {}, name)
        for form in forms:
            for name in form.filled.keys() - {name for target, name in bytes_tried if target == form.target}:
                bytes_tried.add((form.target, name))
                failures += failed_by_a_byte(client, form.target, form.filled, name)
            for name in {*form.typed} - {name for target, name in letters_tried if target == form.target}:
                letters_tried.add((form.target, name))
                body = urlencode(form.filled | {name: "a" * 10_000})
                response, changed = with_change(client, "POST", form.target, before, data=body, content_type=FORM)
                told = BeautifulSoup(response.body, "html.parser").select(TOLD)  # type: ignore[attr-defined]
                if response.status_code not in (200, 400, 404, 422) or not told:
                    not_told.append((form.target, name, response.status_code))
                assert not changed
    assert bytes_tried > letters_tried > set()
    assert not failures, "\n".join(map(str, failures))
    assert not not_told, "\n".join(map(str, not_told))


def failed_by_a_byte(client: Any, target: str, filled: dict[str, str], name: str) -> list[Any]:
    body = encode_multipart("x", filled | {name: "WORD"}).replace(b"WORD", b"a\x00\xed\xa0\x80")
    return [(name, *row) for row in failed(client, "POST", target, data=body, content_type=MULTIPART)]


@pytest.mark.parametrize("role", ["anonymous", "participant", "superuser"])
def test_five_thousand_fields_are_refused(world: World, role: str) -> None:
    client, wrong = client_of(world, role), []
    client.handler.enforce_csrf_checks = True  # as in life, the form's token is looked for first
    client.cookies["csrf"] = "a" * 32
    body = b"&".join(b"f%d=1" % number for number in range(5000))
    for route, path in walked(world, role):
        if route.name == "whatsapp":
            continue  # reads no form: the bytes themselves are signed
        status = answer(client, "POST", path, data=body, content_type=FORM).status_code
        if status != 400:
            wrong.append((path, status))
    assert not wrong, "\n".join(map(str, wrong))


@pytest.mark.parametrize("role", ["anonymous", "participant", "superuser"])
def test_hostile_headers_are_no_failure(world: World, role: str) -> None:
    client, failures = client_of(world, role), []
    for number, (route, path) in enumerate(walked(world, role)):
        for headers in in_turn(HEADERS, number, role, route):
            for method in ("GET", "POST"):
                failures += [(headers, *row) for row in failed(client, method, path, **headers)]
    assert not failures, "\n".join(map(str, failures))


@pytest.mark.parametrize("cookie", ["\x01", "a" * 4000, "../../etc/passwd", "ÿ", ";;=;", '"'])
def test_hostile_cookies_are_no_failure(world: World, cookie: str) -> None:
    client = client_of(world, "anonymous")
    for route in ROUTES[::5]:
        path = address(world, route, world.a)
        header = f"session={cookie}; csrf={cookie}; door={cookie}"
        assert client.get(path, HTTP_COOKIE=header).status_code < 500, path


@pytest.mark.parametrize("host", ["evil.example", "testserver.evil.example", "", "a b", "testserver@evil"])
def test_foreign_hosts_are_refused(world: World, host: str) -> None:
    client = client_of(world, "anonymous")
    response = client.get("/staf/login/", HTTP_HOST=host)
    assert response.status_code == 400
    assert "Location" not in response.headers
