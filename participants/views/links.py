"""Pages whose address is a secret that was mailed: no login, and reading them changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_variables

from participants.models import Registration
from participants.operations.refusals import Refused
from portal import clock


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


@sensitive_variables("token")
def answered(
    request: HttpRequest,
    token: str,
    *,
    name: str,
    registration: Registration | None,
    answers: Mapping[str, Callable[..., Registration]],
    show: Callable[..., HttpResponse],
) -> HttpResponse:
    """`show` the page of the link `name`, or let `answers` do what whoever holds the link has pressed."""
    if registration is None:
        return unknown(request)
    answer = answers.get(request.POST.get("answer", ""))
    if request.method != "POST" or answer is None:
        return show(request, registration, status=422 if request.method == "POST" else 200)
    with suppress(Refused):  # the page says how things stand
        answer(registration=registration, now=clock.now())
    return private(redirect(name, token))
