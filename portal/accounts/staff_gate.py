"""Who may enter the workplace: active staff who gave a password and a second factor in this very session."""

from __future__ import annotations

from datetime import datetime, timedelta

from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY, get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from django.conf import settings
from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import redirect, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme, urlencode

from portal import clock
from portal.accounts import networks
from portal.accounts.models import User

LONGEST = timedelta(hours=12)
LONGEST_IDLE = timedelta(minutes=30)
RECENT = timedelta(minutes=5)
PASSWORD, SECOND_FACTOR = "password", "mfa"
_SINCE, _SEEN = "staff_since", "staff_seen"


def may_enter(request: HttpRequest) -> bool:
    """Whether this request may see staff pages. A session that is too old or was idle too long ends here.

    Whoever enters has their network put beside them, for the history of what they do.
    """
    enters = {PASSWORD, SECOND_FACTOR} <= _proofs(request) and _stays(request)
    if enters and isinstance(request.user, User):
        request.user.network = networks.neighbourhood_of(request)
    return enters


def may_enrol(request: HttpRequest) -> bool:
    """Whether a second factor may be set up: all proofs that can be given were given, so none can be stepped past."""
    if PASSWORD not in _proofs(request):
        return False
    return (SECOND_FACTOR in _proofs(request) or not _has_second_factor(request)) and _stays(request)


def may_prove(request: HttpRequest) -> bool:
    """Whether a second factor may be given now, after the password."""
    return PASSWORD in _proofs(request) and _has_second_factor(request) and _stays(request)


def proved_recently(request: HttpRequest) -> bool:
    """Whether a proof was given in the last minutes, so that changing the second factor asks for none again."""
    records = get_authentication_records(request, _user(request))
    return bool(records) and clock.machine_now().timestamp() - records[-1]["at"] < RECENT.total_seconds()


def forget_second_factor(request: HttpRequest) -> None:
    """The second factor is gone: what was proved with it counts no more."""
    records = get_authentication_records(request, _user(request))
    request.session[AUTHENTICATION_METHODS_SESSION_KEY] = [row for row in records if row["method"] != SECOND_FACTOR]


def begin(request: HttpRequest, user: User) -> None:
    """Log in whoever has just set their password by a link of their own: the password is proved, nothing else."""
    login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
    record_authentication(request, user, PASSWORD, email=user.email)


def lead_in(request: HttpRequest) -> HttpResponseRedirect:
    """Send somebody who may not enter to what is still missing: the password, a second factor, or its proof."""
    wanted = _wanted(request)
    if PASSWORD not in _proofs(request):
        # A code from the participants' door proves an address and gives no right of staff.
        logout(request)
        return _go("account_login", wanted)
    return _go("mfa_reauthenticate" if _has_second_factor(request) else "mfa_activate_totp", wanted)


def _proofs(request: HttpRequest) -> set[str]:
    """What a member of staff has proved in this session; nothing for anybody else, whatever their session says."""
    user = request.user
    if not (user.is_authenticated and user.is_active and user.is_staff):
        return set()
    return {record["method"] for record in get_authentication_records(request, user)}


def _has_second_factor(request: HttpRequest) -> bool:
    return User.objects.with_second_factor().filter(pk=request.user.pk).exists()


def _stays(request: HttpRequest) -> bool:
    """Whether the session is neither too old nor idle for too long, by machine time; else it ends here."""
    now = clock.machine_now()
    since, seen = (_read(request, key, now) for key in (_SINCE, _SEEN))
    if now - since > LONGEST or now - seen > LONGEST_IDLE:
        logout(request)
        return False
    if _SINCE not in request.session or now - seen > timedelta(minutes=1):
        request.session[_SINCE], request.session[_SEEN] = since.timestamp(), now.timestamp()
    return True


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


def _user(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None
