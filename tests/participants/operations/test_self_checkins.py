"""Checking in by oneself: with the code of this half minute, once a day, where and when the session allows it."""

import uuid
from datetime import datetime, timedelta

import pytest

from participants.documents import tickets
from participants.models import Attendance, AttendanceFact, DoorRule
from participants.operations import attendance, guesses, scans, self_checkins
from tests.factories import WIB, make_coordinator, make_registration, make_session
from tests.scanning import paired

pytestmark = pytest.mark.django_db
MORNING = datetime(2025, 12, 16, 8, 30, tzinfo=WIB)


@pytest.fixture
def session():
    session = make_session()
    DoorRule.objects.create(session=session, is_self_open=True)
    return session


def check_in(registration, code=None, now=MORNING, shown_at=None):
    code = code or self_checkins.code_on_the_wall(registration.session, shown_at or now)
    return self_checkins.check_in(registration=registration, code=code, now=now, machine_now=now)


def test_the_code_on_the_wall_records_its_reader_once(session):
    registration = make_registration(session)

    first, second = check_in(registration), check_in(registration, now=MORNING + timedelta(minutes=3))

    assert (first, first.source, first.kind) == (second, "self", "scan")
    assert list(Attendance.objects.values_list("mark", "happened_at")) == [("present", MORNING)]


def test_who_was_cleared_by_staff_checks_in_anew(session):
    registration, by, day = make_registration(session), make_coordinator(session.region), session.days.get(number=1)
    check_in(registration)
    attendance.record(session=session, marks=[attendance.NewMark(registration.pk, day.pk, "")], by=by, now=MORNING)
    assert not Attendance.objects.exists()

    for minutes in (3, 4):
        check_in(registration, now=MORNING + timedelta(minutes=minutes))

    assert Attendance.objects.get().happened_at == MORNING + timedelta(minutes=3)
    assert AttendanceFact.objects.filter(kind="scan").count() == 2


def test_no_device_can_keep_somebody_from_checking_in(session):
    """By a scan of its own under the id that the check-in would have."""
    registration, other = make_registration(session), make_registration(session)
    token, guess = paired(session, now=MORNING), uuid.uuid5(uuid.NAMESPACE_URL, f"self:{registration.public_id}:")
    day = session.days.get(number=1)
    ids = [uuid.uuid5(uuid.NAMESPACE_URL, f"self:{registration.public_id}:{day.pk}"), guess]
    taken = [scans.Seen(one, MORNING, ticket=tickets.ticket_text(other)) for one in ids]
    scans.take(token=token, scans=taken, sent_at=MORNING, now=MORNING, machine_now=MORNING)

    assert check_in(registration).registration == registration


def test_who_comes_late_is_late(session):
    check_in(make_registration(session), now=MORNING.replace(hour=9, minute=15))

    assert Attendance.objects.get().mark == "late"


@pytest.mark.parametrize(("seconds", "is_good"), [(29, True), (59, True), (60, False), (600, False), (-1, False)])
def test_a_code_is_good_while_it_can_be_typed(session, seconds, is_good):
    registration = make_registration(session)  # 08:30:00 begins a half minute

    if is_good:
        check_in(registration, now=MORNING + timedelta(seconds=seconds), shown_at=MORNING)
    else:
        with pytest.raises(self_checkins.WrongWallCode):
            check_in(registration, now=MORNING + timedelta(seconds=seconds), shown_at=MORNING)
    assert AttendanceFact.objects.exists() is is_good


def test_another_sessions_code_is_wrong(session):
    other = make_session()

    with pytest.raises(self_checkins.WrongWallCode):
        check_in(make_registration(session), self_checkins.code_on_the_wall(other, MORNING))


def test_who_guesses_waits(session):
    registration = make_registration(session)
    for _ in range(guesses.AT_MOST):
        with pytest.raises(self_checkins.WrongWallCode):
            check_in(registration, "nope")

    with pytest.raises(guesses.TooManyCodes):
        check_in(registration)
    assert check_in(make_registration(session))


@pytest.mark.parametrize(
    "change", [{"is_self_open": False}, {"opens_before": 10}], ids=["not allowed", "before the door opens"]
)
def test_a_door_that_is_closed_stays_closed(session, change):
    DoorRule.objects.filter(session=session).update(**change)

    with pytest.raises(self_checkins.SelfCheckInClosed):
        check_in(make_registration(session))


def test_without_a_rule_nobody_checks_in_by_themselves():
    with pytest.raises(self_checkins.SelfCheckInClosed):
        check_in(make_registration(make_session()))


def test_on_another_day_it_is_closed(session):
    with pytest.raises(self_checkins.SelfCheckInClosed):
        check_in(make_registration(session), now=MORNING - timedelta(days=1))


@pytest.mark.parametrize("fields", [{"guardian": "asked"}, {"place": "queued", "queue_number": 1}])
def test_only_the_confirmed_check_in(session, fields):
    with pytest.raises(self_checkins.NotConfirmed):
        check_in(make_registration(session, **fields))
