"""Pages whose address is a secret that was mailed: no login, and reading them changes nothing."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def private(response: HttpResponse) -> HttpResponse:
    """The address of this page is a secret: it goes to no other page, no index and no cache."""
    response.headers["Referrer-Policy"] = (
        "strict-origin"  # "no-referrer" would make a browser hide where a form is from
    )
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Cache-Control"] = "private, no-store"
    return response


def unknown(request: HttpRequest) -> HttpResponse:
    """What somebody reads whose link was cut short."""
    return private(render(request, "participants/link_unknown.html", status=404))
