"""Merging while the same person, or staff, does something else: each waits for the other, and nobody in a ring."""

import threading
import uuid
from contextlib import suppress
from datetime import timedelta
from functools import partial

import pytest
from django.db import OperationalError, transaction

from participants.models import Consent, Merge, Participant, Registration
from participants.operations import (
    merges,
    retention,
    retention_rules,
    row_locks,
    sessions,
    switches,
    withdrawals,
)
from portal.accounts.models import User
from programs.models import TrainingSession
from tests.factories import (
    ADULT_BORN,
    DURING_REGISTRATION,
    MINOR_BORN,
    make_participant,
    make_program,
    make_registration,
    make_session,
)
from tests.participants.operations.merging import consent
from tests.races import at_once, wait_for_somebody_who_waits
from tests.staff import make_staff

pytestmark = pytest.mark.django_db(transaction=True)
NOW = DURING_REGISTRATION


@pytest.fixture
def halfway(monkeypatch):
    """Let two calls meet: each goes on when the other is there too, or in vain after a second."""
    barrier = threading.Barrier(2)

    def before(module, name):
        function = getattr(module, name)

        def meeting(*given, **more):
            with suppress(threading.BrokenBarrierError):  # the other one waits for a row, as it should
                barrier.wait(timeout=1)
            return function(*given, **more)

        monkeypatch.setattr(module, name, meeting)

    return before


@pytest.fixture
def two():
    """The same person twice, each record with a place of its own in one of two editions."""
    kept, gone = make_participant(), make_participant()
    make_registration(make_session(program=make_program(slug="lalu"), slug="lalu"), participant=kept)
    return kept, gone, make_registration(make_session(), participant=gone)


def merge(kept, gone, *chosen):
    return merges.merge(kept=kept, gone=gone, chosen=chosen, by=make_staff("editor"), now=NOW)


def switch(registration):
    there = make_session(program=registration.program, region=registration.region, slug="lain")
    return partial(switches.switch, registration=registration, session=there, form_key=uuid.uuid4(), now=NOW)


def held_by_nobody(monkeypatch):
    """No session is taken by whoever merges, as it once was."""
    monkeypatch.setattr(
        merges.row_locks, "lock_sessions_of", lambda rows: set(rows.values_list("session_id", flat=True))
    )


def failed(results):
    return [type(result) for result in results if isinstance(result, Exception)]


def test_who_moves_while_their_record_goes_into_another_has_the_place_in_the_one_that_is_kept(two, halfway):
    kept, gone, registration = two
    move = switch(registration)
    halfway(merges, "_write_birth_date")
    halfway(switches, "go")

    made, moved = at_once([partial(merge, kept, gone), move])

    assert isinstance(made, Merge), made
    assert Registration.objects.live().get(program=registration.program_id) == moved
    assert not gone.registrations.exists()


def test_control_where_no_session_is_taken_who_moves_or_the_merge_fails(two, halfway, monkeypatch):
    kept, gone, registration = two
    move = switch(registration)
    held_by_nobody(monkeypatch)
    halfway(merges, "_write_birth_date")
    halfway(switches, "go")

    assert failed(at_once([partial(merge, kept, gone), move])) == [OperationalError]


@pytest.fixture
def moved_days(monkeypatch):
    """Staff move the days of a session in which both records were, while one goes into the other; what came of both."""
    session, by = make_session(), make_staff("editor")
    kept, gone = make_participant(), make_participant(birth_date=ADULT_BORN - timedelta(days=1))
    released = {"place": "released", "release_reason": "cancelled_by_self", "released_at": NOW}
    make_registration(session, participant=gone, **released)  # stands before the other, and so is moved first
    make_registration(session, participant=kept)
    days = [sessions.Day(day.date + timedelta(days=7), day.starts_at, day.ends_at) for day in session.days.all()]
    reached, write = threading.Event(), merges._write_birth_date

    def write_and_wait(rows, born):
        before = write(rows, born)
        reached.set()
        wait_for_somebody_who_waits()
        return before

    monkeypatch.setattr(merges, "_write_birth_date", write_and_wait)

    def move():
        reached.wait(timeout=10)
        return sessions.reschedule(session=session, days=days, venue=session.venue, by=by, now=NOW)

    return lambda: at_once([partial(merge, kept, gone, "birth_date"), move])


def test_a_session_moves_while_two_records_with_places_there_become_one(moved_days):
    assert failed(moved_days()) == []

    assert Merge.objects.count() == 1
    assert TrainingSession.objects.get().schedule_version == 2


def test_control_where_no_session_is_taken_the_move_or_the_merge_fails(moved_days, monkeypatch):
    held_by_nobody(monkeypatch)

    assert failed(moved_days()) == [OperationalError]


def test_who_came_into_another_session_meanwhile_is_looked_at_anew(two, monkeypatch):
    kept, gone, registration = two
    move, lock, looked = switch(registration), row_locks.lock_sessions_of, []

    def lock_after_the_move(rows):
        looked.append(set(rows.values_list("session_id", flat=True)))
        if len(looked) > 1:
            return lock(rows)
        at_once([move])
        return looked[0]

    monkeypatch.setattr(row_locks, "lock_sessions_of", lock_after_the_move)

    assert merge(kept, gone).kept == kept

    assert len(looked[1] - looked[0]) == 1
    assert {row.participant for row in Registration.objects.all()} == {kept}


@pytest.fixture
def merged_minor():
    """A minor of whom two records became one, whose guardian agreed, and who is registered nowhere any more."""
    gone, kept = make_participant(birth_date=MINOR_BORN), make_participant(birth_date=MINOR_BORN)
    consent(kept)
    gone_by = {"place": "released", "release_reason": "cancelled_by_self", "released_at": NOW}
    make_registration(make_session(), participant=kept, guardian="given", **gone_by)
    return merge(kept, gone)


def undo_and_take_back(made, halfway):
    """Somebody undoes `made` while its person takes the consent back, both with their first rows; what came of both."""
    halfway(withdrawals.erasures, "empty_profile")
    take_back = partial(withdrawals.withdraw, participant=made.kept, purpose=Consent.Purpose.TRAINING, now=NOW)
    return at_once([partial(merges.undo, merge=made, by=make_staff("editor"), now=NOW), take_back])


def test_who_takes_the_consent_back_while_the_merge_is_undone_is_forgotten_whole(merged_minor, halfway):
    halfway(merges, "_locked")

    undone, taken_back = undo_and_take_back(merged_minor, halfway)

    assert isinstance(undone, merges.UndoIsOver)
    assert taken_back is None
    assert {person.full_name for person in Participant.objects.all()} == {Participant.ERASED}


def test_control_where_the_merge_is_taken_before_its_people_one_of_both_fails(merged_minor, halfway, monkeypatch):
    halfway(merges, "_locked")
    locked = merges._locked

    def merge_first(*people):
        Merge.objects.select_for_update(no_key=True).get()
        return locked(*people)

    monkeypatch.setattr(merges, "_locked", merge_first)
    monkeypatch.setattr(row_locks, "lock_account_of", lambda participant: None)

    assert failed(undo_and_take_back(merged_minor, halfway)) == [OperationalError]


def test_the_night_passes_over_a_merge_whose_people_somebody_holds():
    made = merge(make_participant(), make_participant())
    (rule,) = [rule for rule in retention_rules.RULES if rule.name == "merged people"]
    moment = retention_rules.Moment(made.undo_until, made.undo_until)
    ended = []

    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=made.gone.user_id)
        at_once([lambda: ended.append(retention._end_some(rule, moment))])
    at_once([lambda: ended.append(retention._end_some(rule, moment))])

    assert ended == [0, 1]
