"""Saying that one cannot come to the next day of a training that has begun, and taking it back."""

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from participants.models import Appeal, AttendanceFact, Deed
from participants.operations import appeals, attendance
from programs.models import TrainingSession
from tests.factories import WIB, make_coordinator, make_registration, make_session
from tests.races import at_once

pytestmark = pytest.mark.django_db
MORNING, EVENING = datetime(2025, 12, 16, 8, tzinfo=WIB), datetime(2025, 12, 16, 20, tzinfo=WIB)
DAY = timedelta(days=1)


@pytest.fixture
def registration():
    """For three days from 16 December 2025, 09:00 to 16:00 WIB."""
    return make_registration(make_session())


def at_hand(registration):
    return TrainingSession.objects.with_places().get(pk=registration.session_id)


def say(registration, number, *, text="Ujian", now=EVENING):
    user = registration.participant.user
    return appeals.submit(user=user, session=at_hand(registration), code=f"absence_{number}", text=text, now=now)


def take_back(registration, number, *, now=EVENING, code="absence_"):
    user = registration.participant.user
    appeals.take_back(user=user, session=at_hand(registration), code=f"{code}{number}", now=now)


def answer(appeal):
    appeals.answer(appeal=appeal, verdict="granted", text="Cepat sembuh.", by=make_coordinator(), now=EVENING)


def sayable(registration, now):
    """The days of which one can say that one cannot come."""
    user, session = registration.participant.user, at_hand(registration)
    return [
        number for number in range(5) if appeals.decision(user=user, session=session, code=f"absence_{number}", now=now)
    ]


class TestSay:
    @pytest.mark.parametrize(
        ("now", "numbers"),
        [
            (MORNING, []),  # they can still let go of their seat
            (MORNING + timedelta(hours=1), [2]),
            (EVENING, [2]),
            (MORNING + DAY, [2]),
            (MORNING + DAY + timedelta(hours=1), [3]),
            (EVENING + DAY, [3]),
            (EVENING + 2 * DAY, []),
        ],
    )
    def test_is_about_the_next_day_until_it_begins(self, registration, now, numbers):
        assert sayable(registration, now) == numbers

    def test_whoever_was_let_in_early_has_begun(self, registration):
        self.mark(registration, 1, "present", MORNING)

        assert sayable(registration, MORNING) == [2]

    def test_is_not_about_a_day_of_which_something_is_said(self, registration):
        self.mark(registration, 2, "excused", MORNING + DAY)

        assert sayable(registration, MORNING + DAY) == [3]

    def mark(self, registration, number, mark, now):
        day = registration.session.days.get(number=number)
        said = [attendance.NewMark(registration.pk, day.pk, mark)]
        attendance.record(session=registration.session, marks=said, by=make_coordinator(), now=now)

    @pytest.mark.parametrize(
        "fields",
        [
            {"place": "queued", "queue_number": 1},
            {"guardian": "asked"},
            {"place": "released", "released_at": EVENING, "release_reason": "cancelled_by_staff"},
        ],
    )
    def test_is_for_those_who_have_a_certain_seat(self, fields):
        assert sayable(make_registration(make_session(), **fields), EVENING) == []

    @pytest.mark.parametrize("text", ["Ujian", ""])
    def test_needs_no_reason_and_excuses_nobody(self, registration, text):
        appeal = say(registration, 2, text=text)

        assert (appeal.registration, appeal.missed_day, appeal.text) == (registration, 2, text)
        assert Appeal.objects.absences().open().get() == appeal
        assert not AttendanceFact.objects.exists()

    @pytest.mark.parametrize(
        "code", ["absence_", "absence_x", "absence_²", "absence_0", "absence_1", "absence_02", "absence_2222"]
    )
    def test_refuses_what_is_no_day(self, registration, code):
        with pytest.raises(appeals.NoDayToMiss):
            say(registration, code.removeprefix("absence_"))

    def test_once_is_enough(self, registration):
        say(registration, 2)

        with pytest.raises(appeals.AbsenceSaidBefore):
            say(registration, 2)

    def test_an_answer_ends_it(self, registration):
        answer(say(registration, 2))

        with pytest.raises(appeals.AbsenceSaidBefore):
            say(registration, 2)
        assert Appeal.objects.get().verdict == "granted"

    def test_objections_of_the_same_day_leave_it_sayable_and_it_leaves_them(self, registration):
        fields = {"user": registration.participant.user, "session": registration.session, "asked_at": EVENING}
        Appeal.objects.bulk_create(Appeal(code=f"{number}", text="Tolong", **fields) for number in range(2))
        say(registration, 2)
        say(registration, 3, now=MORNING + DAY + timedelta(hours=1))

        self.object(registration)
        take_back(registration, 2)
        assert say(registration, 2).is_open
        with pytest.raises(appeals.TooManyAppeals):
            self.object(registration, code="wrong_data")

    def object(self, registration, code="already_begun"):
        user = registration.participant.user
        appeals.submit(user=user, session=at_hand(registration), code=code, text="Tolong", now=EVENING)

    def test_whatever_else_is_said_has_words(self, registration):
        fields = {"user": registration.participant.user, "session": registration.session, "asked_at": EVENING}
        Appeal.objects.create(code="absence_2", text="", **fields)

        with pytest.raises(IntegrityError, match="appeal_says_something"), transaction.atomic():
            Appeal.objects.create(code="full", text="", **fields)


class TestTakeBack:
    def test_leaves_nothing_and_it_can_be_said_again(self, registration):
        say(registration, 2)

        take_back(registration, 2, now=MORNING + DAY)

        assert not Appeal.objects.exists()
        assert say(registration, 2).is_open

    def test_is_refused_once_the_day_begins(self, registration):
        say(registration, 2)

        with pytest.raises(appeals.NothingToTakeBack):
            take_back(registration, 2, now=MORNING + DAY + timedelta(hours=1))
        assert Appeal.objects.count() == 1

    def test_is_refused_once_it_is_answered(self, registration):
        answer(say(registration, 2))

        with pytest.raises(appeals.NothingToTakeBack):
            take_back(registration, 2)
        assert Appeal.objects.get().verdict == "granted"

    def test_touches_nothing_of_somebody_else_and_no_objection(self, registration):
        other = make_registration(registration.session)
        say(other, 2)
        appeal = say(registration, 2)
        Appeal.objects.filter(pk=appeal.pk).update(code="already_begun")

        for number, code in ((2, "absence_"), ("", "already_begun")):
            with pytest.raises(appeals.NothingToTakeBack):
                take_back(registration, number, code=code)
        assert Appeal.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_an_answer_and_a_word_taken_back_at_once_leave_one_of_them():
    registration, staff = make_registration(make_session()), make_coordinator()
    appeal = say(registration, 2)

    def answer():
        appeals.answer(appeal=appeal, verdict="granted", text="Baik.", by=staff, now=EVENING)

    outcomes = at_once([answer, lambda: take_back(registration, 2)])

    kept = Appeal.objects.filter(verdict="granted").count()
    assert Deed.objects.filter(what=Deed.What.ANSWERED).count() == kept
    told = ["NoneType", "NothingToTakeBack"] if kept else ["TakenBack", "NoneType"]
    assert [type(outcome).__name__ for outcome in outcomes] == told
