"""Forms that are finished later: how long they are kept, and that each account has one of a session."""

import threading
import time
import uuid
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from participants.models import Draft, Registration
from participants.operations import drafts, registrations, ticks
from participants.operations.registrations import Profile
from tests.factories import ADULT_BORN, DURING_REGISTRATION, make_participant, make_session, make_user
from tests.races import at_once, somebody_waits

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


def test_one_draft_or_all_of_an_account_are_forgotten():
    first = make_draft()
    make_draft(user=first.user)
    make_draft()

    make_draft(user=first.user)

    assert drafts.discard(user=first.user, session=first.session) == 1
    assert Draft.objects.filter(user=first.user).count() == 2
    drafts.finish(user=first.user)
    assert Draft.objects.count() == 1


def test_the_database_keeps_one_draft_for_each_account_and_session():
    make_draft()

    again = (
        "INSERT INTO participants_draft (user_id, session_id, typed, saved_at)"
        " SELECT user_id, session_id, typed, saved_at FROM participants_draft"
    )
    with pytest.raises(IntegrityError, match="one_draft_per_account_and_session"), transaction.atomic():
        connection.cursor().execute(again)


def save_while_registering(user, session):
    """Send the last autosave after the registration was written and before it is committed."""
    written, saved = threading.Event(), threading.Event()
    profile = Profile("Siti", ADULT_BORN, session.region, "id", phone="+6281234567890", occupation="school")

    def register():
        with transaction.atomic():
            registrations.enrol(
                user=user,
                session=session,
                profile=profile,
                purposes={"training"},
                form_key=uuid.uuid4(),
                now=DURING_REGISTRATION,
            )
            written.set()
            deadline = time.monotonic() + 20
            while not saved.is_set() and not somebody_waits() and time.monotonic() < deadline:
                saved.wait(0.02)

    def save():
        written.wait(20)
        make_draft(user=user, session=session)
        saved.set()

    assert at_once([register, save]) == [None, None]
    assert Registration.objects.count() == 1
    return Draft.objects.count()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("known", [True, False])
class TestAutosaveThatRacesTheRegistration:
    def whoever(self, known):
        return make_participant().user if known else make_user()

    def test_leaves_no_draft(self, known):
        assert save_while_registering(self.whoever(known), make_session()) == 0

    def test_would_leave_one_if_it_did_not_wait(self, known, monkeypatch):
        monkeypatch.setattr(drafts, "_wait_for_who_registers", lambda user: True)

        assert save_while_registering(self.whoever(known), make_session()) == 1
