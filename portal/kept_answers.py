"""Back and reload never end on the browser's own error page: a form's page is shown under an address that is read.

The page that answers a form (what is refused, or what is read back) is the answer to a POST, which no browser keeps
when it may not be stored: going back to it shows "Confirm Form Resubmission" in the browser's own words. So the page is
put away for half an hour and the browser is led to where it reads it, as often as it likes.

What is put away is encrypted, and what opens it is not on the server: the secret that this browser's forms are tied
to, which changes at every login and logout. (The one before a login is, as long as that login lasts: `csrf.remember`.)
Whoever comes after on a shared phone finds the empty form at that address, and so does everybody once the half hour is
over. Reading repeats nothing that the form did.
"""

from __future__ import annotations

import json
import re
import zlib
from base64 import urlsafe_b64encode
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from cryptography.fernet import Fernet
from django.core.cache import cache
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.crypto import salted_hmac

from participants import tokens
from portal.accounts.networks import network_of
from portal.csrf import secret_of
from portal.middleware import is_a_file
from portal.views import holds_a_password

PARAMETER = "jawaban"  # in the address under which the page is read
SECONDS = 1800
MOST = 100  # pages kept for one account, or for all who are not in of one network, until none came for `QUIET` seconds
QUIET = 600
LARGEST = 64 * 1024  # bytes as they are put away; the form of a registration has 6,000
# Not what is unknown, and not what the portal could not do: whoever is in trouble writes no more than it must.
_KEPT = {200, 403, 409, 422, 429}
_READING = ("GET", "HEAD")
_LONGEST = 1500  # letters of an address
_IN_ADDRESS = re.compile(rf"[?&]{PARAMETER}(?:[=&]|$)")


class KeptAnswers:
    """Lead a browser that sent a form of ours from its page to the same page to be read. Programs get it at once."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        before = _place(request) if request.method == "POST" and _is_sent_from_kept(request) else None
        response = self.get_response(request)
        if before and response.status_code < 400 and response.has_header("Location"):
            with suppress(DatabaseError, InterfaceError):
                cache.delete(before.name)  # it is done: going back shows how things stand, not what was asked
        if PARAMETER in request.GET and response.status_code == 404 and request.method in _READING:
            own = reverse("my_page")  # what the form was about is over
            return redirect(own) if request.path.startswith(own) else response
        if _is_to_be_kept(request, response):
            with suppress(DatabaseError, InterfaceError):
                return _put_away(request, response) or response
        return response

    def process_view(self, request: HttpRequest, *_view: Any) -> HttpResponse | None:
        """After it is known whether the reader may see this address: the page that was put away for them, if any."""
        if request.method not in _READING or PARAMETER not in request.GET or not secret_of(request):
            return None
        with suppress(DatabaseError, InterfaceError):
            place = _place(request)
            if kept := cache.get(place.name):
                status, headers, text = json.loads(zlib.decompress(place.lock.decrypt(kept)))
                return HttpResponse(text, status=status, headers=headers)
        return None


def forget(request: HttpRequest, path: str) -> None:
    """Throw away the page that this browser goes back to at `path`, if there is one: its reader took back what it says.

    Never raises for a database that is away: nobody else can open that page, and it goes by itself.
    """
    if secret_of(request):
        with suppress(DatabaseError, InterfaceError):
            cache.delete(_place(request, path).name)


class _Place:
    """Where the page of one address is put away for one browser: the name of the row, and what opens it."""

    def __init__(self, *owner: str) -> None:
        self.name = "kept_answers:" + salted_hmac("kept_answers.name", "|".join(owner), algorithm="sha256").hexdigest()
        key = salted_hmac("kept_answers.key", "|".join(owner), algorithm="sha256").digest()
        self.lock = Fernet(urlsafe_b64encode(key))


def _place(request: HttpRequest, path: str = "") -> _Place:
    return _Place(secret_of(request), str(request.user.pk or ""), path or request.path)


def _is_sent_from_kept(request: HttpRequest) -> bool:
    """Whether the form stood in a page that was put away, as far as the browser tells."""
    is_told = PARAMETER in request.GET or _IN_ADDRESS.search(request.headers.get("Referer", ""))
    return bool(secret_of(request) and is_told)


def _is_to_be_kept(request: HttpRequest, response: HttpResponse) -> bool:
    """Whether a person looks at this answer to a form of ours, which holds no password and is none of staff's work."""
    header = request.headers.get
    is_looked_at = header("Sec-Fetch-Dest") == "document" and header("Sec-Fetch-Site") == "same-origin"
    if request.method != "POST" or not is_looked_at or response.streaming or response.status_code not in _KEPT:
        return False
    if is_a_file(request):  # refused before it was read, and not to be read for this
        return False
    view = request.resolver_match and request.resolver_match.func
    has_token = bool(secret_of(request)) and not getattr(view, "csrf_exempt", False)
    is_staffs = request.path.startswith(reverse("admin:index"))
    is_page = response.headers.get("Content-Type", "").startswith("text/html")
    return has_token and is_page and not is_staffs and not holds_a_password(request) and _may_keep(request)


def _may_keep(request: HttpRequest) -> bool:
    """Anybody can make us write such a row: each account, and each network of people who are not in, so many."""
    if len(request.get_full_path()) > _LONGEST:
        return False
    who = f"account {request.user.pk}" if request.user.is_authenticated else tokens.network_hash(network_of(request))
    name = f"kept_answers:{salted_hmac('kept_answers.of', who, algorithm='sha256').hexdigest()}"
    with suppress(DatabaseError, InterfaceError):
        if (kept := cache.get(name, 0)) < MOST:
            cache.set(name, kept + 1, timeout=QUIET)
            return True
    return False


def _put_away(request: HttpRequest, response: HttpResponse) -> HttpResponse | None:
    """What leads to where the page is read; None where it is too large, or was not written."""
    place = _place(request)
    page = json.dumps([response.status_code, dict(response.headers), response.content.decode()])
    kept = place.lock.encrypt(zlib.compress(page.encode()))
    if len(kept) > LARGEST:
        return None
    cache.set(place.name, kept, timeout=SECONDS)
    if cache.get(place.name) != kept:  # Django's cache says nothing of what the database did not take
        return None
    address = request.get_full_path()
    if PARAMETER not in request.GET:
        address += ("&" if "?" in address else "?") + PARAMETER
    led = HttpResponseRedirect(address)
    led.cookies = response.cookies
    for name in ("Content-Security-Policy", "Referrer-Policy", "X-Robots-Tag", "Cache-Control"):
        if name in response.headers:
            led.headers[name] = response.headers[name]
    return led
