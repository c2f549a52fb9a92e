"""The outermost layer: refuses bytes that no form of ours can mean, and puts the security headers on every answer."""

import re
import uuid
from collections.abc import Callable
from urllib.parse import unquote_to_bytes

from django.core.exceptions import BadRequest, RequestDataTooBig
from django.core.handlers.exception import response_for_exception
from django.http import HttpRequest, HttpResponse, UnreadablePostError

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
_CONTROL_BYTES = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_LONG_NUMBER = re.compile(rb"\d{19,}")
_ENCODED_CONTROL = re.compile(rb"%(0[0-8bBcCeEfF]|1[0-9a-fA-F]|7[fF])")
_METHODS = {"GET", "HEAD", "POST", "OPTIONS"}


def guard(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Answer 400 to NUL, control bytes, broken UTF-8 and over-long numbers; else go on. Headers go on every answer."""

    def middleware(request: HttpRequest) -> HttpResponse:
        request.id = uuid.uuid4().hex[:12]  # type: ignore[attr-defined]
        refusal = _refusal(request)
        response = response_for_exception(request, refusal) if refusal else get_response(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Cache-Control", "private, no-store")
        response.headers["X-Request-ID"] = request.id  # type: ignore[attr-defined]
        return response

    return middleware


def _refusal(request: HttpRequest) -> Exception | None:
    if request.method not in _METHODS:
        return BadRequest("method")
    for raw in (
        unquote_to_bytes(request.META.get("RAW_URI", "") or request.path),
        unquote_to_bytes(request.META.get("QUERY_STRING", "")),
    ):
        if _CONTROL_BYTES.search(raw):
            return BadRequest("control bytes")
        if _LONG_NUMBER.search(raw.split(b"?")[0]):
            return BadRequest("number")
        try:
            raw.decode()
        except UnicodeDecodeError:
            return BadRequest("encoding")
    if "\ufffd" in request.path:
        return BadRequest("encoding")
    if request.method == "POST" and request.content_type == "application/x-www-form-urlencoded":
        try:
            if _ENCODED_CONTROL.search(request.body) or _CONTROL_BYTES.search(request.body):
                return BadRequest("control bytes")
        except (RequestDataTooBig, UnreadablePostError) as error:
            return BadRequest(str(error))
    return None
