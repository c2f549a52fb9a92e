"""Many press at once, and a session that stays locked: one registration, and nothing typed is lost."""

import uuid
from functools import partial
from itertools import count
from threading import BoundedSemaphore

import pytest
from django.db import connection, transaction
from django.test import Client

from participants.models import Notification, Registration
from participants.operations import attendance, row_locks
from programs.models import TrainingSession
from tests.factories import DURING_REGISTRATION, make_coordinator, make_user
from tests.faults.fleet import wait_for
from tests.participants.views.registering import ADULT, send
from tests.races import at_once


@pytest.mark.django_db(transaction=True)
def test_five_presses_at_once_register_once(user, session):
    browsers = [Client() for _ in range(5)]
    for browser in browsers:
        browser.force_login(user)
    key = str(uuid.uuid4())

    answers = at_once([lambda browser=browser: send(browser, session, ADULT, form_key=key) for browser in browsers])

    assert [answer["Location"] for answer in answers] == ["/saya/"] * 5
    assert Registration.objects.count() == 1
    assert Notification.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_session_that_stays_locked_says_try_again_and_keeps_what_was_typed(reader, session, page, monkeypatch):
    holder = connection.copy()
    monkeypatch.setattr(row_locks, "lock_session", partial(impatiently, row_locks.lock_session))
    try:
        with holder.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT 1 FROM programs_trainingsession WHERE id = %s FOR UPDATE", [session.pk])

            answer = send(reader, session, ADULT)
    finally:
        holder.close()

    form = page(answer)
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert form.select_one("#id_phone")["value"] == ADULT["phone"]
    key = form.select_one("[name=form_key]")["value"]
    assert send(reader, session, ADULT, form_key=key)["Location"] == "/saya/"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("address", "fields"), [("/saya/batal/", {}), ("/saya/persetujuan/", {"withdraw": "training"})]
)
def test_a_session_that_stays_locked_is_no_failure_of_ours(user, session, page, monkeypatch, address, fields):
    browser = Client(raise_request_exception=False)
    browser.force_login(user)
    send(browser, session, ADULT)
    holder = connection.copy()
    monkeypatch.setattr(row_locks, "lock_session", partial(impatiently, row_locks.lock_session))
    try:
        with holder.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT 1 FROM programs_trainingsession WHERE id = %s FOR UPDATE", [session.pk])

            answer = browser.post(address, fields)
    finally:
        holder.close()

    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert page(answer).h1
    assert Registration.objects.get().place == "seat"
    assert browser.post(address, fields).status_code == 302
    assert Registration.objects.get().place == "released"


@pytest.fixture
def held(session, monkeypatch):
    """Somebody holds the session's row until the test lets go, and whoever waits for it has all the time they need."""
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "options", "-c lock_timeout=60s")
    holder = connection.copy()
    with holder.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SELECT 1 FROM programs_trainingsession WHERE id = %s FOR NO KEY UPDATE", [session.pk])
    holder.inc_thread_sharing()
    yield holder
    holder.dec_thread_sharing()
    holder.close()


def twenty_people(session):
    """Each in a browser of their own, with the form that they send."""
    people = []
    for number in range(20):
        browser = Client()
        browser.force_login(make_user(email=f"p{number}@example.com"))
        people.append(partial(send, browser, session, ADULT, form_key=str(uuid.uuid4())))
    return people


WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


def wait_in_the_database():
    with connection.cursor() as cursor:
        cursor.execute(WAITING)
        return cursor.fetchone()[0]


def let_go(held):
    with held.cursor() as cursor:
        cursor.execute("ROLLBACK")


@pytest.mark.django_db(transaction=True)
def test_while_a_session_stays_locked_few_wait_for_it_and_the_others_are_told_at_once(session, held, monkeypatch):
    monkeypatch.setattr(row_locks, "_waiters", BoundedSemaphore(2))
    people, told, one_more = twenty_people(session), [], count(1)

    def press(person):
        told.append(person())
        if next(one_more) == 18:  # all but those who wait
            wait_for(lambda: wait_in_the_database() == 2)
            let_go(held)

    at_once([partial(press, person) for person in people])

    assert {(answer.status_code, answer.get("Retry-After")) for answer in told[:18]} == {(503, "5")}
    assert [answer.get("Location") for answer in told[18:]] == ["/saya/"] * 2
    assert {person().get("Location") for person in people} == {"/saya/"}
    assert Registration.objects.count() == 20


@pytest.mark.django_db(transaction=True)
def test_control_where_any_number_may_wait_all_twenty_threads_do(session, held):
    def let_go_when_all_wait():
        wait_for(lambda: wait_in_the_database() == 20, seconds=50)
        let_go(held)

    *_answers, failure = at_once([*twenty_people(session), let_go_when_all_wait])

    assert failure is None


@pytest.fixture
def no_slot_left(monkeypatch):
    """As many threads of this process wait for sessions as may."""
    monkeypatch.setattr(row_locks, "_waiters", BoundedSemaphore(1))
    assert row_locks._waiters.acquire(blocking=False)


@pytest.mark.django_db
def test_a_free_session_is_had_however_many_wait_for_others_and_so_is_one_that_one_holds(session, no_slot_left):
    assert row_locks.lock_session(session) == session
    assert row_locks.lock_session(session) == session
    assert row_locks.lock_each(TrainingSession.objects.all()) == [session]


def record_attendance(session):
    attendance.record(session=session, marks=[], by=make_coordinator(session.region), now=DURING_REGISTRATION)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("takes", [row_locks.lock_session, row_locks.hold_session, record_attendance])
def test_control_one_that_somebody_holds_is_not_waited_for_then(session, held, no_slot_left, takes):
    with pytest.raises(row_locks.TooManyWait), transaction.atomic():
        takes(session)


def test_nobody_waits_for_a_lock_longer_than_a_phone_does(db):
    """Once for one's turn among few, and in the database twice at most: for one's turn there, and for who holds it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM current_setting('lock_timeout')::interval)::float")
        (seconds,) = cursor.fetchone()
    assert row_locks.PATIENCE + 2 * seconds < 4


def impatiently(lock_session, session):
    """Wait a tenth of a second for the row instead of almost two seconds."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '100ms'")
    return lock_session(session)
