"""The outermost layers: what no view ever sees, the headers of every answer, and the language of a path."""

import re
import uuid
from collections.abc import Callable
from functools import partial
from urllib.parse import unquote_to_bytes

from django.conf import settings
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.core.handlers.exception import response_for_exception
from django.http import HttpRequest, HttpResponse, HttpResponseBase, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.middleware.gzip import GZipMiddleware
from django.utils import translation

from portal.postgresql import patience

CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",  # the second factor's QR code is a data: image
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
HSTS = "max-age=31536000; includeSubDomains; preload"  # also on refusals, which never reach Django's own middleware
# The scanner's page alone: its QR reader is WebAssembly where the browser brings none, and it looks through the camera.
SCANNER_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY.replace(
        "script-src 'self'", "script-src 'self' 'wasm-unsafe-eval'"
    ),
    "Permissions-Policy": HEADERS["Permissions-Policy"].replace("camera=()", "camera=(self)"),
}
LEADS_TO_GOOGLE = CONTENT_SECURITY_POLICY.replace("form-action 'self'", f"form-action 'self' {settings.GOOGLE_ORIGIN}")
_CONTROL_BYTES = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_OVERLONG_NUMBER = re.compile(rb"(?<![0-9A-Za-z])\d{19,}(?![0-9A-Za-z])")  # longer than any key of ours
_COMPRESSED = ("text/html", "application/json")
LARGEST_FORM = 512 * 1024  # bytes; what is larger holds a file
_METHODS = {"GET", "HEAD", "POST", "OPTIONS"}
_TAKES_LONG = re.compile(r"/(en/)?staf/|/kabar/|/metrics$")  # much at once, for few


def limit_waiting(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """A request waits for a slow database only so long, and is answered 503 then."""

    def middleware(request: HttpRequest) -> HttpResponse:
        takes_long = _TAKES_LONG.match(request.path_info)
        with patience.limited(settings.DATABASE_SECONDS_OF_STAFF if takes_long else settings.DATABASE_SECONDS):
            return get_response(request)

    return middleware


def guard(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Answer 400 to NUL, control bytes, broken UTF-8 and over-long numbers; else go on. Headers go on every answer."""

    def middleware(request: HttpRequest) -> HttpResponse:
        request_id = request.META["portal.request_id"] = uuid.uuid4().hex[:12]
        refusal = _refusal(request)
        response = speak(partial(response_for_exception, exc=refusal))(request) if refusal else get_response(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if settings.SECURE:
            response.headers.setdefault("Strict-Transport-Security", HSTS)
        response.headers.setdefault("Cache-Control", "private, no-store")
        response.headers["X-Request-ID"] = request_id
        return response

    return middleware


def lead_to_google(response: HttpResponse) -> HttpResponse:
    """Let the page's forms end at Google where one signs in with it: a form's redirects are held against the policy."""
    if settings.GOOGLE_CLIENT_ID:
        response.headers["Content-Security-Policy"] = LEADS_TO_GOOGLE
    return response


def compress(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Compress pages for whoever can read it: on a weak line a form comes in half the time.

    Django pads each with random bytes, so that its length tells nothing of the secrets in it (BREACH). So go what
    scripts ask for; files and exports go as they are; what is compressed already stays so.
    """
    gzip = GZipMiddleware(get_response)

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if response.streaming or not response.headers.get("Content-Type", "").startswith(_COMPRESSED):
            return response
        return gzip.process_response(request, response)

    return middleware


def speak(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Speak English under /en/ and Indonesian elsewhere: the address alone decides, so that pages can be cached."""

    def middleware(request: HttpRequest) -> HttpResponse:
        language = "en" if request.path_info.startswith("/en/") else "id"
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response

    return middleware


def _refusal(request: HttpRequest) -> Exception | None:
    """Say why the request cannot be meant, or None. Reads the body of a form, which the view needs anyway."""
    if request.method not in _METHODS:
        return BadRequest("unknown method")
    path = unquote_to_bytes(request.path)
    parts = [path, unquote_to_bytes(request.META.get("QUERY_STRING", "")), request.META.get("HTTP_COOKIE", "").encode()]
    parts += [value.encode() for value in request.COOKIES.values()]  # within quotes "\\000" is NUL
    try:
        parts += _typed(request)
    except (SuspiciousOperation, MultiPartParserError, UnreadablePostError) as error:
        return error if isinstance(error, SuspiciousOperation) else BadRequest(str(error))
    if any(_CONTROL_BYTES.search(part) for part in parts):
        return BadRequest("control bytes")
    if _OVERLONG_NUMBER.search(path):
        return BadRequest("number")
    try:
        b"".join(parts).decode()
    except UnicodeDecodeError:
        return BadRequest("encoding")
    return None


def is_a_file(request: HttpRequest) -> bool:
    """Whether so much is sent that it can only be a file."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    return request.content_type == "multipart/form-data" and length.isdecimal() and int(length) > LARGEST_FORM


def _typed(request: HttpRequest) -> list[bytes]:
    """What the form that was sent holds; of one with files only the fields. Raises what Django raises for a bad one."""
    if request.method != "POST":
        return []
    if request.content_type == "multipart/form-data":
        if is_a_file(request):
            return []  # whether its sender may hand it in is asked before it is read
        return [text.encode(errors="replace") for name, values in request.POST.lists() for text in (name, *values)]
    return [unquote_to_bytes(request.body)] if request.content_type == "application/x-www-form-urlencoded" else []
