"""The participants' door: an address, the code from the mail, in."""

from __future__ import annotations

import json
import re
import secrets
from datetime import datetime
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib import auth
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import rotate_token
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from participants import tokens
from participants.addresses import address_key, suggestion
from participants.forms import AddressForm, CodeForm
from participants.operations import crowds, door_limits, login_codes
from participants.operations.refusals import Refused
from participants.views.refusals import FROM_GOOGLE
from participants.views.typed import come_back, seconds_until
from portal import clock, csrf, languages
from portal.accounts.models import User
from portal.accounts.networks import network_of
from portal.middleware import lead_to_google
from portal.views import forgotten
from programs.models import TrainingSession

COOKIE = "__Host-door" if settings.SECURE else "door"
_SENT_BACK = "sent_back_to_the_door"
_NOT_THE_CODE = (login_codes.TooManyGuesses, login_codes.AccountIsOff)  # refused whatever code is typed
_TOLD = 3600  # seconds that a browser which is not in is remembered
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")
_SLUG = re.compile(r"[-a-zA-Z0-9_]{1,80}")


@login_not_required
@sensitive_post_parameters()
def door(request: HttpRequest) -> HttpResponse:
    """Ask for an address; send a code to it and go on to where it is typed."""
    if request.user.is_authenticated:
        return redirect(destination(request))
    if request.method != "POST":
        return ask_for_address(request, *_sent_back(request))
    form = AddressForm(request.POST)
    if not form.is_valid():
        return ask_for_address(request, form)
    if form.needs_extra_step(clock.machine_now()):
        return ask_for_address(request, form, is_suspect=True)
    if request.POST.get("line"):
        return _line_up(request, form)
    browser = secret(request) or new_secret()
    try:
        login_codes.ask(
            email=form.cleaned_data["email"],
            browser=browser,
            language=languages.current(),
            machine_now=clock.machine_now(),
            now=clock.now(),
            network=network_of(request),
            proof=request.POST.get("proof", ""),
            ticket=request.POST.get("ticket", ""),
        )
    except crowds.NotYourTurn as refusal:
        return _wait_in_line(request, form, refusal, request.POST["ticket"], refusal.retry_at)
    except crowds.Crowd as refusal:
        return _ask_for_work(request, form, refusal)
    except login_codes.TooManyMails as refusal:
        last = login_codes.newest(browser=browser, machine_now=clock.machine_now())
        has_code = bool(
            last and last.address_key == address_key(form.cleaned_data["email"]) and last.is_usable(clock.machine_now())
        )
        page = ask_for_address(request, form, refusal, has_code=has_code)
        return come_back(page, at=refusal.retry_at, now=clock.machine_now())
    return remember(redirect(_with_next(request, "door_code")), browser)


@login_not_required
@require_safe
def door_help(request: HttpRequest) -> HttpResponse:
    """What to do, in order, when the code does not come."""
    return render(request, "participants/door_help.html")


@login_not_required
@sensitive_post_parameters()
def door_code(request: HttpRequest) -> HttpResponse:
    """Ask for the code; the right one logs in, under a new session key."""
    if request.user.is_authenticated:
        return redirect(destination(request))
    browser = secret(request)
    form = CodeForm(request.POST if request.method == "POST" else None)
    if browser is None:
        return redirect(_with_next(request, "door"))
    if not form.is_valid():
        return _ask_for_code(request, form, browser)
    try:
        user = login_codes.check(
            code=form.cleaned_data["code"], browser=browser, machine_now=clock.machine_now(), now=clock.now()
        )
    except login_codes.TooManyGuesses as refusal:
        page = _ask_for_code(request, form, browser, refusal)
        return come_back(page, at=refusal.retry_at, now=clock.machine_now())
    except Refused as refusal:
        return _ask_for_code(request, form, browser, refusal)
    enter(request, user)
    return redirect(destination(request))


def enter(request: HttpRequest, user: User) -> None:
    """Log `user` in here, in a new session: nothing that was begun before goes along, nor how long that was kept.

    What is open in this browser's other tabs can still be sent.
    """
    before = csrf.secret_of(request)
    request.session.flush()
    auth.login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
    csrf.remember(request.session, before)
    # When an address was proven. No password and no second factor: staff rights need both (the staff's own door).
    request.session["door"] = clock.machine_now().timestamp()


@login_not_required
@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    """End the session here and on the server, and have the browser forget what it kept of these pages."""
    auth.logout(request)
    rotate_token(request)  # what is open here in other tabs must not be sent by whoever logs in next
    return forgotten(redirect(f"{reverse('door')}?keluar"))


def ask_for_address(
    request: HttpRequest,
    form: AddressForm | None = None,
    refusal: Refused | None = None,
    *,
    session: TrainingSession | None = None,
    is_suspect: bool = False,
    has_code: bool = False,
) -> HttpResponse:
    """Show the first question. With `session` (a training session) the way leads to its registration.

    `has_code`: whether a code that this browser asked for can still be typed, so that the page leads to where.
    """
    goal = reverse("register", args=[session.slug]) if session else goal_of(request)
    is_sent = bool(form and form.is_bound)
    context = {
        "form": form or _blank(),
        "refusal": refusal,
        "heading": "" if is_sent else _("Belum masuk"),
        "goal": goal,
        "registers": _registers(goal),
        "session": session or _session_of(goal),
        "is_suspect": is_suspect,
        "has_code": has_code,
        "is_out": "keluar" in request.GET,
        "google": bool(settings.GOOGLE_CLIENT_ID),
    }
    page = render(request, "participants/door.html", context, status=422 if is_sent and not refusal else 200)
    return lead_to_google(page)


def send_back(request: HttpRequest, refusal: Refused, *, email: str, goal: str) -> HttpResponse:
    """Back to the door, once, with why another way in led nowhere and what was typed before."""
    request.session[_SENT_BACK] = {"code": refusal.code, "email": email}
    if not request.user.is_authenticated:
        request.session.set_expiry(_TOLD)  # anybody can make us write this row
    return redirect(f"{reverse('door')}?{urlencode({'next': goal})}" if goal else reverse("door"))


def _sent_back(request: HttpRequest) -> tuple[AddressForm | None, Refused | None]:
    why = request.session.pop(_SENT_BACK, None)
    refusal = FROM_GOOGLE.get(why["code"]) if why else None
    return (_blank(email=why["email"]), refusal()) if refusal else (None, None)


def _blank(**known: str) -> AddressForm:
    """The form as it is shown first, stamped with when that was."""
    return AddressForm(initial={"shown": tokens.form_stamp(clock.machine_now()), **known})


def destination(request: HttpRequest) -> str:
    """Where to go once in: a page of our own that was asked for, else one's own page."""
    return goal_of(request) or reverse("my_page")


def _ask_for_code(request: HttpRequest, form: CodeForm, browser: str, refusal: Refused | None = None) -> HttpResponse:
    login_code = login_codes.newest(browser=browser, machine_now=clock.machine_now())
    if login_code is None:
        return redirect(_with_next(request, "door"))
    address = login_code.address_key  # as typed but for its case: whether we know it cannot be seen
    is_dead = not login_code.is_usable(clock.machine_now()) and not isinstance(refusal, _NOT_THE_CODE)
    context = {
        "form": form,
        "refusal": None if is_dead else refusal,
        "dead": login_codes.CodeIsDead() if is_dead else None,
        "heading": _("Belum bisa masuk") if isinstance(refusal, _NOT_THE_CODE) else _("Kodenya belum cocok"),
        "address": address,
        "suggestion": suggestion(address),
        "goal": goal_of(request),
        "registers": _registers(goal_of(request)),
    }
    return render(request, "participants/door_code.html", context, status=422 if form.is_bound else 200)


def goal_of(request: HttpRequest) -> str:
    """The page asked for by `next`, or by `sesi` (a session to register for); "" unless it is one of ours."""
    values = request.POST if request.method == "POST" else request.GET
    goal = values.get("next", "")
    if goal.startswith("/") and url_has_allowed_host_and_scheme(goal, allowed_hosts=None) and "\\" not in goal:
        return goal
    slug = values.get("sesi", "")
    return reverse("register", args=[slug]) if _SLUG.fullmatch(slug) else ""


def _registers(goal: str) -> bool:
    """Whether the page `goal` is a registration, of which the door is the first step."""
    return goal.startswith(reverse("register", args=["-"]).removesuffix("-/"))


def _session_of(goal: str) -> TrainingSession | None:
    """The session for which the page `goal` registers; None for every other page."""
    if not _registers(goal):
        return None
    slug = urlsplit(goal).path.rstrip("/").rpartition("/")[2]
    return TrainingSession.objects.published().with_places().filter(slug=slug).first()


def _with_next(request: HttpRequest, name: str) -> str:
    goal = goal_of(request)
    return f"{reverse(name)}?{urlencode({'next': goal})}" if goal else reverse(name)


def secret(request: HttpRequest) -> str | None:
    """The secret by which codes know the browser that asked for them."""
    secret = request.COOKIES.get(COOKIE, "")
    return secret if _SECRET.fullmatch(secret) else None


def new_secret() -> str:
    """A secret for a browser that has none yet; `remember` gives it to it."""
    return secrets.token_urlsafe(32)


def remember(response: HttpResponse, browser: str) -> HttpResponse:
    """Have the browser keep the secret `browser` as long as a login lasts."""
    response.set_cookie(
        COOKIE,
        browser,
        max_age=door_limits.KEPT_USED,
        secure=settings.SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


def _ask_for_work(request: HttpRequest, form: AddressForm, refusal: crowds.Crowd) -> HttpResponse:
    """A page that computes for a second and then sends the same form by itself; without scripts it offers a turn."""
    machine_now = clock.machine_now()
    context = {
        "form": form,
        "refusal": refusal,
        "goal": goal_of(request),
        "registers": _registers(goal_of(request)),
        "challenge": json.dumps(crowds.puzzle(machine_now=machine_now)),
    }
    return come_back(render(request, "participants/door_crowd.html", context), at=refusal.retry_at, now=machine_now)


def _line_up(request: HttpRequest, form: AddressForm) -> HttpResponse:
    try:
        turn = crowds.take_turn(network=network_of(request), machine_now=clock.machine_now())
    except crowds.LineIsFull as refusal:
        return come_back(ask_for_address(request, form, refusal), at=refusal.retry_at, now=clock.machine_now())
    wait = crowds.NotYourTurn(turn.usable_from)
    return _wait_in_line(request, form, wait, tokens.ticket(turn.public_id), turn.usable_from)


def _wait_in_line(
    request: HttpRequest, form: AddressForm, refusal: Refused, ticket: str, usable_from: datetime
) -> HttpResponse:
    machine_now = clock.machine_now()
    context = {
        "form": form,
        "refusal": refusal,
        "goal": goal_of(request),
        "registers": _registers(goal_of(request)),
        "turn": ticket,
        "seconds": seconds_until(usable_from, now=machine_now),
    }
    return come_back(render(request, "participants/door_crowd.html", context), at=usable_from, now=machine_now)
