"""A form that was open when its reader logged in is taken at the first press, in that browser alone."""

from __future__ import annotations

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest
from django.middleware.csrf import CsrfViewMiddleware, RejectRequest

TOKEN_FIELD = "csrfmiddlewaretoken"  # noqa: S105 -- a field's name
_BEFORE = "csrf_before_login"


def secret_of(request: HttpRequest) -> str:
    """The secret that this browser's forms are tied to now; "" when it has none."""
    return request.META.get("CSRF_COOKIE", "")


def remember(session: SessionBase, secret: str) -> None:
    """Keep, on the server and as long as the login lasts, the secret that the login replaced."""
    if secret:
        session[_BEFORE] = secret


def is_from_own_page(request: HttpRequest) -> bool:
    """Whether the browser says, in a header that no page can write, that a page of this very host sent the form."""
    return request.headers.get("Origin") == f"{request.scheme}://{request.get_host()}"


class CsrfMiddleware(CsrfViewMiddleware):
    """Django's own, which after a login also takes the token that the same browser's forms had before.

    The login replaces the secret because somebody may have planted the one before. Such a one is of no use here: the
    old token counts only where `Origin` names this host, which no other site and no sibling host can bring about.
    """

    def _check_token(self, request: HttpRequest) -> None:
        try:
            super()._check_token(request)  # type: ignore[misc]  # Django's own check, which its types leave out
        except RejectRequest:
            before = is_from_own_page(request) and request.session.get(_BEFORE)
            if not before:
                raise
            held = request.COOKIES
            request.COOKIES = {**held, settings.CSRF_COOKIE_NAME: before}
            try:
                super()._check_token(request)  # type: ignore[misc]
            finally:
                request.COOKIES = held
