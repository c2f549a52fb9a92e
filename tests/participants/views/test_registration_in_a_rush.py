"""Many press at once, and a session that stays locked: one registration, and nothing typed is lost."""

import uuid
from functools import partial

import pytest
from django.db import connection
from django.test import Client

from participants.models import Notification, Registration
from participants.operations import row_locks
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


def test_nobody_waits_longer_than_three_seconds_for_a_lock(db):
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("3s",)


def impatiently(lock_session, session):
    """Wait a tenth of a second for the row instead of three."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '100ms'")
    return lock_session(session)
