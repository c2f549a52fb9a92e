"""Checking in by oneself: with the code of this half minute, once a day, where and when the session allows it."""

import uuid
from datetime import datetime, timedelta

import pytest

from participants.documents import tickets
from participants.models import Attendance, AttendanceFact, DoorRule, DoubtfulScan
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


class TestAgainstStaff:
    @pytest.fixture
    def registration(self, session):
        return make_registration(session)

    @pytest.fixture
    def by(self, session):
        return make_coordinator(session.region)

    @pytest.fixture
    def day(self, session):
        return session.days.get(number=1)

    @pytest.fixture
    def mark(self, session, registration, by, day):
        def record(mark, batch=None):
            new = attendance.NewMark(registration.pk, day.pk, mark)
            attendance.record(session=session, marks=[new], by=by, now=MORNING, batch=batch)

        return record

    @pytest.fixture
    def told(self, registration, day):
        def read():
            found = self_checkins.overruled(registration=registration, day_id=day.pk)
            return found and (found.mark, found.is_dismissed)

        return read

    @pytest.mark.parametrize("said", ["absent", "excused"])
    def test_is_kept_told_and_noted_once(self, registration, day, mark, told, said):
        mark(said)

        facts = {check_in(registration, now=MORNING + timedelta(minutes=minutes)) for minutes in (0, 3)}

        assert Attendance.objects.get().mark == said
        assert told() == (said, False)
        doubt = DoubtfulScan.objects.get()
        assert {doubt.public_id} == {fact.public_id for fact in facts}
        assert (doubt.reason, doubt.scanner, doubt.registration, doubt.day) == ("overruled", None, registration, day)

    @pytest.mark.parametrize("said", ["present", "late", "left_early", ""])
    def test_is_nothing_to_look_at_where_staff_say_the_person_was_there_or_nothing(
        self, registration, mark, told, said
    ):
        mark(said)

        check_in(registration)

        assert told() is None
        assert not DoubtfulScan.objects.exists()

    def test_who_had_checked_in_before_staff_said_so_is_noted_on_the_next_try(self, registration, mark, told):
        first = check_in(registration)
        mark("absent")
        assert told() is None

        second = check_in(registration)

        assert first != second == check_in(registration)
        assert told() == ("absent", False)
        assert DoubtfulScan.objects.get().public_id == second.public_id

    def test_it_can_be_counted(self, registration, mark, told, by):
        mark("absent")
        check_in(registration, now=MORNING.replace(hour=9, minute=15))

        scans.settle(doubt=DoubtfulScan.objects.get(), is_counted=True, by=by, now=MORNING)

        assert Attendance.objects.get().mark == "late"
        assert told() is None

    def test_what_staff_dismissed_stays_so_until_they_say_something_new(self, registration, mark, told, by):
        mark("absent")
        check_in(registration)
        scans.settle(doubt=DoubtfulScan.objects.get(), is_counted=False, by=by, now=MORNING)

        check_in(registration)
        assert told() == ("absent", True)
        assert not DoubtfulScan.objects.open().exists()

        mark("excused")
        assert told() is None
        check_in(registration)
        assert told() == ("excused", False)
        assert DoubtfulScan.objects.open().count() == 1

    def test_after_an_undo_the_check_in_holds(self, session, registration, mark, told, by):
        batch = uuid.uuid4()
        mark("absent", batch)
        check_in(registration)

        attendance.undo(session=session, batch=batch, by=by, now=MORNING)

        assert Attendance.objects.get().mark == "present"
        assert told() is None

    def test_what_a_door_had_noted_is_not_noted_twice(self, session, registration, mark, told):
        mark("absent")
        seen = scans.Seen(uuid.uuid4(), MORNING, ticket=tickets.ticket_text(registration))
        token = paired(session, now=MORNING)
        scans.take(token=token, scans=[seen], sent_at=MORNING, now=MORNING, machine_now=MORNING)

        check_in(registration, now=MORNING + timedelta(minutes=5))

        assert DoubtfulScan.objects.get().public_id == seen.public_id
        assert told() == ("absent", False)


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
