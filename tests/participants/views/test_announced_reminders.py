"""Which reminders one's own page announces: when, of which day, and on what they depend."""

from datetime import time

import pytest

from participants.models import Notification
from participants.operations import (
    guardian_requests,
    notifications,
)
from programs.models import ReminderRule
from tests.factories import (
    as_reader,
    make_registration,
    make_rule,
)
from tests.participants.views.registered import NOW, register, session

__all__ = ["session"]

pytestmark = pytest.mark.django_db


def test_says_when_one_is_asked_whether_one_still_comes(session, page):
    make_rule(session.program)

    lines = page(as_reader(register(session)).get("/saya/")).select(".timeline p:has(> b):has(> br)")

    assert [list(line.stripped_strings) for line in lines] == [
        ["Pertanyaan: kamu tetap datang?", "Sabtu, 13 Desember 2025, 16.00 WIT"],
        ["Malam sebelum hari 1", "Senin, 15 Desember 2025, 18.00 WIT"],
    ]


def test_asks_nobody_whose_seat_is_certain_since_just_now(session, page, monkeypatch):
    registration = register(session)
    notifications.promise(Notification.Kind.PROMOTED, subject=registration, now=session.asks_who_comes)
    monkeypatch.setattr("portal.clock.now", lambda: session.asks_who_comes)

    assert "Kamu tetap datang?" not in page(as_reader(registration).get("/saya/")).main.text


def test_promises_no_reminder_that_is_past_or_too_soon_after_registering(session, page, monkeypatch):
    make_rule(session.program, offset_days=-14, at=time(12))
    registration = register(session)  # 2 December, 11:00 WIT

    assert "12.00 WIT" not in page(as_reader(registration).get("/saya/")).main.text


def test_names_the_reminders_by_their_moment(session, page):
    make_rule(session.program, slug="week", offset_days=-7, at=time(10))
    make_rule(session.program, slug="two", offset_days=-2, at=time(10))
    make_rule(session.program)
    make_rule(session.program, slug="morning", anchor="each_day", offset_days=0, at=time(6), is_urgent=True)
    make_rule(session.program, slug="after", anchor="last_day", offset_days=1, at=time(9), useful_offset_days=2)

    shown = page(as_reader(register(session)).get("/saya/"))

    assert [name.text for name in shown.select(".timeline li:not(.done) p > b:has(+ br)")] == [
        "Seminggu sebelum hari 1",
        "Pertanyaan: kamu tetap datang?",
        "2 hari sebelum hari 1",
        "Malam sebelum hari 1",
        "Pagi hari 1",
        "Pagi hari 2",
        "Pagi hari 3",
        "1 hari sesudah hari 3",
    ]
    assert shown.select_one(".timeline summary").text == "7 kabar lagi sesudah itu"
    assert len(shown.select(".timeline details p")) == 7


def test_folds_no_reminders_that_are_few(session, page):
    make_rule(session.program)

    shown = page(as_reader(register(session)).get("/saya/"))

    assert not shown.select(".timeline details")


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({}, ["", "kalau kamu belum menjawab", "kalau sehari sebelumnya", "kalau sehari sebelumnya"]),
        ({"coming_answered_at": NOW}, ["", "kalau sehari sebelumnya", "kalau sehari sebelumnya"]),
        ({"guardian": "asked"}, ["kalau orang tua atau walimu belum"]),
        ({"place": "queued", "queue_number": 1}, ["kalau kamu masih di daftar tunggu"]),
        ({"place": "released", "released_at": NOW, "release_reason": "cancelled_by_self"}, []),
    ],
)
def test_says_on_what_a_reminder_depends_that_some_may_not_get(session, page, fields, told):
    make_rule(session.program)
    own = {"subject_id": "Kabar", "body_id": "Kabar.", "subject_en": "News", "body_en": "News."}
    for audience in ReminderRule.Audience.values[1:]:
        rule = {"audience": audience, "before_consent": audience == "awaiting_guardian", "at": time(19), **own}
        anchor = {"anchor": "each_day"} if audience == "absent_yesterday" else {}
        make_rule(session.program, slug=audience, **rule | anchor)
    registration = make_registration(session, **fields)
    if registration.guardian == "asked":
        guardian_requests.ask(registration, email="ibu@example.com", session=session, now=NOW)

    shown = page(as_reader(registration).get("/saya/")).select(".timeline li p:has(> b):has(> .soft)")

    lines = [" ".join(line.text.split()) for line in shown if "Pertanyaan" not in line.text]
    assert len(lines) == len(told)
    for line, condition in zip(lines, told, strict=True):
        assert condition in line
        assert ("kalau" in line) is bool(condition)
