"""Who may enter the workplace: active staff who gave a password and a second factor in this very session."""

from __future__ import annotations

from datetime import datetime, timedelta

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import redirect, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme, urlencode

from portal import clock

LONGEST = timedelta(hours=12)
LONGEST_IDLE = timedelta(minutes=30)
_SINCE, _SEEN = "staff_since", "staff_seen"


def may_enter(request: HttpRequest) -> bool:
    """Whether this request may see staff pages. A session that is too old or was idle too long ends here."""
    user = request.user
    if not (user.is_authenticated and user.is_active and user.is_staff) or not {"password", "mfa"} <= _methods(request):
        return False
    now = clock.machine_now()
    since, seen = (_read(request, key, now) for key in (_SINCE, _SEEN))
    if now - since > LONGEST or now - seen > LONGEST_IDLE:
        logout(request)
        return False
    if _SINCE not in request.session or now - seen > timedelta(minutes=1):
        request.session[_SINCE], request.session[_SEEN] = since.timestamp(), now.timestamp()
    return True


def lead_in(request: HttpRequest) -> HttpResponseRedirect:
    """Send somebody who may not enter to what is still missing: the password, a second factor, or its proof."""
    user, wanted = request.user, _wanted(request)
    if not user.is_authenticated or "password" not in _methods(request):
        # A code from the participants' door proves an address and gives no right of staff.
        logout(request)
        return _go("account_login", wanted)
    if not Authenticator.objects.filter(user=user).exists():
        return _go("mfa_activate_totp", wanted)
    return _go("mfa_reauthenticate", wanted)


def _methods(request: HttpRequest) -> set[str]:
    return {record["method"] for record in get_authentication_records(request, request.user)}


def _read(request: HttpRequest, key: str, default: datetime) -> datetime:
    stamp = request.session.get(key)
    return datetime.fromtimestamp(stamp, tz=default.tzinfo) if stamp else default


def _wanted(request: HttpRequest) -> str:
    """The staff page that was asked for; never an address elsewhere."""
    wanted = request.GET.get("next", "")
    index = resolve_url("admin:index")
    return wanted if url_has_allowed_host_and_scheme(wanted, None) and wanted.startswith(index) else index


def _go(name: str, wanted: str) -> HttpResponseRedirect:
    return redirect(f"{resolve_url(name)}?{urlencode({'next': wanted})}")
