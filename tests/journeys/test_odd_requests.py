"""What no browser sends, written to the real server's socket: an answer of 4xx or a page of ours, never a failure."""

import socket
from contextlib import suppress
from urllib.parse import urlsplit

import pytest

pytestmark = [pytest.mark.xdist_group("journey")]
VERBS = ["GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "PROPFIND", "BREW", "MKCOL"]
TYPES = [
    *("application/x-www-form-urlencoded", "multipart/form-data", "multipart/form-data; boundary=x", "text/plain"),
    *("application/json", "application/xml; charset=nonsense"),
]
ADDRESSES = ["/", "/masuk/", "/daftar/denpasar-2025-12/", "/wali/x/", "/staf/akun/masuk/", "/static/css/base.css"]


def answer_to(portal, request):
    """The status and the headers that the server answers to these very bytes; None when it hangs up or waits on."""
    at, said = urlsplit(portal.url), b""
    with socket.create_connection((at.hostname, at.port), timeout=3) as connection, suppress(OSError):
        connection.sendall(request)
        while b"\r\n\r\n" not in said and (more := connection.recv(65536)):
            said += more
    head = said.partition(b"\r\n\r\n")[0].decode("latin-1")
    return (int(head.split()[1]), head) if head else (None, "")


def written(portal, line, *headers, body=b""):
    at = urlsplit(portal.url).netloc
    lines = [line, f"Host: {at}", "Connection: close", *headers]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_verb_with_every_kind_of_body(portal, address):
    answered = {}
    for verb in VERBS:
        for kind in TYPES:
            line, length = f"{verb} {address} HTTP/1.1", "Content-Length: 9"
            request = written(portal, line, f"Content-Type: {kind}", length, body=b"email=a@b")
            answered.setdefault(verb, set()).add(answer_to(portal, request)[0])

    read = {200, 302, 404}
    assert answered["GET"] | answered["HEAD"] <= read
    assert answered["POST"] | answered["OPTIONS"] <= read | {400, 403, 405, 422}
    for verb in VERBS[4:]:
        assert answered[verb] <= {None, 400, 403, 404, 405, 501}, verb


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (["Transfer-Encoding: chunked"], b"9\r\nemail=a@b\r\n0\r\n\r\n"),
        (["Transfer-Encoding: chunked"], b"zz\r\nemail"),
        (["Transfer-Encoding: chunked", "Content-Length: 9"], b"0\r\n\r\n"),
        (["Transfer-Encoding: gzip, nonsense"], b"x"),
        (["Content-Length: 9", "Content-Length: 10"], b"email=a@b"),
        (["Content-Length: 100"], b"short"),
        (["Content-Length: -1"], b""),
        (["Content-Length: 99999999999999999999"], b""),
        (["Content-Encoding: gzip", "Content-Length: 3"], b"\x1f\x8b\x00"),
        (["Expect: 100-nonsense", "Content-Length: 0"], b""),
        ([f"X-Long: {'a' * 200_000}"], b""),
        (["Cookie: session=\x80\xff; csrf=\x01"], b""),
        (["Kosong", ": tanpa nama"], b""),
    ],
    ids=lambda value: str(value)[:40],
)
def test_bodies_that_do_not_hold_what_they_say(portal, headers, body):
    sent = written(
        portal, "POST /masuk/ HTTP/1.1", "Content-Type: application/x-www-form-urlencoded", *headers, body=body
    )

    status, _head = answer_to(portal, sent)

    assert status is None or 400 <= status < 500
    assert answer_to(portal, written(portal, "GET /livez HTTP/1.1"))[0] == 200


@pytest.mark.parametrize(
    "line",
    [
        *(
            "GET http://evil.example/masuk/ HTTP/1.1",
            "GET //evil.example/saya/ HTTP/1.1",
            "GET /saya/%0d%0aX:y HTTP/1.1",
        ),
        *(
            "GET /%00 HTTP/1.1",
            "GET /%ff HTTP/1.1",
            "GET /\xff HTTP/1.1",
            "GET * HTTP/1.1",
            "GET evil.example:80 HTTP/1.1",
        ),
        *("GET /../../etc/passwd HTTP/1.1", "GET /static/%2e%2e/%2e%2e/manage.py HTTP/1.1", "GET  / HTTP/1.1"),
        *("GET / HTTP/9.9", "GET /", "\x16\x03\x01\x02", f"GET /{'a' * 100_000} HTTP/1.1"),
    ],
    ids=lambda line: line[:40],
)
@pytest.mark.parametrize("forged", [[], ["X-Forwarded-Host: evil.example", "Forwarded: host=evil.example"]], ids=len)
def test_lines_that_ask_for_what_is_not_ours(portal, line, forged):
    status, head = answer_to(portal, written(portal, line, *forged))

    assert status is None or status < 500
    assert "Location: http" not in head.replace("location", "Location")
    assert "evil.example" not in head
    assert "X:y" not in head


def test_a_host_that_is_not_ours(portal):
    for host in ("evil.example", "", "127.0.0.1:1@evil.example", "a b", "127.0.0.1.evil.example"):
        request = f"GET /saya/ HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()
        status, head = answer_to(portal, request)
        assert status in (None, 400), host
        assert "ocation:" not in head
