"""Nothing that is written for somebody is fetched from anywhere: mails, papers, tickets and pages are made alone."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from django.core.mail import EmailMessage
from django.test import Client

from participants.documents import rosters
from participants.documents.calendars import calendar_of
from participants.models import Notification, Registration
from programs.models import TrainingSession, Venue
from tests.factories import DURING_REGISTRATION, as_reader, make_participant, make_rule, make_session, register
from tests.participants.messages import test_words
from tests.staff import make_staff, sign_in

pytestmark = pytest.mark.django_db
PLANTED = '<img src="http://169.254.169.254/latest/">'
ASKED = ["getaddrinfo", "gethostbyname", "gethostbyname_ex", "gethostbyaddr", "create_connection"]
SENT = ["connect", "connect_ex", "sendto", "sendmsg"]


@pytest.fixture
def reached(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Where anything here wanted to go, and was refused. The database has a library of its own, and what stands on this
    machine's disk is no network."""
    wanted: list[str] = []

    def refuse(name: str, *where: Any) -> None:
        wanted.append(f"{name} {where}")
        raise OSError("there is no network")

    def unless_on_disk(name: str, send: Callable[..., Any]) -> Callable[..., Any]:
        def sent(self: socket.socket, *where: Any) -> Any:
            return send(self, *where) if self.family == socket.AF_UNIX else refuse(name, *where)

        return sent

    for name in ASKED:
        monkeypatch.setattr(socket, name, lambda *where, name=name, **_more: refuse(name, *where))
    for name in SENT:
        monkeypatch.setattr(socket.socket, name, unless_on_disk(name, getattr(socket.socket, name)))
    return wanted


@pytest.fixture
def session() -> TrainingSession:
    session = make_session()
    make_rule(session.program)
    Venue.objects.filter(pk=session.venue_id).update(name=PLANTED, address="http://169.254.169.254/")
    return TrainingSession.objects.with_places().get(pk=session.pk)


@pytest.fixture
def registration(session: TrainingSession) -> Registration:
    return register(session, make_participant(region=session.region, full_name=PLANTED))


@pytest.mark.parametrize("language", ["id", "en"])
def test_every_kind_of_mail(reached: list[str], session: TrainingSession, language: str) -> None:
    child = test_words.register(session, language, name=PLANTED)
    kinds = set()
    for (kind, _subject), (message, _text, html) in test_words.every_mail(session, language, child):
        kinds.add(kind)
        assert message.as_bytes()
        assert EmailMessage.message(message).as_bytes()  # as a provider's library gets it
        assert "<img" not in html
    assert kinds == set(Notification.Kind)
    assert reached == []


def test_rosters_and_calendars(reached: list[str], session: TrainingSession, registration: Registration) -> None:
    assert rosters.roster(session, session.days.get(number=1), [registration]).startswith(b"%PDF")
    assert b"BEGIN:VEVENT" in calendar_of(registration, now=DURING_REGISTRATION)
    assert reached == []
    assert '"@' not in Path(rosters.__file__).with_name("roster.typ").read_text()  # which the typesetter would fetch


@pytest.mark.parametrize("page", ["/", "/en/sesi/", "{session}", "/saya/", "/saya/tiket/"])
def test_pages(reached: list[str], session: TrainingSession, registration: Registration, page: str) -> None:
    answer = as_reader(registration).get(page.format(session=session.get_absolute_url()))

    assert answer.status_code == 200
    assert answer.content
    assert reached == []


@pytest.mark.parametrize("page", ["/staf/", "/staf/programs/trainingsession/{session}/change/"])
def test_staffs_pages(reached: list[str], session: TrainingSession, registration: Registration, page: str) -> None:
    client = sign_in(Client(), make_staff("ministry"))

    assert client.get(page.format(session=session.pk)).status_code == 200
    assert reached == []


@pytest.mark.parametrize("address", ["http://169.254.169.254/", "http://example.com/a.png"])
def test_control_whoever_fetches_is_found(reached: list[str], address: str) -> None:
    with pytest.raises(OSError, match="no network"):
        urlopen(address)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as telling, pytest.raises(OSError, match="no network"):
        telling.sendto(b"", ("127.0.0.1", 9))

    assert [what.split()[0] for what in reached] == ["create_connection", "sendto"]
