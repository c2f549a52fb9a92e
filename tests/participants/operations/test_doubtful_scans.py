"""Scans that contradict staff or that somebody should look at, and what these settle."""

import uuid
from datetime import timedelta

import pytest

from participants.models import Attendance, AttendanceFact, Deed, DoubtfulScan
from participants.operations import attendance, scans
from participants.operations.attendance import NewMark
from participants.operations.scans import Seen
from tests.factories import make_registration
from tests.participants.operations.scanned import MORNING, outcomes, seen, session, take, token
from tests.scanning import scanner_of

pytestmark = pytest.mark.django_db
__all__ = ["session", "token"]


class TestAgainstStaff:
    """Scans of people of whom staff had said something else."""

    @pytest.fixture
    def registration(self, session):
        return make_registration(session)

    @pytest.fixture
    def staff(self, token):
        return scanner_of(token).made_by

    @pytest.fixture
    def mark(self, session, registration, staff):
        def record(mark, batch=None):
            new = NewMark(registration.pk, session.days.get(number=1).pk, mark)
            attendance.record(session=session, marks=[new], by=staff, now=MORNING, batch=batch)

        return record

    @pytest.mark.parametrize(
        ("said", "is_leaving", "outcome"),
        [
            ("absent", False, "overruled"),
            ("excused", False, "overruled"),
            ("present", False, "welcome"),
            ("late", False, "welcome"),
            ("left_early", False, "welcome"),
            ("absent", True, "overruled"),
            ("present", True, "overruled"),
            ("left_early", True, "left"),
        ],
    )
    def test_what_counts_for_nothing_is_said_and_noted(self, token, registration, mark, said, is_leaving, outcome):
        mark(said)

        (answer,) = take(token, seen(registration, is_leaving=is_leaving))

        assert answer.outcome == outcome
        assert list(DoubtfulScan.objects.values_list("reason", flat=True)) == ["overruled"] * (outcome == "overruled")
        assert Attendance.objects.get().mark == said
        if outcome == "overruled":
            assert (answer.mark, answer.gate) == (said, "")

    def test_a_repeat_and_a_second_look_are_told_the_same_and_noted_once(self, token, registration, mark):
        mark("absent")
        scan = seen(registration)

        told = outcomes(token, scan, seen(registration, MORNING + timedelta(seconds=5))) + outcomes(token, scan)

        assert told == ["overruled"] * 3
        assert DoubtfulScan.objects.count() == 1

    def test_who_was_scanned_before_staff_said_so_is_noted_when_scanned_again(self, token, registration, mark):
        first = seen(registration)
        assert outcomes(token, first) == ["welcome"]
        mark("absent")

        assert outcomes(token, first, seen(registration, MORNING + timedelta(seconds=5))) == ["welcome", "overruled"]
        assert DoubtfulScan.objects.get().reason == "overruled"

    def test_after_an_undo_what_the_phone_says_is_what_holds(self, session, token, registration, staff, mark):
        batch, noon = uuid.uuid4(), MORNING.replace(hour=12)
        take(token, seen(registration))
        mark("absent", batch)
        attendance.undo(session=session, batch=batch, by=staff, now=MORNING)

        assert outcomes(token, seen(registration, noon, is_leaving=True), now=noon) == ["left"]
        assert Attendance.objects.get().mark == "left_early"
        assert not DoubtfulScan.objects.exists()

    def test_who_was_cleared_is_welcome_again(self, token, registration, mark):
        take(token, seen(registration))
        mark("")

        later = MORNING + timedelta(minutes=30)
        assert outcomes(token, seen(registration, later), now=later) == ["welcome"]
        assert Attendance.objects.get().mark == "present"
        assert not DoubtfulScan.objects.exists()

    @pytest.mark.parametrize(("is_leaving", "holds"), [(False, "late"), (True, "left_early")])
    def test_counting_one_says_what_the_scan_says(self, token, registration, mark, staff, is_leaving, holds):
        noon = MORNING.replace(hour=12)
        mark("absent")
        take(token, seen(registration, noon, is_leaving=is_leaving), now=noon)

        scans.settle(doubt=DoubtfulScan.objects.get(), is_counted=True, by=staff, now=noon)

        assert Attendance.objects.get().mark == holds


class TestDoubts:
    @pytest.fixture
    def doubt(self, session, token):
        take(token, seen(make_registration(session), MORNING - timedelta(hours=3)))
        return DoubtfulScan.objects.get()

    def test_counting_one_says_present_and_who_said_so(self, doubt, token):
        staff = scanner_of(token).made_by

        scans.settle(doubt=doubt, is_counted=True, by=staff, now=MORNING)

        assert list(Attendance.objects.values_list("mark", "recorded_by")) == [("present", staff.pk)]
        with pytest.raises(scans.AnsweredDoubt):
            scans.settle(doubt=doubt, is_counted=False, by=staff, now=MORNING)

    def test_dismissing_one_records_nothing(self, doubt, token):
        scans.settle(doubt=doubt, is_counted=False, by=scanner_of(token).made_by, now=MORNING)

        assert not AttendanceFact.objects.exists()
        assert not DoubtfulScan.objects.open().exists()

    @pytest.mark.parametrize(("is_counted", "answer"), [(True, "counted"), (False, "dismissed")])
    def test_who_settled_one_is_told_in_the_history(self, session, doubt, token, is_counted, answer):
        staff = scanner_of(token).made_by

        scans.settle(doubt=doubt, is_counted=is_counted, by=staff, now=MORNING)

        deed = Deed.objects.about(doubt).get()
        assert (deed.what, deed.by, deed.session, deed.changed) == (
            "answered",
            staff,
            session,
            {"answer": ["", answer]},
        )

    def test_who_was_released_is_counted_once_added_anew(self, session, token):
        released = make_registration(
            session, place="released", released_at=MORNING, release_reason="cancelled_by_staff"
        )
        take(token, seen(released))
        doubt, staff = DoubtfulScan.objects.with_seats().get(), scanner_of(token).made_by
        assert (doubt.reason, doubt.seated_id) == ("released", None)
        with pytest.raises(attendance.NotInCohort):
            scans.settle(doubt=doubt, is_counted=True, by=staff, now=MORNING)

        anew = make_registration(session, participant=released.participant)
        scans.settle(doubt=doubt, is_counted=True, by=staff, now=MORNING)

        assert list(Attendance.objects.filter(registration=anew).values_list("mark", flat=True)) == ["present"]

    def test_nobody_is_counted_who_is_nobody(self, session, token):
        take(token, Seen(uuid.uuid4(), MORNING, typed=uuid.uuid4()))

        with pytest.raises(scans.NobodyToCount):
            scans.settle(doubt=DoubtfulScan.objects.get(), is_counted=True, by=scanner_of(token).made_by, now=MORNING)
