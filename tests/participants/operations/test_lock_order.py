"""Whoever takes several rows takes them in one order: sessions, account, person, registration, message."""

import threading
from contextlib import suppress
from functools import partial
from types import SimpleNamespace

import pytest
from django.db import OperationalError, connection, transaction
from django.db.models import Q

from participants.messages.channels.base import Way
from participants.models import Consent, Notification, Participant
from participants.operations import (
    approvals,
    bounces,
    claims,
    imports,
    merged_consents,
    notifications,
    participants,
    profiles,
    receipts,
    reminders,
    retention,
    retention_rules,
    row_locks,
)
from participants.operations.receipts import Receipt
from portal.accounts.models import User
from tests.factories import DURING_REGISTRATION, make_participant, make_registration, make_session
from tests.faults.people import EVE, confirm_many
from tests.participants.operations.sending import deliver, register
from tests.people_lists import checked, row, written
from tests.races import at_once, wait_for_somebody_who_waits
from tests.staff import make_staff

NIGHT = EVE.replace(hour=22)
NUMBER = "+6281200000001"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def both_halfway(monkeypatch):
    """Let a change of a profile and a login in another language wait for each other between their two rows."""
    halfway, write_in = threading.Barrier(2), participants.write_in

    def meet():
        with suppress(threading.BrokenBarrierError):  # the other one waits for a row, as it should
            halfway.wait(timeout=1)

    def meet_and_write(user, language):
        meet()
        write_in(user, language)

    monkeypatch.setattr(profiles.participants, "write_in", meet_and_write)

    @transaction.atomic
    def log_in(person):
        User.objects.filter(pk=person.user_id).update(language="en")
        meet()
        Participant.objects.filter(pk=person.pk).update(language="en")

    return log_in


def change(person):
    profiles.change(participant=person, now=DURING_REGISTRATION, language="en")


def test_a_profile_and_a_login_at_once_are_both_written(both_halfway):
    person = make_participant()

    assert at_once([partial(change, person), partial(both_halfway, person)]) == [None, None]

    person.refresh_from_db()
    assert (person.language, person.user.language) == ("en", "en")


def test_control_without_taking_the_account_first_one_of_them_fails(both_halfway, monkeypatch):
    person = make_participant()
    monkeypatch.setattr(row_locks, "lock_account_of", lambda participant: None)

    results = at_once([partial(change, person), partial(both_halfway, person)])

    assert [type(result) for result in results if isinstance(result, Exception)] == [OperationalError]


@pytest.fixture
def sent_and_dead(mails):
    """A mail that was sent, and what its provider says of it; and somebody who erases its reader meanwhile."""
    register(make_session())
    deliver()
    row = Notification.objects.select_related("registration__participant").get()
    return row, Receipt(Way.MAIL, row.public_id, "", "", is_dead=True)


def at_once_and_halfway(row, receipt, monkeypatch):
    halfway, stop = threading.Barrier(2), bounces.stop

    def meet():
        with suppress(threading.BrokenBarrierError):  # the other one waits for a row, as it should
            halfway.wait(timeout=1)

    @transaction.atomic
    def erase():
        User.objects.select_for_update(no_key=True).get(pk=row.registration.participant.user_id)
        meet()
        Notification.objects.filter(pk=row.pk).update(sent_as="")

    monkeypatch.setattr(bounces, "stop", lambda *row, **when: (meet(), stop(*row, **when)))
    return at_once([partial(receipts.failed, receipt, "550 5.1.1 gone", now=EVE, bounced=True), erase])


def test_a_mail_comes_back_while_its_reader_is_written_to(sent_and_dead, monkeypatch):
    assert at_once_and_halfway(*sent_and_dead, monkeypatch) == [True, None]

    assert Notification.objects.get().state == "bounced"
    assert User.objects.get(participant__isnull=False).bounced_at == EVE


def test_control_without_taking_the_reader_first_one_of_both_fails(sent_and_dead, monkeypatch):
    monkeypatch.setattr(bounces, "hold", lambda notification: None)

    results = at_once_and_halfway(*sent_and_dead, monkeypatch)

    assert [type(result) for result in results if isinstance(result, Exception)] == [OperationalError]


def test_who_is_at_work_on_an_account_is_not_erased_meanwhile():
    person = make_participant()
    rule = retention_rules.Rule(
        "people", "", "", "", lambda _moment: Participant.objects.all(), lambda rows, _moment: rows, ("user",)
    )
    ended = []

    def erase():
        ended.append(retention._end_some(rule, None))

    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=person.user_id)
        at_once([erase])
    at_once([erase])

    assert ended == [0, 1]


def three_wait_for_the_morning():
    confirm_many(3)
    reminders.plan(now=EVE)
    Notification.objects.update(useful_until=None)


def test_what_somebody_holds_at_night_is_not_waited_for():
    three_wait_for_the_morning()
    held = Notification.objects.order_by("pk")[1]

    with transaction.atomic():
        Notification.objects.select_for_update(no_key=True).get(pk=held.pk)
        (claimed,) = at_once([partial(claims.claim, "bulk", NIGHT)])

    assert claimed == {}
    assert Notification.objects.filter(due_at__gt=NIGHT).count() == 2
    held.refresh_from_db()
    assert held.due_at == EVE


def test_control_where_it_is_waited_for_the_claim_fails(monkeypatch):
    three_wait_for_the_morning()
    monkeypatch.setattr(claims, "POSTPONE", claims.POSTPONE.replace("SKIP LOCKED", ""))

    def claim():
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '100ms'")
        return claims.claim("bulk", NIGHT)

    with transaction.atomic():
        Notification.objects.select_for_update(no_key=True).get(pk=Notification.objects.latest("pk").pk)
        (result,) = at_once([claim])

    assert isinstance(result, OperationalError)


@pytest.fixture
def first_read_last():
    """Two messages, of which the one with the lower key is read last, as it was written again."""
    confirm_many(2)
    reminders.plan(now=EVE)
    first, last = Notification.objects.order_by("pk")
    Notification.objects.filter(pk=first.pk).update(attempts=0)
    return first, last


def called_off_by_two(first, last):
    """One calls off both messages, while another has called off the first and goes on with the last."""
    halfway = threading.Event()

    @transaction.atomic
    def one_by_one():
        notifications.call_off(Q(pk=first.pk), reason="one by one", now=EVE)
        halfway.set()
        assert wait_for_somebody_who_waits()
        notifications.call_off(Q(pk=last.pk), reason="one by one", now=EVE)

    @transaction.atomic
    def together():
        halfway.wait(timeout=20)
        notifications.call_off(Q(kind="reminder"), reason="together", now=EVE)

    return at_once([one_by_one, together])


def test_two_who_call_off_the_same_messages_do_not_wait_for_each_other(first_read_last):
    assert called_off_by_two(*first_read_last) == [None, None]

    assert {*Notification.objects.values_list("state", "reason")} == {("cancelled", "one by one")}


def test_control_where_rows_are_called_off_in_another_order_one_of_them_fails(first_read_last, monkeypatch):
    def by_key_backwards(rows):  # as read, rows come in whatever order PostgreSQL finds cheapest today
        return rows.order_by("-pk").select_for_update(no_key=True, of=("self",)).values_list("pk", flat=True)

    monkeypatch.setattr(notifications, "_by_key", by_key_backwards)

    results = called_off_by_two(*first_read_last)

    assert [type(result) for result in results if isinstance(result, Exception)] == [OperationalError]


@pytest.fixture
def agreed_and_gone():
    """The yeses for one number that twenty records hold which went into another."""
    kept = make_participant()
    given = {"purpose": "whatsapp", "number": NUMBER, "text_version": "1", "text_hash": "0" * 64, "language": "id"}
    gone = [make_participant(region=kept.region, phone=NUMBER, merged_into=kept) for _one in range(20)]
    return [person.consents.create(given_at=DURING_REGISTRATION, **given) for person in gone]


def stopped_while_they_are_taken(first, *others):
    """The number answers STOP, while another has taken the first yes and goes on with the others."""
    halfway = threading.Event()

    def take(consent):
        Consent.objects.select_for_update(no_key=True).get(pk=consent.pk)

    @transaction.atomic
    def one_by_one():
        take(first)
        halfway.set()
        assert wait_for_somebody_who_waits()
        for consent in others:
            take(consent)

    def stop():
        halfway.wait(timeout=20)
        merged_consents.stop(number=NUMBER, said_at=None, now=DURING_REGISTRATION)

    return at_once([one_by_one, stop])


def test_a_stop_takes_what_records_that_are_gone_hold_in_the_order_of_others(agreed_and_gone):
    assert stopped_while_they_are_taken(*agreed_and_gone) == [None, None]

    assert not Consent.objects.standing().exists()


def test_control_where_it_takes_them_in_another_order_one_of_both_fails(agreed_and_gone, monkeypatch):
    def by_key_backwards(rows):
        return rows.order_by("-pk").select_for_update(no_key=True, of=("self",)).values_list("pk", flat=True)

    monkeypatch.setattr(merged_consents, "_by_key", by_key_backwards)

    results = stopped_while_they_are_taken(*agreed_and_gone)

    assert [type(result) for result in results if isinstance(result, Exception)] == [OperationalError]


@pytest.fixture
def undo_and_cancel():
    """One person takes an import back, and cancels somebody else of that session in another tab."""
    session = make_session()
    by = make_staff("coordinator", session.region)
    batch = written(checked(session, by, row("Ani"), row("Budi")))
    other = make_registration(session)
    undo = partial(imports.undo, batch=batch, by=by, now=EVE)
    return [undo, partial(approvals.cancel_one, registration=other, reason="x", by=by, now=EVE)]


def both_in_the_middle(calls, monkeypatch):
    """What each of two `calls` gets when both have taken their first lock before either takes its second."""
    barrier, seen = threading.Barrier(2), threading.local()
    take_turns, lock_session = approvals.take_turns, row_locks.lock_session

    def after_the_first(lock):
        def locking(*args):
            held = lock(*args)
            if not getattr(seen, "met", False):
                seen.met = True
                with suppress(threading.BrokenBarrierError):
                    barrier.wait(1)
            return held

        return locking

    monkeypatch.setattr(approvals, "take_turns", after_the_first(take_turns))
    monkeypatch.setattr(row_locks, "lock_session", after_the_first(lock_session))
    return at_once(calls)


def test_an_import_is_taken_back_while_the_same_person_cancels_somebody(undo_and_cancel, monkeypatch):
    taken_back, cancelled = both_in_the_middle(undo_and_cancel, monkeypatch)

    assert (taken_back, cancelled.place) == (2, "released")


def test_control_where_the_session_is_taken_first_one_of_both_fails(undo_and_cancel, monkeypatch):
    without = SimpleNamespace(take_turns=lambda actor: None, ask_of_many=approvals.ask_of_many)
    monkeypatch.setattr(imports, "approvals", without)

    results = both_in_the_middle(undo_and_cancel, monkeypatch)

    assert [type(result) for result in results if isinstance(result, Exception)] == [OperationalError]
