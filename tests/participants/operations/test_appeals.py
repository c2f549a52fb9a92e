"""Appeals: only against what was decided, once while it waits, three a day; answered once, whoever presses first."""

from datetime import UTC, date, timedelta
from functools import partial

import pytest
from django.db import IntegrityError, connection, transaction

from participants.models import Appeal, Notification, Registration
from participants.operations import appeals
from programs.models import TrainingSession
from tests.factories import (
    DURING_REGISTRATION,
    OPENS,
    make_coordinator,
    make_participant,
    make_registration,
    make_session,
    make_user,
)
from tests.races import at_once, meeting

NOW = DURING_REGISTRATION
RELEASED = {"place": "released", "released_at": NOW, "release_reason": "guardian_expired"}
CLOSED = NOW + timedelta(days=14)


def submit(registration, code="guardian_expired", *, now=NOW, text="Waliku sudah menjawab."):
    session = TrainingSession.objects.with_places().get(pk=registration.session_id)
    return appeals.submit(user=registration.participant.user, session=session, code=code, text=text, now=now)


def answer(appeal, by, *, text="Sudah kami periksa.", verdict="explained", now=NOW):
    return appeals.answer(appeal=appeal, verdict=verdict, text=text, by=by, now=now)


def decided(user, session, code, *, now=NOW):
    session = TrainingSession.objects.with_places().get(pk=session.pk)
    found = appeals.decision(user=user, session=session, code=code, now=now)
    return found and [str(fact.words or fact.at or fact.on) for fact in found.facts]


@pytest.fixture
def released(db):
    return make_registration(make_session(), **RELEASED)


class TestDecision:
    def test_of_a_released_registration_is_its_reason_and_no_other(self, released):
        user = released.participant.user

        assert decided(user, released.session, "guardian_expired") == [str(NOW.astimezone(UTC))] * 2
        assert decided(user, released.session, "guardian_refused") is None
        assert decided(make_user(), released.session, "guardian_expired") is None

    def test_names_the_window_and_the_birth_date_where_there_is_one(self, db):
        session = make_session()
        old = make_participant(birth_date=date(1990, 1, 1))

        assert decided(old.user, session, "not_eligible") == ["1997-01-01", "2012-12-31", "1990-01-01"]
        assert decided(make_user(), session, "not_eligible")[2].startswith("yang kamu tulis")
        assert decided(make_participant().user, session, "not_eligible") is None

    def test_follows_the_session(self, db):
        session, user = make_session(capacity=1), make_user()
        before = OPENS - timedelta(days=1)
        codes = ["not_open_yet", "registration_closed", "session_cancelled", "full"]

        def standing(now):
            return [code for code in codes if decided(user, session, code, now=now)]

        assert [standing(now) for now in (before, NOW, CLOSED)] == [["not_open_yet"], [], ["registration_closed"]]
        make_registration(session)
        assert standing(NOW) == ["full"]
        TrainingSession.objects.filter(pk=session.pk).update(status="cancelled")
        assert standing(NOW) == ["session_cancelled"]

    def test_tells_the_queue_its_place(self, db):
        session = make_session(capacity=1)
        make_registration(session)
        waiting = make_registration(session, place="queued", queue_number=4)

        assert decided(waiting.participant.user, session, "full") == ["1 / 1", "1"]

    @pytest.mark.parametrize("code", ["", "busy", "x" * 500, "guardian_asked", "cancelled_by_self"])
    def test_there_is_none_under_an_unknown_code(self, released, code):
        assert decided(released.participant.user, released.session, code) is None


@pytest.mark.django_db
class TestSubmit:
    def test_keeps_what_was_said_with_its_registration(self, released):
        appeal = submit(released)

        assert (appeal.registration, appeal.text, appeal.is_open) == (released, "Waliku sudah menjawab.", True)
        assert not Notification.objects.exists()

    def test_refuses_what_was_not_decided_and_what_says_nothing(self, released):
        for code, text in [("guardian_refused", "x"), ("guardian_expired", "")]:
            with pytest.raises(appeals.NothingToAppeal):
                submit(released, code, text=text)
        assert not Appeal.objects.exists()

    def test_refuses_a_second_while_the_first_waits(self, released):
        first = submit(released)
        with pytest.raises(appeals.AlreadyAppealed):
            submit(released)

        answer(first, make_coordinator())

        assert submit(released).pk != first.pk

    def test_takes_three_a_day(self, released):
        staff = make_coordinator()
        for _number in range(3):
            answer(submit(released), staff)
        with pytest.raises(appeals.TooManyAppeals):
            submit(released)

        assert submit(released, now=NOW + timedelta(days=1)).is_open


@pytest.mark.django_db
class TestAnswer:
    def test_is_kept_and_told_to_the_account(self, released):
        staff, appeal = make_coordinator(), submit(released)

        answer(appeal, staff, verdict="granted")

        appeal.refresh_from_db()
        assert (appeal.verdict, appeal.answer, appeal.answered_by) == ("granted", "Sudah kami periksa.", staff)
        row = Notification.objects.get()
        assert (row.kind, row.account, row.region_id) == (
            "appeal_answered",
            released.participant.user,
            released.region_id,
        )

    def test_changes_no_registration(self, released):
        answer(submit(released), make_coordinator(), verdict="granted")

        assert Registration.objects.get(pk=released.pk).place == "released"

    def test_the_second_is_refused(self, released):
        appeal = submit(released)
        answer(appeal, make_coordinator())
        with pytest.raises(appeals.AnsweredBefore):
            answer(appeal, make_coordinator(), text="Lain")

        assert Appeal.objects.get().answer == "Sudah kami periksa."
        assert Notification.objects.count() == 1


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_two_members_of_staff_give_one_answer(self):
        appeal = submit(make_registration(make_session(), **RELEASED))
        staff = [make_coordinator() for _number in range(4)]

        results = at_once([partial(answer, appeal, by, text=f"Jawaban {by.pk}") for by in staff])

        assert sum(isinstance(result, appeals.AnsweredBefore) for result in results) == 3
        row = Appeal.objects.get()
        assert row.answer == f"Jawaban {row.answered_by_id}"
        assert Notification.objects.filter(kind="appeal_answered").count() == 1

    def test_control_without_the_lock_more_than_one_believes_to_have_answered(self, monkeypatch):
        appeal = submit(make_registration(make_session(), **RELEASED))
        staff = [make_coordinator() for _number in range(4)]
        monkeypatch.setattr(type(Appeal.objects.all()), "select_for_update", lambda rows, **_options: rows)
        monkeypatch.setattr(Appeal, "is_open", property(meeting(Appeal.is_open.fget, number=4)))

        results = at_once([partial(answer, appeal, by) for by in staff])

        assert sum(isinstance(result, Appeal) for result in results) == 4

    def test_one_person_pressing_five_times_appeals_once(self):
        released = make_registration(make_session(), **RELEASED)

        results = at_once([partial(submit, released)] * 5)

        assert sum(isinstance(result, appeals.AlreadyAppealed) for result in results) == 4
        assert Appeal.objects.count() == 1


@pytest.mark.django_db
class TestDatabase:
    @pytest.mark.parametrize(
        ("change", "constraint"),
        [
            ("verdict = 'granted'", "appeal_answer_is_whole"),
            ("answered_at = now()", "appeal_answer_is_whole"),
            ("text = ''", "appeal_says_something"),
        ],
    )
    def test_refuses_half_an_answer_and_silence(self, released, change, constraint):
        submit(released)
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE participants_appeal SET {change}")

    def test_refuses_a_registration_of_another_session(self, released):
        submit(released)
        elsewhere = make_session()
        with (
            pytest.raises(IntegrityError, match="appeal_about_a_registration_of_its_session"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute("UPDATE participants_appeal SET session_id = %s", [elsewhere.pk])

    def test_refuses_a_second_open_one(self, released):
        appeal = submit(released)
        appeal.pk, appeal.public_id = None, "00000000-0000-4000-8000-000000000000"
        with pytest.raises(IntegrityError, match="one_open_appeal_per_decision"), transaction.atomic():
            appeal.save(force_insert=True)
