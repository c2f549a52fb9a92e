"""After a guardian's no, or a yes taken back, another is asked only when a coordinator has agreed."""

from datetime import timedelta

import pytest

from participants.models import GuardianRequest, Registration
from participants.operations import appeals, erasures, guardian_refusals, guardians, profiles
from tests.factories import (
    ADULT_BORN,
    DURING_REGISTRATION,
    MINOR_BORN,
    make_coordinator,
    make_participant,
    make_session,
    register,
)
from tests.participants.operations.keeping import keep
from tests.participants.operations.test_participants import be_silent, come_again, say_no, take_back

pytestmark = pytest.mark.django_db
NOW = DURING_REGISTRATION
FATHER = "ayah@example.com"


@pytest.fixture
def minor():
    return register(make_session(), make_participant(birth_date=MINOR_BORN), guardian_email="ibu@example.com")


def ask_a_coordinator(minor, *, verdict, now=NOW + timedelta(minutes=1)):
    appeal = appeals.submit(
        user=minor.participant.user, session=minor.session, code="guardian_said_no", text="Ayah mau.", now=now
    )
    appeals.answer(appeal=appeal, verdict=verdict, text="Baik.", by=make_coordinator(minor.region), now=now)
    return appeal


@pytest.mark.parametrize("end", [say_no, take_back])
def test_no_other_is_asked(minor, end):
    end(minor)

    with pytest.raises(guardian_refusals.GuardianSaidNo) as refused:
        come_again(minor, MINOR_BORN, guardian=FATHER)

    assert refused.value.about == minor.session
    assert not GuardianRequest.objects.filter(email=FATHER).exists()


@pytest.mark.parametrize("end", [say_no, take_back])
@pytest.mark.parametrize("email", ["ibu@example.com", "Ibu+lagi@Example.com"])
def test_who_said_no_may_be_asked_again(minor, end, email):
    end(minor)

    assert come_again(minor, MINOR_BORN, guardian=email).guardian == "asked"


def test_who_was_silent_said_no_no(minor):
    be_silent(minor)

    assert come_again(minor, MINOR_BORN, guardian=FATHER).guardian == "asked"


def test_nobody_swaps_the_guardian_while_the_first_is_asked_again(minor):
    say_no(minor)
    again = come_again(minor, MINOR_BORN)

    with pytest.raises(guardian_refusals.GuardianSaidNo):
        guardians.ask_again(registration=again, email=FATHER, now=NOW)


@pytest.mark.parametrize("end", [say_no, take_back])
def test_a_coordinator_who_grants_it_opens_the_way(minor, end):
    end(minor)

    assert ask_a_coordinator(minor, verdict="granted").registration == minor
    assert come_again(minor, MINOR_BORN, guardian=FATHER).guardian == "asked"


def test_a_coordinator_who_declines_does_not(minor):
    say_no(minor)
    ask_a_coordinator(minor, verdict="declined")

    with pytest.raises(guardian_refusals.GuardianSaidNo):
        come_again(minor, MINOR_BORN, guardian=FATHER)


def test_what_was_granted_ends_with_the_next_no(minor):
    say_no(minor)
    ask_a_coordinator(minor, verdict="granted")
    later = NOW + timedelta(hours=1)
    again = come_again(minor, MINOR_BORN, guardian=FATHER, now=later)
    guardians.answer(
        request=again.guardian_requests.get(),
        agrees=False,
        signer_name="",
        signer_relation="",
        language="id",
        now=later,
    )

    with pytest.raises(guardian_refusals.GuardianSaidNo):
        come_again(minor, MINOR_BORN, guardian="paman@example.com", now=later)


def forget_the_address():
    assert keep(NOW + timedelta(days=8))["guardian addresses"] == 1
    assert not GuardianRequest.objects.exclude(email="").exists()


@pytest.mark.parametrize("end", [say_no, take_back])
@pytest.mark.parametrize("email", ["ibu@example.com", "Ibu+lagi@Example.com"])
def test_who_said_no_may_be_asked_again_after_their_address_is_forgotten(minor, end, email):
    end(minor)
    forget_the_address()

    assert come_again(minor, MINOR_BORN, guardian=email).guardian == "asked"


@pytest.mark.parametrize("end", [say_no, take_back])
def test_no_other_is_asked_after_the_address_is_forgotten(minor, end):
    end(minor)
    forget_the_address()

    with pytest.raises(guardian_refusals.GuardianSaidNo):
        come_again(minor, MINOR_BORN, guardian=FATHER)


def test_who_said_no_is_known_again_by_an_earlier_key_of_the_server(minor, settings):
    say_no(minor)
    forget_the_address()
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "n" * 60

    with pytest.raises(guardian_refusals.GuardianSaidNo):
        come_again(minor, MINOR_BORN, guardian=FATHER)
    assert come_again(minor, MINOR_BORN).guardian == "asked"


def test_of_who_never_answered_no_mark_is_kept(minor):
    be_silent(minor)
    assert keep(NOW + timedelta(days=11))["guardian addresses"] == 1

    assert (minor.guardian_requests.get().email, minor.guardian_requests.get().inbox_hash) == ("", "")


def test_the_mark_goes_with_the_account(minor):
    say_no(minor)
    forget_the_address()
    assert len(minor.guardian_requests.get().inbox_hash) == 64

    erasures.erase([minor.participant_id], now=NOW)

    assert minor.guardian_requests.get().inbox_hash == ""


def test_without_a_mark_of_the_inbox_a_coordinator_decides(minor):
    say_no(minor)
    GuardianRequest.objects.update(email="")

    with pytest.raises(guardian_refusals.GuardianSaidNo):
        come_again(minor, MINOR_BORN)


def test_a_yes_since_leaves_the_choice_free(minor):
    say_no(minor)
    later = NOW + timedelta(hours=1)
    again = come_again(minor, MINOR_BORN, now=later)
    guardians.answer(
        request=again.guardian_requests.get(),
        agrees=True,
        signer_name="Ibu Wati",
        signer_relation="ibu",
        language="id",
        now=later,
    )

    assert guardian_refusals.last(minor.participant) is None


def test_staff_name_whom_they_have_spoken_to(minor):
    say_no(minor)
    adult = register(make_session(), make_participant(birth_date=ADULT_BORN))
    Registration.objects.filter(pk=minor.pk).update(participant=adult.participant)

    profiles.correct(
        registration=adult,
        birth_date=MINOR_BORN,
        guardian_email=FATHER,
        by=make_coordinator(adult.region),
        now=NOW,
    )

    assert adult.guardian_requests.get().email == FATHER
