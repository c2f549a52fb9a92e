"""Once a training has begun for somebody, their seat stays theirs; staff may still let go of it."""

import uuid
from datetime import date, datetime

import pytest

from participants.models import Registration
from participants.operations import attendance, beginnings, comings, registrations, switches
from participants.operations.attendance import NewMark
from tests.factories import WIB, make_coordinator, make_registration, make_session

pytestmark = pytest.mark.django_db
MORNING = datetime(2025, 12, 16, 8, tzinfo=WIB)  # the doors are open, the first day begins at nine
BEGUN = datetime(2025, 12, 16, 9, tzinfo=WIB)


def in_a_session():
    return make_registration(make_session(first_day=date(2025, 12, 16)))


def see(registration, mark="present"):
    day = registration.session.days.get(number=1)
    attendance.record(
        session=registration.session, marks=[NewMark(registration.pk, day.pk, mark)], by=make_coordinator(), now=MORNING
    )


@pytest.mark.parametrize("seen", ["present", "late", "left_early"])
def test_check_refuses_whoever_was_seen_before_the_first_day_begins(seen):
    registration = in_a_session()
    beginnings.check(registration, now=MORNING)

    see(registration, seen)

    with pytest.raises(beginnings.AlreadyBegun):
        beginnings.check(registration, now=MORNING)


def test_check_refuses_everybody_once_the_first_day_has_begun():
    registration = in_a_session()

    with pytest.raises(beginnings.AlreadyBegun):
        beginnings.check(registration, now=BEGUN)


def test_check_says_nothing_of_who_is_recorded_as_absent():
    registration = in_a_session()

    see(registration, "absent")

    beginnings.check(registration, now=MORNING)


def test_who_was_seen_keeps_the_seat_whatever_they_press():
    registration = in_a_session()
    other = make_session(program=registration.session.program, first_day=date(2025, 12, 23))
    see(registration)

    with pytest.raises(beginnings.AlreadyBegun):
        registrations.cancel(registration=registration, now=MORNING)
    with pytest.raises(beginnings.AlreadyBegun):
        comings.answer(registration=registration, comes=False, now=MORNING)
    with pytest.raises(beginnings.AlreadyBegun):
        switches.switch(registration=registration, session=other, form_key=uuid.uuid4(), now=MORNING)

    assert Registration.objects.get().place == "seat"


def test_staff_still_cancel():
    registration = in_a_session()
    see(registration)

    registrations.cancel(registration=registration, reason="cancelled_by_staff", by=make_coordinator(), now=BEGUN)

    assert Registration.objects.get().place == "released"
