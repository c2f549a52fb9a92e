"""Health, readiness, and the pages shown when something is wrong."""

import logging
import socket
import sys
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.views.decorators.csrf import requires_csrf_token
from prometheus_client import CONTENT_TYPE_LATEST

from participants.operations import clocks
from portal import clock
from portal.csrf import TOKEN_FIELD, is_from_own_page
from portal.metrics import text_of_metrics
from portal.middleware import lead_to_google

log = logging.getLogger(__name__)

TOO_LONG = (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)


@login_not_required
def livez(request: HttpRequest) -> HttpResponse:
    """This process answers. It asks nobody else, so that a blinking database restarts no web server."""
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
def readyz(request: HttpRequest) -> HttpResponse:
    """The database answers; 503 when it does not. A clock of this host that is wrong is told of."""
    try:
        machine_now, lead = clock.compare()
        clocks.compare(host=socket.gethostname(), lead=lead, machine_now=machine_now)
    except (DatabaseError, InterfaceError):
        return HttpResponse("database\n", status=503, content_type="text/plain")
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
def metrics(request: HttpRequest) -> HttpResponse:
    """How the messages stand, for Prometheus; nobody finds this page without the token of `METRICS_TOKEN`."""
    sent = request.headers.get("Authorization", "")
    if not (settings.METRICS_TOKEN and constant_time_compare(sent, f"Bearer {settings.METRICS_TOKEN}")):
        raise Http404
    return HttpResponse(text_of_metrics(), content_type=CONTENT_TYPE_LATEST)


def forgotten(response: HttpResponse) -> HttpResponse:
    """The answer to a logout: the browser forgets what it kept of our pages, on a shared phone or office computer."""
    # Not "cookies": the door's own cookie holds no name, and by it a stranger's guesses do not lock out this browser.
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What cannot be read; 413 where it is too long to be read at all."""
    context = {"is_too_long": isinstance(exception, TOO_LONG)}
    return render(request, "400.html", context, status=413 if isinstance(exception, RequestDataTooBig) else 400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "403.html", status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    is_staffs = request.path.startswith(reverse("admin:index")) and getattr(request.user, "is_staff", False)
    return render(request, "404.html", {"is_staffs": is_staffs}, status=404)


def too_many_requests(request: HttpRequest) -> HttpResponse:
    """More staff logins from one address than somebody who mistypes makes."""
    response = render(request, "429.html", status=429)
    response.headers["Retry-After"] = "60"
    return response


@requires_csrf_token
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that was open too long, or that comes from elsewhere: only the first is kept to be sent again."""
    return send_again(request)


def send_again(request: HttpRequest) -> HttpResponse:
    """Keep what was typed in a fresh form, one press away from being sent.

    Only for a form of our own: what another site sent is not shown to be confirmed.
    """
    if not _is_our_own_form(request):
        return render(request, "403_csrf.html", status=403)
    page = render(request, "send_again.html", {"typed": _typed(request), "path": request.get_full_path()}, status=403)
    match = request.resolver_match
    return lead_to_google(page) if match and match.url_name == "google" else page


def _is_our_own_form(request: HttpRequest) -> bool:
    return is_from_own_page(request) or request.headers.get("Sec-Fetch-Site") == "same-origin"


def holds_a_password(request: HttpRequest) -> bool:
    """Whether the form that was sent has a field for a password, which stands in no page."""
    return any("password" in name for name in request.POST)


def _typed(request: HttpRequest) -> list[tuple[str, str]]:
    return [(name, value) for name, values in request.POST.lists() for value in values if name != TOKEN_FIELD]


def server_error(request: HttpRequest) -> HttpResponse:
    """Our fault: 503 when the database is away or a lock was not to be had (come back soon), else 500.

    What was typed is kept where it may simply be sent again: not a file, and no password in a page.
    """
    busy = isinstance(sys.exc_info()[1], (OperationalError, InterfaceError))
    status, request_id = 503 if busy else 500, request.META.get("portal.request_id", "")
    try:
        context: dict[str, Any] = {"request_id": request_id}
        is_form = busy and request.method == "POST" and _is_our_own_form(request)
        if is_form and not request.FILES and not holds_a_password(request):
            context |= {"typed": _typed(request), "path": request.get_full_path()}
        response = render(request, f"{status}.html", context, status=status)
    except Exception:  # what is broken may be what every page is made of
        log.exception("the page of an error cannot be made")
        words = _("Ada yang rusak di pihak kami. Coba lagi beberapa menit lagi. Nomor kejadian: %(number)s")
        response = HttpResponse(words % {"number": request_id}, status=status, content_type="text/plain; charset=utf-8")
    if busy:
        response.headers["Retry-After"] = "5"
    return response
