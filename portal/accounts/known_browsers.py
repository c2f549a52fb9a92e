"""Browsers in which a member of staff has entered before: whoever fails on purpose elsewhere does not lock them out."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpRequest, HttpResponseBase
from django.utils.crypto import salted_hmac

COOKIE = "__Host-staff" if settings.SECURE else "staff"
KEPT = timedelta(days=90)
_SALT = "portal.accounts.known_browsers"


def remember(response: HttpResponseBase, email: str) -> None:
    """Have the browser keep a mark by which logins as `email` are known; it opens nothing and holds no name."""
    response.set_cookie(
        COOKIE,
        TimestampSigner(salt=_SALT).sign(_mark(email)),
        max_age=KEPT,
        secure=settings.SECURE,
        httponly=True,
        samesite="Lax",
    )


def mark(request: HttpRequest, email: str) -> str:
    """What this browser is known by when somebody entered as `email` in it; "" for all others."""
    kept = request.COOKIES.get(COOKIE, "")
    try:
        known = TimestampSigner(salt=_SALT).unsign(kept, max_age=KEPT)
    except BadSignature:
        return ""
    return kept if known == _mark(email) else ""


def _mark(email: str) -> str:
    return salted_hmac(_SALT, email.lower(), algorithm="sha256").hexdigest()[:32]
