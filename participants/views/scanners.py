"""The scanner at the door: a page that can be installed, and what a paired device asks for.

The page itself is the same for everybody and holds nothing. A device shows its token in a header that no form and no
other site can send, so what it sends needs no form's token; no cookie is read or set.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Annotated, Any, TypeVar
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST, require_safe
from pydantic import AfterValidator, BaseModel, Field, StringConstraints, ValidationError

from participants.documents import door_lists, tickets
from participants.models import DoubtfulScan
from participants.operations import guesses, scanners, scans
from participants.operations.refusals import Refused
from portal import clock
from portal.accounts.networks import network_of
from portal.middleware import SCANNER_HEADERS

AT_ONCE = 200  # scans in one message: a day without a line is a few messages
_STATUS: dict[type[Refused], int] = {
    scanners.CodeIsUnknown: 404,
    scanners.ScannerIsDead: 401,
    scanners.AskedTooOften: 429,
    scanners.StillWrong: 429,
    guesses.TooManyCodes: 429,
}
LATEST = 4_102_444_800_000  # ms: the year 2100
Instant = Annotated[int, Field(ge=0, lt=LATEST)]  # ms: a clock that was never set says 1970


Sent = TypeVar("Sent", bound=BaseModel)


class Unreadable(ValueError):
    """Nothing that a device of ours sends."""


class Code(BaseModel):
    code: Annotated[str, StringConstraints(pattern=r"^[0-9]{12}$")]


def _beginning(ticket: str) -> str:
    """As much as no ticket is as long as: one long code that a camera read must not hold up all that came with it."""
    return ticket[:300]


def _in_range(at: int) -> int:
    """The nearest instant (ms) that can be: one scan made while the clock was broken must not hold up the others."""
    return min(max(at, 0), LATEST)


class Scan(BaseModel):
    id: UUID
    at: Annotated[int, AfterValidator(_in_range)]
    ticket: Annotated[str, AfterValidator(_beginning)] = ""
    ref: UUID | None = None
    leaving: bool = False


class Message(BaseModel):
    """What a device sends: scans, and how far it knows the list and the marks, if it wants to know more.

    `knows` names outcomes that its page has words for, of those that pages of earlier versions have none for.

    A page stays open for days, so what one of any version sends is taken: of `sent_at`, `scans` and what is in them,
    `look`, `version` and `since` no name and no meaning changes, nor of what is answered to them. What is new has a
    default here, and is passed over by a page that does not know it; so is what this does not know.
    """

    sent_at: Instant
    scans: Annotated[list[Scan], Field(max_length=AT_ONCE)] = []
    look: bool = False
    version: Annotated[str, StringConstraints(max_length=16)] = ""
    since: Annotated[int, Field(ge=0, lt=2**63)] = 0
    knows: Annotated[list[Annotated[str, StringConstraints(max_length=20)]], Field(max_length=20)] = []


@login_not_required
@require_safe
def scanner(request: HttpRequest) -> HttpResponse:
    """The page on the phone at the door."""
    context = {"letters": tickets.LETTERS, "at_once": AT_ONCE, "version": _version()}
    response = render(request, "participants/scanner.html", context)
    for name, value in SCANNER_HEADERS.items():
        response.headers[name] = value
    return response


@login_not_required
@require_safe
def manifest(request: HttpRequest) -> JsonResponse:
    """What a phone needs to install the page."""
    start = reverse("scanner")
    icon = {"src": static("img/mark.svg"), "sizes": "any", "type": "image/svg+xml", "purpose": "any"}
    about = {
        "name": _("Pemindai Pelatihan Gen Z"),
        "short_name": _("Pemindai"),
        "id": start,
        "start_url": start,
        "scope": start,
        "display": "standalone",
        "orientation": "portrait",
        "background_color": "#120e22",
        "theme_color": "#21165f",
        "icons": [icon],
    }
    return JsonResponse(about, content_type="application/manifest+json")


@login_not_required
@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker's script, from beside the page, with the store that it shares with the page."""
    return HttpResponse(_worker(), content_type="text/javascript; charset=utf-8")


@login_not_required
@csrf_exempt
@require_POST
@sensitive_variables("token", "code")
def pair(request: HttpRequest) -> JsonResponse:
    """Give the device that shows a coordinator's code its token, once."""
    try:
        code = _read(request, Code).code
        found, token = scanners.pair(
            code=code, network=network_of(request), now=clock.now(), machine_now=clock.machine_now()
        )
    except (Unreadable, Refused) as error:
        return _refused(error)
    session = found.session
    return JsonResponse(
        {
            "token": token,
            "gate": found.gate,
            "city": session.region.city,
            "zone": session.region.time_zone,
            "zone_name": session.region.zone_abbreviation,
            "until": door_lists.milliseconds(scanners.ends(session)),
        }
    )


@login_not_required
@csrf_exempt
@require_POST
@sensitive_variables("token")
def exchange(request: HttpRequest) -> JsonResponse:
    """Take what a device saw; tell it what each scan came to and, if it asks, what has changed since it last looked."""
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    now = clock.now()
    try:
        message = _read(request, Message)
        found, answers = scans.take(
            token=token,
            scans=[_seen(scan) for scan in message.scans],
            sent_at=_instant(message.sent_at),
            now=now,
            machine_now=clock.machine_now(),
        )
    except (Unreadable, Refused) as error:
        return _refused(error)
    told: dict[str, Any] = {
        "now": door_lists.milliseconds(now),
        "answers": [_told(answer, message.knows) for answer in answers],
        "page": _version(),
    }
    if message.look and now <= scanners.ends(found.session):
        newest, marks = door_lists.marks_since(found.session, message.since)
        told |= {"newest": newest, "marks": marks}
        door_list = door_lists.door_list(found.session, scanners.rule_of(found.session))
        if door_list["version"] != message.version:
            told["list"] = door_list
    return JsonResponse(told)


def _read(request: HttpRequest, kind: type[Sent]) -> Sent:
    """What a device sent, as `kind`. Raises Unreadable."""
    if request.content_type != "application/json":  # a form's body may have been read away already
        raise Unreadable
    try:
        return kind.model_validate_json(request.body)
    except ValidationError as error:
        raise Unreadable from error


def _seen(scan: Scan) -> scans.Seen:
    return scans.Seen(scan.id, _instant(scan.at), scan.ticket, scan.ref, scan.leaving)


def _instant(milliseconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)


def _told(answer: scans.Answer, knows: list[str]) -> dict[str, Any]:
    at = door_lists.milliseconds(answer.at) if answer.at else None
    told = {"id": str(answer.public_id), "outcome": str(answer.outcome), "at": at, "gate": answer.gate}
    if answer.outcome == DoubtfulScan.Reason.OVERRULED:
        told |= (
            {"mark": answer.mark} if answer.outcome in knows else {"outcome": "already"}
        )  # an older page: yellow, too
    return told


def _refused(error: Unreadable | Refused) -> JsonResponse:
    if isinstance(error, Unreadable):
        return JsonResponse({"code": "unreadable"}, status=400)
    return JsonResponse(
        {"code": error.code, "sentence": f"{error.sentence} {error.remedy}"}, status=_STATUS[type(error)]
    )


@cache
def _worker() -> bytes:
    scripts = settings.ROOT / "static" / "js"
    return b"\n".join((scripts / name).read_bytes() for name in ("scanner_store.js", "scanner_worker.js"))


@cache
def _version() -> str:
    """Which version of the page this is: of its words as they stand in the templates, and of every file that it names,
    since a phone forgets the files of other versions."""
    templates = settings.ROOT / "templates"
    files = [templates / "base.html", templates / "participants" / "scanner.html", *_files()]
    return hashlib.sha256(b"".join(hashlib.sha256(file.read_bytes()).digest() for file in files)).hexdigest()[:16]


def _files() -> list[Path]:
    patterns = ["css/portal.css", "css/scanner.css", "img/icons.svg", "img/mark.svg", "js/scanner*.js"]
    patterns += ["vendor/noble-ed25519/*.js", "vendor/zxing-wasm/*.*"]
    return [file for pattern in patterns for file in sorted((settings.ROOT / "static").glob(pattern))]
