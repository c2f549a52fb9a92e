"""What a person's own page says of each day, and of the certificate."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from participants import queries
from participants.models import Registration
from participants.operations import attendance
from participants.queries import DayMark
from tests.factories import make_coordinator, make_program, make_region, make_registration, make_session

WIT = ZoneInfo("Asia/Jayapura")
FIRST_DAY = datetime(2025, 12, 16, tzinfo=WIT)


@pytest.fixture
def registration(db):
    return make_registration(make_session(region=make_region(time_zone="Asia/Jayapura")))


def record(registration, number, mark, now):
    day = registration.session.days.get(number=number)
    attendance.record(
        session=registration.session,
        marks=[attendance.NewMark(registration_id=registration.pk, day_id=day.pk, mark=mark)],
        now=now,
        by=make_coordinator(registration.region),
    )


def marks(registration, now):
    return queries.marks_so_far(queries.registrations_of(registration.participant.user)[0], now=now)


@pytest.mark.parametrize("since", [timedelta(minutes=-1), timedelta(), timedelta(days=1), timedelta(days=4)])
def test_marks_so_far_are_those_of_the_grid(registration, since):
    now = FIRST_DAY + since
    if since >= timedelta():
        record(registration, 1, "late", now)

    rows = queries.with_attendance(Registration.objects.all(), now=now)

    assert marks(registration, now) == queries.day_marks(rows.get())


def test_marks_so_far_ask_nothing_before_the_first_local_day(registration, django_assert_num_queries):
    row = Registration.objects.select_related("session__region").prefetch_related("session__days").get()

    with django_assert_num_queries(0):
        queries.marks_so_far(row, now=FIRST_DAY - timedelta(seconds=1))
    with django_assert_num_queries(1):
        queries.marks_so_far(row, now=FIRST_DAY)


@pytest.mark.parametrize(
    ("said", "needed", "state"),
    [
        (["", "", ""], 3, "possible"),
        (["present", "late", ""], 3, "possible"),
        (["present", "absent", ""], 3, "missed"),
        (["present", "excused", ""], 2, "possible"),
        (["present", "left_early", ""], 2, "met"),
        (["absent", "absent", "absent"], 1, "missed"),
        (["unrecorded", "present", ""], 3, "unrecorded"),
        (["unrecorded", "absent", "present"], 3, "missed"),
        (["unrecorded", "present", "present"], 2, "met"),
    ],
)
def test_progress_says_whether_the_certificate_can_still_be_had(said, needed, state, db):
    days = [
        DayMark(number, number, "2025-12-16", "absent", None, None)
        if mark == "unrecorded"
        else DayMark(number, number, "2025-12-16", mark, "2025-12-16T12:00:00+09:00", "Ratna")
        for number, mark in enumerate(said, start=1)
    ]

    assert queries.progress(days, make_program(certificate_min_days=needed)).state == state
