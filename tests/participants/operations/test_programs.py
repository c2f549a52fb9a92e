"""What staff change in an edition's rules reaches the people who are in it."""

import threading
import uuid
from datetime import UTC, datetime, time, timedelta
from functools import partial

import pytest
from django.db import transaction

from participants.models import Deed, Registration
from participants.operations import guardians, profiles, programs, registrations, row_locks, switches, walk_ins
from participants.operations.participants import Profile
from programs.models import Program, TrainingSession
from tests.factories import (
    ADULT_BORN,
    DURING_REGISTRATION,
    MINOR_BORN,
    WIB,
    make_coordinator,
    make_participant,
    make_program,
    make_region,
    make_registration,
    make_session,
    register,
)
from tests.races import at_once, wait_for_somebody_who_waits
from tests.staff import make_staff

pytestmark = pytest.mark.django_db
NOW = DURING_REGISTRATION


def change(program, *, now=NOW, **rules):
    for name, value in rules.items():
        setattr(program, name, value)
    programs.change(program=program, fields=list(rules), now=now, by=make_coordinator())


def register_minor(session):
    return register(session, make_participant(birth_date=MINOR_BORN), guardian_email="ibu@example.com")


def deadline(registration):
    return registration.guardian_requests.get().expires_at


def test_change_writes_only_what_was_asked_and_leaves_what_others_wrote_meanwhile():
    program = make_program(is_published=False)
    Program.objects.update(is_published=True, hackathon_name="Lomba")

    change(program, name_en="Another")

    program.refresh_from_db()
    assert (program.is_published, program.hackathon_name, program.name_en) == (True, "Lomba", "Another")


@pytest.mark.parametrize("place", [{}, {"place": "queued", "queue_number": 1}])
def test_unpublish_is_refused_while_somebody_is_to_come(place):
    session = make_session()
    row = make_registration(session, **place)

    with pytest.raises(programs.PeopleAreToCome):
        programs.unpublish(program=session.program, now=NOW, by=make_coordinator())
    assert Program.objects.get().is_published

    registrations.cancel(registration=row, now=NOW)
    assert not programs.unpublish(program=session.program, now=NOW, by=make_coordinator()).is_published


@pytest.mark.parametrize(("zone", "hour"), [("Asia/Jakarta", 17), ("Asia/Jayapura", 15)])  # midnight there, in UTC
def test_unpublish_is_free_once_the_last_local_day_is_over(zone, hour):
    session = make_session(region=make_region(time_zone=zone))
    make_registration(session)
    over = datetime(2025, 12, 18, hour, tzinfo=UTC)

    with pytest.raises(programs.PeopleAreToCome):
        programs.unpublish(program=session.program, now=over - timedelta(minutes=1), by=make_coordinator())
    for _press in range(2):
        assert not programs.unpublish(program=session.program, now=over, by=make_coordinator()).is_published

    assert [deed.changed for deed in Deed.objects.all()] == [{"is_published": [True, False]}]


@pytest.fixture
def hidden_while(monkeypatch):
    """Hide the edition of a session while a call waits for its row; what came of the call."""
    locked, to_come = threading.Event(), programs.to_come

    def count_once_somebody_waits(*told, **given):
        locked.set()
        assert wait_for_somebody_who_waits()
        return to_come(*told, **given)

    monkeypatch.setattr(programs, "to_come", count_once_somebody_waits)

    def run(session, call):
        hide = partial(programs.unpublish, program=session.program, now=NOW, by=make_coordinator())
        hidden, result = at_once([hide, lambda: locked.wait(timeout=10) and call(session)])
        assert not hidden.is_published
        return result

    return run


def walk_in(session):
    told = {"session": session, "email": "siti@example.com", "signer": None, "form_key": uuid.uuid4()}
    profile = Profile("Siti", ADULT_BORN, session.region, "id", phone="+6281234567890")
    return walk_ins.add(profile=profile, purposes={"training"}, by=make_staff("editor"), now=NOW, **told)


HIDDEN_FROM = [(register, registrations.RegistrationClosed), (walk_in, walk_ins.NotRunning)]


@pytest.mark.django_db(transaction=True)
class TestHidingWhileSomebodyRegisters:
    @pytest.mark.parametrize(("call", "refusal"), HIDDEN_FROM)
    def test_who_waited_for_the_row_is_refused(self, hidden_while, call, refusal):
        assert isinstance(hidden_while(make_session(), call), refusal)
        assert not Registration.objects.exists()

    @pytest.mark.parametrize(("call", "refusal"), HIDDEN_FROM)
    def test_control_with_the_programme_joined_to_the_row_they_land_in_a_hidden_edition(
        self, hidden_while, call, refusal, monkeypatch
    ):
        def lock_with_programme(session):
            rows = TrainingSession.objects.with_places().select_for_update(of=("self",), no_key=True)
            return rows.get(pk=session.pk)

        monkeypatch.setattr(row_locks, "lock_session", lock_with_programme)

        assert hidden_while(make_session(), call) == Registration.objects.get()


def test_the_rules_of_who_switches_are_read_once_both_rows_are_held(django_assert_num_queries):
    left = make_session()
    entered = make_session(program=left.program)

    with transaction.atomic(), django_assert_num_queries(4):  # the rows; days and programme of each
        for session in row_locks.lock_sessions(left, entered):
            assert session.is_open(NOW)


@pytest.mark.parametrize(
    ("rule", "expires_at"),
    [
        ({"guardian_hours": 24}, NOW + timedelta(hours=24)),
        ({"guardian_hours": 720, "closes_at": time(9)}, datetime(2025, 12, 15, 9, tzinfo=WIB)),
    ],
)
def test_change_lets_open_questions_to_guardians_follow(rule, expires_at):
    session = make_session()
    minor = register_minor(session)

    change(session.program, **rule)

    assert deadline(minor) == expires_at


@pytest.mark.parametrize(
    ("rule", "hours"),
    [({"name_en": "Another"}, 72), ({"guardian_hours": 96}, 96), ({"guardian_hours": 1}, 1)],
)
def test_change_counts_from_the_seat_that_a_minor_got_out_of_the_queue(rule, hours):
    session = make_session(capacity=1)
    seated, minor = register(session), register_minor(session)
    promoted = NOW + timedelta(days=4)
    registrations.cancel(registration=seated, now=promoted)

    change(session.program, now=promoted, **rule)

    assert deadline(minor) == promoted + timedelta(hours=hours)
    assert guardians.expire_due(now=promoted) == 0


def test_change_counts_from_the_switch_that_gave_a_seat():
    left = make_session(capacity=0)
    entered = make_session(program=left.program)
    old, switched = register_minor(left), NOW + timedelta(days=4)
    new = switches.switch(registration=old, session=entered, form_key=old.public_id, now=switched)

    change(left.program, now=switched, guardian_hours=48)

    assert deadline(new) == switched + timedelta(hours=48)


def test_change_keeps_the_time_of_who_was_asked_after_closing():
    session = make_session()
    late = session.closes + timedelta(hours=1)
    registration = register(session)
    profiles.correct(
        registration=registration,
        birth_date=MINOR_BORN,
        guardian_email="ibu@example.com",
        by=make_coordinator(),
        now=late,
    )
    told = deadline(registration)
    assert told == session.starts

    change(session.program, now=late, closes_at=time(17))

    assert deadline(registration) == told
    assert guardians.expire_due(now=late) == 0


def test_change_makes_nobody_late_who_had_time():
    session = make_session()
    minor = register_minor(session)
    later = NOW + timedelta(hours=30)

    change(session.program, now=later, guardian_hours=24)

    assert deadline(minor) == NOW + timedelta(hours=72)
    change(session.program, now=later, closes_days_before=12)  # 4 December, 18:00, before those 72 hours are over
    assert deadline(minor) == datetime(2025, 12, 4, 18, tzinfo=WIB)


@pytest.mark.django_db(transaction=True)
def test_of_two_editions_of_one_name_that_are_published_at_once_one_is():
    twins = [make_session(program=make_program(slug=slug, name_id="Sama", is_published=False)) for slug in ("a", "b")]

    def publish(session):
        return programs.publish(program=session.program, now=DURING_REGISTRATION, by=make_coordinator())

    results = at_once([partial(publish, session) for session in twins])

    assert sorted(type(result).__name__ for result in results) == ["NameOfAnother", "Program"]
    assert Program.objects.filter(is_published=True).count() == 1
