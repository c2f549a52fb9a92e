"""A reminder in the usual words says what is true where the session is, when it goes."""

from datetime import datetime, timedelta

import pytest

from participants.models import Notification
from programs.models import Venue
from tests.factories import WIB, make_rule
from tests.participants.messages.test_words import register, session, written

__all__ = ["session"]

Kind = Notification.Kind


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("now", "subject"),
    [
        (datetime(2025, 12, 9, 10, tzinfo=WIB), "Pelatihanmu: hari ke-1 pada Selasa, 16 Desember 2025 di Jayapura"),
        (datetime(2025, 12, 15, 16, tzinfo=WIB), "Besok mulai: 09.00–16.00 WIT di Jayapura"),
        # 22:30 in Jakarta is half past midnight in Jayapura: what is sent late says today.
        (datetime(2025, 12, 15, 22, 30, tzinfo=WIB), "Hari ini hari ke-1: 09.00–16.00 WIT di Jayapura"),
    ],
)
def test_a_reminder_counts_days_where_the_session_is(session, now, subject):
    message, text, _html = written(Kind.REMINDER, register(session, minor=False), now=now, occurrence="any-slug:1")

    assert message.subject == subject
    assert "Materi hari ke-1: Dasar digital." in text


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("now", "subject", "lead"),
    [
        (datetime(2025, 12, 16, 6, 59, tzinfo=WIB), "Hari ini hari ke-1: 09.00–16.00 WIT", "Sampai jumpa hari ini"),
        (datetime(2025, 12, 16, 7, 0, tzinfo=WIB), "Hari ini hari ke-1: 09.00–16.00 WIT", "Hari ke-1 sudah mulai: "),
        (datetime(2025, 12, 16, 13, 59, tzinfo=WIB), "Hari ini hari ke-1: 09.00–16.00 WIT", "Hari ke-1 sudah mulai: "),
        (datetime(2025, 12, 16, 14, 0, tzinfo=WIB), "Hari ke-1 sudah selesai di Jayapura", "Hari ke-1 sudah selesai: "),
        (datetime(2025, 12, 17, 10, 0, tzinfo=WIB), "Hari ke-1 sudah selesai di Jayapura", "Hari ke-1 sudah selesai: "),
        (datetime(2025, 12, 19, 10, 0, tzinfo=WIB), "Hari ke-1 sudah selesai di Jayapura", "Hari ke-1 sudah selesai: "),
    ],
)
def test_a_reminder_promises_nothing_that_is_past_where_the_session_is(session, now, subject, lead):
    registration = register(session, minor=False)

    message, text, _html = written(Kind.REMINDER, registration, now=now, occurrence="any-slug:1")

    assert message.subject.startswith(subject)
    assert lead in text
    assert ("Sampai jumpa" in text) is (now < session.starts)
    assert "sudah dekat" not in text
    assert ("Tidak bisa datang?" in text) is (now < session.ends)


@pytest.mark.django_db
def test_a_reminder_says_in_english_that_its_day_is_over(session):
    registration = register(session, "en", minor=False)

    message, text, _html = written(
        Kind.REMINDER, registration, now=session.starts + timedelta(days=4), occurrence="any-slug:3"
    )

    assert message.subject == "Day 3 in Jayapura is over"
    assert "Day 3 is over: Thursday, 18 December 2025, 09:00–16:00 WIT." in text


@pytest.mark.django_db
def test_a_reminder_of_the_last_day_is_about_that_day(session):
    now = datetime(2025, 12, 18, 4, tzinfo=WIB)

    message, text, _html = written(Kind.REMINDER, register(session, minor=False), now=now, occurrence="morning:3")

    assert message.subject.startswith("Hari ini hari ke-3")
    assert "Dasar digital" not in text


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("days", "hours", "said"),
    [
        (-1, 9, "Batalkan dari halamanmu"),
        (1, -3, "Beri tahu koordinator dari halamanmu"),  # the absence that one's own page takes until a day begins
        (2, -1, "Beri tahu koordinator dari halamanmu"),
        (2, 0, "Beri tahu koordinator di tempat pelatihanmu"),
    ],
)
def test_a_reminder_says_where_a_day_can_be_called_off(session, days, hours, said):
    now = session.starts + timedelta(days=days, hours=hours)

    _message, text, _html = written(Kind.REMINDER, register(session, minor=False), now=now, occurrence="morning:3")

    assert said in text


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("is_confirmed", "hours", "asks_first"),
    [(False, -3, True), (False, 6, True), (True, -3, False), (False, 7, False), (False, -15, False)],
)
@pytest.mark.parametrize("own", ["", "Sampai nanti"])
def test_a_reminder_of_the_day_itself_says_what_to_do_while_the_place_is_unsure(
    session, is_confirmed, hours, asks_first, own
):
    Venue.objects.filter(pk=session.venue_id).update(is_confirmed=is_confirmed)
    registration, now = register(session, minor=False), session.starts + timedelta(hours=hours)
    make_rule(session.program, subject_id=own, body_id=own and "Bawa payung.")

    _message, text, _html = written(Kind.REMINDER, registration, now=now, occurrence="eve:1")

    assert ("Bawa payung." in text) is bool(own)
    assert ("Tanyakan dulu sebelum berangkat" in text) is asks_first


@pytest.mark.django_db
@pytest.mark.parametrize(("now", "promised"), [(-1, True), (0, False)])
def test_a_reminder_promises_the_seat_to_others_only_while_there_is_a_queue(session, now, promised):
    registration = register(session, minor=False)
    instant = session.closes + timedelta(minutes=now)

    _message, text, _html = written(Kind.REMINDER, registration, now=instant, occurrence="eve:1")

    assert ("supaya kursinya dipakai orang lain" in text, "supaya panitia tahu" in text) == (promised, not promised)
