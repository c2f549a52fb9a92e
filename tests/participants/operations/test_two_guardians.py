"""Two parents who were asked about two editions: each answers for the one, and the no of either stands all the same."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.db import connection

from participants.models import GuardianRequest
from participants.operations import appeals, guardian_refusals, guardians, withdrawals
from tests.factories import (
    DURING_REGISTRATION,
    MINOR_BORN,
    make_coordinator,
    make_participant,
    make_program,
    make_session,
    register,
)
from tests.participants.operations.keeping import keep
from tests.participants.operations.test_participants import come_again

pytestmark = pytest.mark.django_db
NOW = DURING_REGISTRATION
MOTHER, FATHER, COUSIN = "ibu@example.com", "ayah@example.com", "sepupu@example.com"


@pytest.fixture
def child():
    return make_participant(birth_date=MINOR_BORN)


@pytest.fixture
def first(child):
    return register(make_session(), child, guardian_email=MOTHER)


@pytest.fixture
def second(child, first):
    program = make_program(slug="lain")
    return register(make_session(program=program, region=first.region, slug="lain"), child, guardian_email=FATHER)


def at(minute):
    return NOW + timedelta(minutes=minute)


def say(registration, agrees, minute):
    signed = ("Wali", "orang tua") if agrees else ("", "")
    request = registration.guardian_requests.get(answer="")
    return guardians.answer(
        request=request, agrees=agrees, signer_name=signed[0], signer_relation=signed[1], language="id", now=at(minute)
    )


def grant(registration, minute):
    user, code = registration.participant.user, guardian_refusals.GuardianSaidNo.code
    appeal = appeals.submit(user=user, session=registration.session, code=code, text="Ayah mau.", now=at(minute))
    by = make_coordinator(registration.region)
    return appeals.answer(appeal=appeal, verdict="granted", text="Baik.", by=by, now=at(minute))


def come(registration, guardian, minute):
    return come_again(registration, MINOR_BORN, guardian=guardian, now=at(minute))


def test_a_no_leaves_the_other_parent_their_question(first, second):
    say(first, False, 1)

    say(second, True, 2)

    second.refresh_from_db()
    assert (second.place, second.guardian) == ("seat", "given")


@pytest.mark.parametrize("minute", [0, 2])
@pytest.mark.parametrize("email", [FATHER, COUSIN])
def test_the_others_yes_ends_no_no(first, second, minute, email):
    say(first, False, 1)
    say(second, True, minute)

    with pytest.raises(guardian_refusals.GuardianSaidNo) as refused:
        come(first, email, 3)

    assert refused.value.about == first.session
    assert come(first, MOTHER, 3).guardian == "asked"


def test_the_others_yes_ends_no_no_when_every_address_is_forgotten(first, second):
    say(first, False, 1)
    say(second, True, 2)
    keep(NOW + timedelta(days=60))
    assert not GuardianRequest.objects.exclude(email="").exists()

    assert guardian_refusals.last(first.participant).request.registration == first
    say(come(first, MOTHER, 3), True, 4)
    keep(NOW + timedelta(days=60))

    assert not GuardianRequest.objects.exclude(email="").exists()
    assert guardian_refusals.last(first.participant) is None


def test_after_two_noes_neither_speaks_for_the_other(first, second):
    say(first, False, 1)
    say(second, False, 2)

    for email in (MOTHER, FATHER, COUSIN):
        with pytest.raises(guardian_refusals.GuardianSaidNo) as refused:
            come(first, email, 3)
        assert refused.value.about == second.session
    grant(second, 4)
    assert come(first, FATHER, 5).guardian == "asked"


def test_what_a_coordinator_granted_ends_the_no_with_the_yes_that_was_asked_for_then(first, second):
    say(first, False, 1)
    grant(first, 2)
    say(second, True, 3)
    assert guardian_refusals.last(first.participant).request.registration == first

    say(come(first, FATHER, 4), True, 5)

    assert guardian_refusals.last(first.participant) is None


def test_the_other_parents_letter_can_be_sent_again_but_to_nobody_else(first, second):
    say(first, False, 1)

    assert guardians.ask_again(registration=second, email="Ayah+lagi@example.com", now=at(2)).email
    with pytest.raises(guardian_refusals.GuardianSaidNo):
        guardians.ask_again(registration=second, email=COUSIN, now=at(3))


def take_back_of_the_first(first, second):
    request = say(first, True, 1)
    say(second, True, 2)
    request.refresh_from_db()
    withdrawals.withdraw_as_guardian(request=request, signer_name="Wali", now=at(3))
    return request


def test_who_took_the_yes_back_is_asked_again_and_not_who_agreed_last(first, second):
    take_back_of_the_first(first, second)

    with pytest.raises(guardian_refusals.GuardianSaidNo):
        come(second, FATHER, 4)
    assert come(second, MOTHER, 4).guardian == "asked"


def test_of_what_was_taken_back_before_the_last_who_agreed_is_remembered(first, second):
    request = take_back_of_the_first(first, second)
    GuardianRequest.objects.update(taken_back_at=None)
    remember = import_module("participants.migrations.0062_know_again_which_guardian_said_no").REMEMBER

    with connection.cursor() as cursor:
        cursor.execute(remember)

    request.refresh_from_db()
    assert (request.taken_back_at, second.guardian_requests.get().taken_back_at) == (None, at(3))
