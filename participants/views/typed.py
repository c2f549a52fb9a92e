"""What somebody typed is not lost when the form was open too long, the login has ended or a limit is reached."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from math import ceil
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.views.decorators.debug import sensitive_post_parameters

from portal.views import send_again

View = Callable[..., HttpResponse]


def keeps_what_was_typed(view: View) -> View:
    """Require a login; answer a form sent without one with a page that holds what was typed, to be sent again."""

    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated:
            return view(request, *args, **kwargs)
        if request.method == "POST":
            return send_again(request)
        return redirect_to_login(request.get_full_path())

    return login_not_required(sensitive_post_parameters()(wrapper))


def come_back(response: HttpResponse, *, at: datetime, now: datetime) -> HttpResponse:
    """Turn the page that holds what was typed into a 429 that says when the same form will be taken."""
    response.status_code = 429
    response.headers["Retry-After"] = str(seconds_until(at, now=now))
    return response


def seconds_until(at: datetime, *, now: datetime) -> int:
    """Whole seconds after which `at` has come: at least one, and never a fraction too few."""
    return max(1, ceil((at - now).total_seconds()))
