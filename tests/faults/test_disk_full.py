"""The database's disk fills up while people register: each is in with a message, or told to come back, and none half.

PostgreSQL does the same where a limit of its files' size is reached, which needs no disk of the test's own. It only
calls that another error, for which a page says 500 and not 503.
"""

import itertools

import pytest
from django.db import DatabaseError, connection, transaction

from participants.models import Notification, Registration
from participants.operations import registrations
from tests.factories import make_session, make_user
from tests.participants.operations.sending import deliver, register

FULL = 16 * 2**20  # bytes of one file: what a segment of the log takes
FILL = """
    INSERT INTO participants_notification
        (public_id, kind, account_id, occurrence, version, queue, due_at, state, reason, settled_at, attempts,
         created_at)
    SELECT gen_random_uuid(), 'sample', %s, number::text, 0, 'bulk', now(), 'sent', repeat('x', %s), now(), 0, now()
    FROM generate_series(%s::int, %s::int) AS number
"""


def ask(sql, *values):
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchone()[0] if cursor.description else None


def fill(account, step, letters):
    """Write rows that nobody waits for, `step` at a time, until there is no room for as many."""
    for first in itertools.count(ask("SELECT count(*) FROM participants_notification"), step):
        ask(FILL, account.pk, letters, first, first + step - 1)


@pytest.fixture
def full(server):
    """That server where no file grows any more; it has room again once `make_room` is called."""
    with server.away(largest_file=FULL):
        pass
    account = make_user()
    for step, letters in ((5000, 100), (100, 100), (1, 0)):  # at last such as are no longer than any that is to come
        with pytest.raises(DatabaseError, match="could not extend file"):
            fill(account, step, letters)
    yield account
    with server.away():
        pass


def make_room(account):
    """As whoever looks after the machine does, in the midst of all."""
    Notification.objects.filter(account=account).delete()
    ask("VACUUM participants_notification")


def come(session, number):
    """Whether one more person could register."""
    try:
        register(session, email=f"p{number}@example.com")
    except DatabaseError:
        return False
    return True


def without_message():
    """Who is registered, and not a row says so."""
    return Registration.objects.exclude(pk__in=Notification.objects.filter(kind="registered").values("registration"))


def test_nobody_is_registered_without_a_message_and_all_goes_on_by_itself(full, mails):
    session = make_session()
    came = [come(session, number) for number in range(20)]

    assert False in came
    assert Registration.objects.count() == sum(came)
    assert not without_message().exists()
    session.refresh_from_db()
    assert session.seats_taken == sum(came)

    make_room(full)
    assert all(come(session, number) for number in range(20, 23))
    assert deliver() == sum(came) + 3
    assert mails.counts().total() == len(mails.counts()) == sum(came) + 3


def test_control_where_messages_are_promised_afterwards_somebody_gets_none(full, monkeypatch):
    promise = registrations.notifications.promise

    def promise_afterwards(*about, **told):
        transaction.on_commit(lambda: promise(*about, **told))

    monkeypatch.setattr(registrations.notifications, "promise", promise_afterwards)
    session = make_session()
    assert False in [come(session, number) for number in range(20)]

    assert without_message().exists()
