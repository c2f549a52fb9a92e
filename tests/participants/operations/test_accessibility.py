"""What people need prepared: one request a registration, with an owner and an answer to just what was read."""

from datetime import timedelta
from functools import partial

import pytest
from django.db import IntegrityError, transaction

from participants.models import AccessibilityRequest, Notification, Registration
from participants.operations import accessibility, profiles, truths
from tests.factories import (
    DURING_REGISTRATION,
    MINOR_BORN,
    make_coordinator,
    make_participant,
    make_registration,
    make_session,
)
from tests.races import at_once, meeting

NOW = DURING_REGISTRATION
LATER = NOW + timedelta(hours=1)


def say(registration, need="jalur kursi roda", *, now=NOW):
    return accessibility.say(registration=registration, need=need, now=now)


def answer(request, by, *, version=1, text="Bisa, di pintu utara."):
    return accessibility.answer(request=request, version=version, kind="can", text=text, by=by, now=NOW)


def row():
    return AccessibilityRequest.objects.get()


@pytest.fixture
def registration(db):
    return make_registration(make_session())


class TestSay:
    def test_asks_once_and_changes_until_answered(self, registration):
        say(registration)
        say(registration, now=LATER)
        assert (row().version, row().asked_at) == (1, NOW)

        say(registration, "juru bahasa isyarat", now=LATER)

        assert (row().need, row().version, row().asked_at) == ("juru bahasa isyarat", 2, LATER)

    def test_opens_an_answered_one_again_when_the_need_changes(self, registration):
        staff = make_coordinator()
        answer(say(registration), staff)
        say(registration)
        assert not row().is_open

        say(registration, "juru bahasa isyarat")

        assert (row().is_open, row().answer, row().owner) == (True, "", staff)

    def test_nothing_takes_it_back(self, registration):
        say(registration)

        assert say(registration, "") is None
        assert not AccessibilityRequest.objects.exists()

    @pytest.mark.parametrize(
        "fields",
        [
            {"guardian": "asked"},
            {"place": "released", "released_at": NOW, "release_reason": "cancelled_by_self"},
        ],
    )
    def test_keeps_nothing_before_the_guardians_yes_and_after_the_end(self, registration, fields):
        Registration.objects.filter(pk=registration.pk).update(**fields)

        say(registration)

        assert not AccessibilityRequest.objects.exists()

    def test_the_database_keeps_nothing_of_a_minor_before_the_yes(self, registration):
        Registration.objects.filter(pk=registration.pk).update(guardian="asked")
        with pytest.raises(IntegrityError, match="guardian's yes"), transaction.atomic():
            AccessibilityRequest.objects.create(registration=registration, need="x", asked_at=NOW)


class TestProfile:
    def test_saving_asks_at_every_session_ahead(self, registration):
        person = registration.participant
        over = make_registration(make_session(), participant=person)
        over.session.days.update(ends_at="10:00")
        over.session.days.filter(number=1).update(date="2024-01-01")
        over.session.days.exclude(number=1).delete()

        profiles.change(participant=person, accessibility_needs="huruf besar", now=NOW)
        profiles.change(participant=person, full_name="Siti", now=NOW)

        assert (row().registration, row().need) == (registration, "huruf besar")

    def test_completing_asks_after_the_yes(self, db):
        child = make_participant(birth_date=MINOR_BORN, phone="", occupation="")
        given = make_registration(make_session(), participant=child, guardian="given")

        profiles.change(
            participant=child, phone="+628123456789", occupation="school", accessibility_needs="huruf besar", now=NOW
        )

        assert row().registration == given
        assert child.accessibility_needs == "huruf besar"


class TestFollow:
    def test_takes_the_need_along_and_asks_again(self, registration):
        answer(say(registration), make_coordinator())
        new = make_registration(make_session(), place="queued", queue_number=1)

        accessibility.follow(old=registration, new=new, now=LATER)

        assert (row().registration, row().need, row().is_open) == (new, "jalur kursi roda", True)
        assert (row().version, row().asked_at, row().owner) == (2, LATER, None)

    def test_keeps_the_owner_within_the_region(self, registration):
        staff = make_coordinator()
        accessibility.take(request=say(registration), instead_of=None, by=staff, now=NOW)
        new = make_registration(make_session(region=registration.region))

        accessibility.follow(old=registration, new=new, now=LATER)

        assert row().owner == staff

    def test_does_nothing_where_nothing_is_needed_or_said_anew(self, registration):
        new = make_registration(make_session())
        assert accessibility.follow(old=registration, new=new, now=LATER) is None
        say(registration)
        say(new, "huruf besar")

        assert accessibility.follow(old=registration, new=new, now=LATER) is None
        assert AccessibilityRequest.objects.get(registration=new).need == "huruf besar"


class TestTake:
    def test_makes_an_owner_and_may_be_pressed_twice(self, registration):
        request, staff = say(registration), make_coordinator()
        for _press in range(2):
            accessibility.take(request=request, instead_of=None, by=staff, now=NOW)

        assert row().owner == staff

    def test_takes_over_only_from_whom_the_page_showed(self, registration):
        request, first, second = say(registration), make_coordinator(), make_coordinator()
        accessibility.take(request=request, instead_of=None, by=first, now=NOW)
        with pytest.raises(accessibility.TakenBefore):
            accessibility.take(request=request, instead_of=None, by=second, now=NOW)
        assert row().owner == first

        accessibility.take(request=request, instead_of=first.pk, by=second, now=NOW)

        assert row().owner == second


class TestAnswer:
    def test_is_told_and_makes_an_owner(self, registration):
        staff = make_coordinator()
        answer(say(registration), staff)

        message = Notification.objects.get()
        assert (message.kind, message.registration, row().owner) == ("need_answered", registration, staff)
        assert truths.untrue(message, NOW) == ""

    def test_is_told_again_after_a_change_and_the_old_message_dies(self, registration):
        staff = make_coordinator()
        answer(say(registration), staff)
        say(registration, "juru bahasa isyarat")
        first = Notification.objects.get()
        assert truths.untrue(first, NOW) != ""

        answer(row(), staff, version=2)

        assert [truths.untrue(message, NOW) == "" for message in Notification.objects.order_by("pk")] == [
            False,
            True,
        ]

    def test_refuses_an_answer_to_what_is_no_longer_asked(self, registration):
        request = say(registration)
        say(registration, "juru bahasa isyarat")
        with pytest.raises(accessibility.NeedChanged):
            answer(request, make_coordinator(), version=1)

        assert row().is_open
        assert not Notification.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_members_of_staff_give_one_answer():
    request = say(make_registration(make_session()))
    staff = [make_coordinator() for _number in range(4)]

    results = at_once([partial(answer, request, by, text=f"Jawaban {by.pk}") for by in staff])

    assert sum(isinstance(result, accessibility.AnsweredBefore) for result in results) == 3
    assert row().answer == f"Jawaban {row().answered_by_id}"
    assert Notification.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_more_than_one_believes_to_have_answered(monkeypatch):
    request = say(make_registration(make_session()))
    staff = [make_coordinator() for _number in range(4)]
    rows = type(AccessibilityRequest.objects.all())
    monkeypatch.setattr(rows, "select_for_update", lambda rows, **_options: rows)
    is_open = meeting(AccessibilityRequest.is_open.fget, number=4)
    monkeypatch.setattr(AccessibilityRequest, "is_open", property(is_open))

    results = at_once([partial(answer, request, by) for by in staff])

    assert sum(isinstance(result, AccessibilityRequest) for result in results) == 4
