"""Saying that one cannot come to coming days of a training, and taking it back."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from importlib import import_module

import pytest
from django.db import IntegrityError, connection, transaction

from participants import queries
from participants.messages.mails import mail
from participants.models import Appeal, AttendanceFact, Deed, Notification
from participants.operations import absences, appeals, attendance, registrations, sessions
from programs.models import TrainingSession
from tests.factories import WIB, make_coordinator, make_registration, make_session
from tests.races import at_once

pytestmark = pytest.mark.django_db
MORNING, EVENING = datetime(2025, 12, 16, 8, tzinfo=WIB), datetime(2025, 12, 16, 20, tzinfo=WIB)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def registration():
    """For three days from 16 December 2025, 09:00 to 16:00 WIB."""
    return make_registration(make_session())


def at_hand(registration):
    registration.session = TrainingSession.objects.with_places().get(pk=registration.session_id)
    return registration


def on(*numbers):
    return [date(2025, 12, 15 + number) for number in numbers]


def say(registration, *numbers, text="Ujian", now=EVENING):
    return absences.say(registration=at_hand(registration), days=on(*numbers), text=text, now=now)


def take_back(registration, number, *, now=EVENING):
    absences.take_back(registration=at_hand(registration), day=on(number)[0], now=now)


def answer(appeal):
    appeals.answer(appeal=appeal, verdict="granted", text="Cepat sembuh.", by=make_coordinator(), now=EVENING)


def sayable(registration, now):
    """The days of which one can say that one cannot come."""
    return [day.number for day in absences.days_to_miss(at_hand(registration), now=now)]


class TestSay:
    @pytest.mark.parametrize(
        ("now", "numbers"),
        [
            (MORNING - 20 * DAY, [1, 2, 3]),
            (MORNING, [1, 2, 3]),
            (MORNING + HOUR, [2, 3]),
            (EVENING, [2, 3]),
            (MORNING + DAY, [2, 3]),
            (MORNING + DAY + HOUR, [3]),
            (EVENING + 2 * DAY, []),
        ],
    )
    def test_is_about_any_day_until_it_begins(self, registration, now, numbers):
        assert sayable(registration, now) == numbers
        for number in {1, 2, 3} - set(numbers):
            with pytest.raises(absences.NoDayToMiss):
                say(registration, number, now=now)
        for number in numbers:
            assert [row.missed_on for row in say(registration, number, now=now)] == on(number)

    def test_is_not_about_a_day_of_which_something_is_recorded(self, registration):
        day = registration.session.days.get(number=2)
        said = [attendance.NewMark(registration.pk, day.pk, "excused")]
        attendance.record(session=registration.session, marks=said, by=make_coordinator(), now=MORNING + DAY)

        assert sayable(registration, MORNING + DAY) == [3]

    @pytest.mark.parametrize(
        "fields",
        [
            {"place": "queued", "queue_number": 1},
            {"guardian": "asked"},
            {"place": "released", "released_at": EVENING, "release_reason": "cancelled_by_staff"},
        ],
    )
    def test_is_for_those_who_have_a_certain_seat(self, fields):
        registration = make_registration(make_session(), **fields)

        assert sayable(registration, EVENING) == []
        with pytest.raises(absences.NoDayToMiss):
            say(registration, 2)

    def test_of_a_seat_let_go_meanwhile_is_refused(self, registration):
        seen = at_hand(registration)
        registrations.cancel(registration=registration, now=MORNING)

        with pytest.raises(absences.NoDayToMiss):
            absences.say(registration=seen, days=on(2), text="", now=MORNING)

    @pytest.mark.parametrize("text", ["Ujian", ""])
    def test_needs_no_reason_and_excuses_nobody(self, registration, text):
        (appeal,) = say(registration, 2, text=text)

        assert (appeal.registration, appeal.missed_on, appeal.text) == (registration, date(2025, 12, 17), text)
        assert Appeal.objects.absences().open().get() == appeal
        assert not AttendanceFact.objects.exists()

    @pytest.mark.parametrize("days", [[], [date(2025, 12, 15)], [date(2025, 12, 17), date(2025, 12, 19)]])
    def test_refuses_what_is_no_day_whole(self, registration, days):
        with pytest.raises(absences.NoDayToMiss):
            absences.say(registration=at_hand(registration), days=days, text="", now=EVENING)
        assert not Appeal.objects.exists()

    def test_once_is_enough_and_further_days_are_added(self, registration):
        say(registration, 2)

        with pytest.raises(absences.AbsenceSaidBefore):
            say(registration, 2)
        assert [row.missed_on for row in say(registration, 2, 3)] == on(3)
        assert Appeal.objects.count() == 2

    def test_an_answer_ends_it(self, registration):
        answer(say(registration, 2)[0])

        with pytest.raises(absences.AbsenceSaidBefore):
            say(registration, 2)
        assert sayable(registration, EVENING) == [3]
        assert Appeal.objects.get().verdict == "granted"

    def test_objections_of_the_same_day_leave_it_sayable_and_it_leaves_them(self, registration):
        fields = {"user": registration.participant.user, "session": registration.session, "asked_at": EVENING}
        Appeal.objects.bulk_create(Appeal(code=f"{number}", text="Tolong", **fields) for number in range(2))
        say(registration, 2, 3)

        self.object(registration)
        take_back(registration, 2)
        assert say(registration, 2)
        with pytest.raises(appeals.TooManyAppeals):
            self.object(registration, code="wrong_data")

    def object(self, registration, code="already_begun"):
        session = at_hand(registration).session
        user = registration.participant.user
        appeals.submit(user=user, session=session, code=code, text="Tolong", now=EVENING)


class TestAnew:
    """What was said stands for one registration and one date."""

    def test_who_lets_go_and_registers_anew_can_say_it_anew(self, registration):
        say(registration, 2, now=MORNING)
        registrations.cancel(registration=registration, now=MORNING)
        again = make_registration(registration.session, participant=registration.participant)

        assert sayable(again, MORNING) == [1, 2, 3]
        assert say(again, 2, now=MORNING)[0].registration == again
        take_back(again, 2, now=MORNING)
        assert Appeal.objects.get().registration == registration

    def test_of_a_day_that_is_moved_nothing_was_said(self, registration):
        answer(say(registration, 2, now=MORNING)[0])
        (kept,) = say(registration, 3, now=MORNING)
        days = [sessions.Day(day.date, day.starts_at, day.ends_at) for day in registration.session.days.all()]
        days[1], days[2] = days[2], replace(days[2], date=date(2025, 12, 19))
        venue = registration.session.venue
        sessions.reschedule(session=registration.session, days=days, venue=venue, now=MORNING, by=make_coordinator())

        at_hand(registration)
        kept.session = registration.session
        assert (kept.missed_day.number, kept.is_moot) == (2, False)  # the day is now the second
        assert sayable(registration, MORNING) == [1, 3]
        answered = Appeal.objects.exclude(verdict="").get()
        answered.session, answered.registration = registration.session, registration
        assert answered.is_moot

    def test_of_a_registration_and_a_day_there_is_one_word(self, registration):
        (said,) = say(registration, 2)
        fields = {"session": said.session, "registration": registration, "code": said.code, "asked_at": EVENING}

        with pytest.raises(IntegrityError, match="one_word_per_day_to_miss"), transaction.atomic():
            Appeal.objects.create(user=make_coordinator(), text="", **fields)

    def test_no_word_is_without_a_registration(self, registration):
        fields = {"user": registration.participant.user, "session": registration.session, "asked_at": EVENING}

        with pytest.raises(IntegrityError, match="absence_is_of_a_registration"), transaction.atomic():
            Appeal.objects.create(code="absence_2025-12-17", text="", **fields)

    def test_whatever_else_is_said_has_words(self, registration):
        fields = {"user": registration.participant.user, "session": registration.session, "asked_at": EVENING}

        with pytest.raises(IntegrityError, match="appeal_says_something"), transaction.atomic():
            Appeal.objects.create(code="full", text="", **fields)


def test_words_of_numbered_days_became_words_of_dates(registration):
    migration = import_module("participants.migrations.0050_name_missed_days_by_their_dates")
    say(registration, 2, 3)
    codes = Appeal.objects.order_by("code").values_list("code", flat=True)
    with connection.cursor() as cursor:
        cursor.execute(migration.BY_NUMBER)
        assert list(codes.all()) == ["absence_2", "absence_3"]
        cursor.execute(migration.BY_DATE)
    assert list(codes.all()) == ["absence_2025-12-17", "absence_2025-12-18"]


class TestTakeBack:
    def test_leaves_nothing_and_it_can_be_said_again(self, registration):
        say(registration, 2)

        take_back(registration, 2, now=MORNING + DAY)

        assert not Appeal.objects.exists()
        assert say(registration, 2)

    def test_is_refused_once_the_day_begins(self, registration):
        say(registration, 2)

        with pytest.raises(absences.NothingToTakeBack):
            take_back(registration, 2, now=MORNING + DAY + HOUR)
        assert Appeal.objects.count() == 1

    def test_is_refused_once_it_is_answered(self, registration):
        answer(say(registration, 2)[0])

        with pytest.raises(absences.NothingToTakeBack):
            take_back(registration, 2)
        assert Appeal.objects.get().verdict == "granted"

    def test_touches_nothing_of_somebody_else_nor_of_another_day(self, registration):
        say(make_registration(registration.session), 2)
        say(registration, 3)

        with pytest.raises(absences.NothingToTakeBack):
            take_back(registration, 2)
        assert Appeal.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_an_answer_and_a_word_taken_back_at_once_leave_one_of_them():
    registration, staff = make_registration(make_session()), make_coordinator()
    (appeal,) = say(registration, 2)

    def answer():
        appeals.answer(appeal=appeal, verdict="granted", text="Baik.", by=staff, now=EVENING)

    outcomes = at_once([answer, lambda: take_back(registration, 2)])

    kept = Appeal.objects.filter(verdict="granted").count()
    assert Deed.objects.filter(what=Deed.What.ANSWERED).count() == kept
    told = ["NoneType", "NothingToTakeBack"] if kept else ["TakenBack", "NoneType"]
    assert [type(outcome).__name__ for outcome in outcomes] == told


@pytest.mark.django_db(transaction=True)
def test_a_word_said_while_the_seat_is_let_go_is_refused_or_moot():
    registration = make_registration(make_session())
    seen = at_hand(registration)

    said, cancelled = at_once(
        [
            lambda: absences.say(registration=seen, days=on(2), text="", now=MORNING),
            lambda: registrations.cancel(registration=registration, now=MORNING),
        ]
    )

    assert not isinstance(cancelled, Exception)
    assert Appeal.objects.count() == (0 if isinstance(said, absences.NoDayToMiss) else 1)
    assert not queries.still_waiting(Appeal.objects.all(), now=MORNING).exists()


@pytest.mark.django_db
@pytest.mark.parametrize("lets_go", [False, True])
def test_the_answer_asks_nobody_to_come_whose_seat_is_gone(lets_go):
    registration = make_registration(make_session())
    (appeal,) = say(registration, 2)
    if lets_go:
        registrations.cancel(registration=registration, now=MORNING)
    appeals.answer(appeal=appeal, verdict="granted", text="Baik.", by=make_coordinator(), now=EVENING)

    told = mail(Notification.objects.get(kind="absence_answered"), now=EVENING)

    assert ("Tinggal tunjukkan tiketmu" in told.body) is not lets_go
