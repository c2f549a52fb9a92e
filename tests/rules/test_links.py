"""Every page that participants may read is led to: a walk along links, from the home page, by people in every state."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urljoin

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.urls import resolve

from participants.models import Registration
from participants.operations import registrations
from portal import clock, routes
from portal.accounts.models import User
from programs.models import Program, TrainingSession
from tests import factories as make

# Led to by something else than a link on a page.
WITHOUT_LINK = {
    "livez": "machines ask it",
    "readyz": "machines ask it",
    "robots": "search engines ask it",
    "sitemap": "robots.txt names it",
    "ticket_worker": "a script registers it",
    "google_callback": "Google sends people back to it",
    "door_code": "sending the door's form leads to it",
    "door_help": "the page that asks for the code links to it",
    "guardian": "the guardian's letter links to it",
    "offer": "the mail that offers a seat links to it",
    "coming": "the mail that asks links to it",
    "opt_out": "the mail that may be turned off links to it",
    "staff_invitation": "the mail that invites links to it",
    "check_in": "the code on the wall leads to it",
    "scanner": "the page that pairs a phone shows it",
    "scanner_manifest": "the scanner names it",
    "scanner_worker": "a script registers it",
}
MANY = 150  # pages of one walk


@pytest.fixture
def edition(db: None) -> Program:
    """Registration is open in one region, and has closed, was cancelled or is yet to come in others."""
    now = clock.now()
    today = now.date()
    program = make.make_program(
        registration_opens=now - timedelta(days=20),
        starts_on=today + timedelta(days=3),
        ends_on=today + timedelta(days=40),
        closes_days_before=5,
    )
    for days, status in [(30, "published"), (34, "published"), (3, "published"), (30, "cancelled")]:
        make.make_session(program=program, first_day=today + timedelta(days=days), status=status)
    later = make.make_program(
        registration_opens=now + timedelta(days=20),
        starts_on=today + timedelta(days=60),
        ends_on=today + timedelta(days=70),
    )
    make.make_session(program=later, first_day=today + timedelta(days=60))
    return program


def readers(edition: Program) -> Iterator[User | None]:
    """Somebody unknown, somebody new, and people with a seat, a place in the queue, an offer, a guardian, nothing."""
    yield None
    yield make.make_user()
    session = TrainingSession.objects.filter(program=edition).order_by("pk").first()
    assert session is not None
    ends = clock.now() + timedelta(days=1)
    for place in (
        {"place": "seat"},
        {"place": "queued", "queue_number": 1},
        {"place": "offered", "offered_until": ends},
    ):
        yield make.make_registration(session, **place).participant.user
    minor = make.make_participant(birth_date=edition.born_until)
    yield make.register(session, minor, guardian_email="ibu@example.com", now=clock.now()).participant.user
    gone = make.register(session, form_key=uuid.uuid4(), now=clock.now())
    registrations.cancel(registration=gone, now=clock.now(), reason=Registration.Release.CANCELLED_BY_STAFF)
    yield gone.participant.user


def walk(reader: User | None) -> set[str]:
    """The names of the addresses that somebody reaches by following links alone."""
    client, reached = Client(), set()
    if reader:
        client.force_login(reader)
    ahead, seen = ["/"], {"/"}
    while ahead:
        path = ahead.pop(0)
        response = client.get(path)
        names = [path]
        if response.status_code == 302:
            names = [response.headers["Location"]]
        elif "html" in response.headers["Content-Type"]:
            names = [
                urljoin(path, str(link["href"]))
                for link in BeautifulSoup(response.content, "html.parser").select("a[href]")
            ]
        for target in (name.partition("#")[0] for name in names):
            if not target.startswith("/") or target.startswith(("/staf/", "/en/")):
                continue
            bare = target.partition("?")[0]
            if response.status_code != 302:
                reached.add(resolve(bare).url_name or "")
            if bare not in seen:
                seen.add(bare)
                ahead.append(target)
        assert len(seen) < MANY
    return reached


def test_every_page_for_participants_is_linked_from_some_page(edition: Program) -> None:
    reached = set().union(*(walk(reader) for reader in readers(edition)))

    table = routes.access()
    pages = {
        route.name
        for route in routes.routes()
        if not route.path.startswith("/staf/")
        and any(table[route.name].allows(role, "GET") for role in ("anonymous", "participant"))
    }
    assert pages - reached == set(WITHOUT_LINK)
