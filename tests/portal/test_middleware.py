"""The outermost layer: what is refused before any view sees it, and what every answer carries."""

import gzip

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse, StreamingHttpResponse
from django.test import RequestFactory
from django.urls import reverse

from portal.middleware import HEADERS, compress, guard


def answer(request):
    return guard(lambda request: HttpResponse("in"))(request)


@pytest.fixture(autouse=True)
def plain_error_page(monkeypatch):
    """The page that is shown is another test's matter."""
    monkeypatch.setattr("portal.middleware.response_for_exception", lambda request, exc: HttpResponse(status=400))


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/v/\x00/", ""),
        ("/v/\x1b[31m/", ""),
        ("/v/\x7f/", ""),
        ("/", "q=%00"),
        ("/", "q=%0b"),
        ("/", "q=%ff%fe"),
        ("/v/%FF/", ""),
        ("/staf/programs/region/" + "9" * 30 + "/change/", ""),
    ],
)
def test_guard_refuses_bytes_that_nobody_means(path, query):
    request = RequestFactory().get("/")
    request.path, request.META["QUERY_STRING"] = path, query

    assert answer(request).status_code == 400


@pytest.mark.parametrize("body", [b"name=%00", b"name=a\x00b", b"name=%1b", b"name=%ff"])
def test_guard_refuses_such_bytes_in_a_form(body):
    request = RequestFactory().post("/", body, content_type="application/x-www-form-urlencoded")

    assert answer(request).status_code == 400


@pytest.mark.parametrize("fields", [{"name": "a\x00b"}, {"a\x1b": "b"}, {"a": ["b", "\x0b"]}])
def test_guard_refuses_them_in_a_form_of_parts(fields):
    assert answer(RequestFactory().post("/", fields)).status_code == 400


def test_guard_reads_no_file():
    file = SimpleUploadedFile("daftar.xlsx", b"PK\x03\x04\x00\xff")

    assert answer(RequestFactory().post("/", {"name": "Siti\r\nNur", "file": file})).content == b"in"


@pytest.mark.parametrize("body", [b"--x\r\nbroken", b"--x\r\nContent-Disposition: form-data\r\n\r\na\r\n--x--", b""])
@pytest.mark.parametrize("content_type", ["multipart/form-data; boundary=x", "multipart/form-data"])
def test_guard_lets_no_broken_form_fail(body, content_type):
    assert answer(RequestFactory().post("/", body, content_type=content_type)).status_code in {200, 400}


@pytest.mark.parametrize("cookie", ["session=abc\x00defgh", 'session="abc\\000defgh"', 'x=1; door="\\033"'])
def test_guard_refuses_them_in_a_cookie(cookie):
    request = RequestFactory().get("/", headers={"cookie": cookie})

    assert answer(request).status_code == 400


def test_guard_refuses_a_body_that_is_too_large(settings):
    request = RequestFactory().post(
        "/", b"a=" + b"b" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1), content_type="application/x-www-form-urlencoded"
    )

    assert answer(request).status_code == 400


@pytest.mark.parametrize(("path", "home"), [("/x", "/"), ("/en/x", "/en/")])
def test_guard_refuses_in_the_language_of_the_address(monkeypatch, path, home):
    monkeypatch.setattr("portal.middleware.response_for_exception", lambda request, exc: HttpResponse(reverse("home")))
    request = RequestFactory().get(path, {"q": "\x00"})

    refused = answer(request)

    assert (refused.content.decode(), refused["Content-Language"]) == (home, home[1:3] or "id")


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "BREW", "PUT", "DELETE", "PATCH"])
def test_guard_refuses_methods_that_nothing_here_answers(method):
    assert answer(RequestFactory().generic(method, "/")).status_code == 400


@pytest.mark.parametrize(
    "request_",
    [
        RequestFactory().get("/sesi/jayapura-2025-12/", {"q": "Ma'ruf بسم ✓"}),
        RequestFactory().post("/", "name=Siti+Nur%27aini%0D%0A%09x", content_type="application/x-www-form-urlencoded"),
        RequestFactory().get("/wali/0123456789012345678a/"),
        RequestFactory().head("/"),
    ],
)
def test_guard_lets_through_what_people_send(request_):
    response = answer(request_)

    assert (response.status_code, response.content) == (200, b"in")


@pytest.mark.parametrize("path", ["/", "/\x00"])
def test_guard_puts_the_headers_on_every_answer(path):
    request = RequestFactory().get("/")
    request.path = path

    response = answer(request)

    assert {name: response.headers[name] for name in HEADERS} == HEADERS
    assert response.headers["Cache-Control"] == "private, no-store"
    assert len(response.headers["X-Request-ID"]) == 12


def test_guard_leaves_a_page_its_own_caching():
    response = guard(lambda request: HttpResponse(headers={"Cache-Control": "public, max-age=10"}))(
        RequestFactory().get("/")
    )

    assert response.headers["Cache-Control"] == "public, max-age=10"


PAGE = "<p>Kursimu pasti</p>" * 100


def compressed(response, accepts="gzip, br"):
    return compress(lambda request: response)(RequestFactory().get("/", headers={"accept-encoding": accepts}))


def test_compress_makes_a_page_small_and_never_twice_the_same_length():
    answers = [compressed(HttpResponse(PAGE)) for _ in range(20)]

    assert {gzip.decompress(answer.content) for answer in answers} == {PAGE.encode()}
    assert {(answer["Content-Encoding"], answer["Vary"]) for answer in answers} == {("gzip", "Accept-Encoding")}
    assert max(len(answer.content) for answer in answers) < len(PAGE) / 5
    assert len({len(answer.content) for answer in answers}) > 1


@pytest.mark.parametrize(
    ("response", "accepts"),
    [
        (HttpResponse(PAGE), "identity"),
        (HttpResponse("<p>pendek</p>"), "gzip"),
        (HttpResponse(PAGE, content_type="text/csv"), "gzip"),
        (HttpResponse(PAGE, headers={"Content-Encoding": "br"}), "gzip"),
    ],
)
def test_compress_leaves_alone_what_gains_nothing(response, accepts):
    before, encoding = response.content, response.headers.get("Content-Encoding")

    answer = compressed(response, accepts)

    assert (answer.content, answer.headers.get("Content-Encoding")) == (before, encoding)


def test_compress_does_not_hold_up_a_stream():
    answer = compressed(StreamingHttpResponse([b"nama;hadir"], content_type="text/html"))

    assert (b"".join(answer), answer.headers.get("Content-Encoding")) == (b"nama;hadir", None)


@pytest.mark.django_db
def test_files_of_strangers_are_refused_before_they_are_read(client):
    file = SimpleUploadedFile("a.csv", b"a" * 600_000 + b"\x00")

    answer = client.post("/staf/participants/attendanceexport/cocok/", {"file": file, "a": "\x00"})
    assert answer.status_code == 403
