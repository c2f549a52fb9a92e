"""Forms that are finished later: how long they are kept, and that each account has one of a session."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from participants.models import Draft
from participants.operations import drafts, ticks
from tests.factories import ADULT_BORN, DURING_REGISTRATION, make_session, make_user

pytestmark = pytest.mark.django_db


def make_draft(**changed):
    given = {"user": make_user(), "session": make_session(), "typed": {"full_name": "Siti"}, "birth_date": ADULT_BORN}
    return drafts.save(**{**given, "now": DURING_REGISTRATION, **changed})


@pytest.mark.parametrize(("age", "left"), [(timedelta(days=7), 1), (timedelta(days=7, seconds=1), 0)])
def test_purge_forgets_what_nobody_touched_for_a_week(age, left):
    make_draft()

    ticks.tick(now=DURING_REGISTRATION + age, machine_now=DURING_REGISTRATION)

    assert Draft.objects.count() == left


def test_save_counts_the_week_from_the_last_time():
    first = make_draft()
    make_draft(user=first.user, session=first.session, now=DURING_REGISTRATION + timedelta(days=6))

    assert drafts.purge(now=DURING_REGISTRATION + timedelta(days=8)) == 0
    assert drafts.purge(now=DURING_REGISTRATION + timedelta(days=14)) == 1


@pytest.mark.parametrize("typed", [{}, {"full_name": ""}, {"consent_training": "on"}])
def test_save_keeps_nothing_of_nothing(typed):
    assert make_draft(typed=typed) is None
    assert not Draft.objects.exists()


def test_discard_forgets_one_or_all_of_an_account():
    first = make_draft()
    make_draft(user=first.user)
    make_draft()

    assert drafts.discard(user=first.user, session=first.session) == 1
    assert drafts.discard(user=first.user) == 1
    assert Draft.objects.count() == 1


def test_the_database_keeps_one_draft_for_each_account_and_session():
    make_draft()

    again = (
        "INSERT INTO participants_draft (user_id, session_id, typed, saved_at)"
        " SELECT user_id, session_id, typed, saved_at FROM participants_draft"
    )
    with pytest.raises(IntegrityError, match="one_draft_per_account_and_session"), transaction.atomic():
        connection.cursor().execute(again)
