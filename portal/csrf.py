"""A form that was open when its reader logged in is taken at the first press, in that browser alone."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseForbidden
from django.middleware.csrf import CsrfViewMiddleware, RejectRequest

from portal.accounts import staff_gate
from portal.middleware import is_a_file

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


def comes_from_elsewhere(request: HttpRequest) -> bool:
    """Whether the browser says that another site sent the form. One too old to say so is believed."""
    own = f"{request.scheme}://{request.get_host()}"
    if (origin := request.headers.get("Origin")) is not None:
        return origin not in (own, settings.BASE_URL)
    return request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none")


class CsrfMiddleware(CsrfViewMiddleware):
    """Django's own, which after a login also takes the token that the same browser's forms had before.

    The login replaces the secret because somebody may have planted the one before. Such a one is of no use here: the
    old token counts only where `Origin` names this host, which no other site and no sibling host can bring about.
    """

    def process_view(self, request: HttpRequest, *rest: Any) -> HttpResponseForbidden | None:
        """Before the form is read for its token: files are taken of staff alone, who are known by their session."""
        if is_a_file(request) and not staff_gate.may_enter(request):
            raise PermissionDenied
        return super().process_view(request, *rest)

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
