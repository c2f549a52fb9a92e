"""People's own data: nobody comes of age by typing another birth date once a guardian had to decide."""

import uuid
from datetime import date, datetime, timedelta

import pytest

from participants.models import Participant, Registration
from participants.operations import appeals, erasures, guardians, participants, profiles, registrations, withdrawals
from participants.operations.registrations import Profile
from tests.factories import (
    ADULT_BORN,
    DURING_REGISTRATION,
    MINOR_BORN,
    WIB,
    make_coordinator,
    make_participant,
    make_program,
    make_session,
    register,
)

pytestmark = pytest.mark.django_db
NOW = DURING_REGISTRATION
ADULT = {"phone": "+6281234567890", "occupation": "school"}


@pytest.fixture
def minor():
    return register(make_session(), make_participant(birth_date=MINOR_BORN), guardian_email="ibu@example.com")


def answer(minor, *, agrees):
    signed = (
        {"signer_name": "Ibu Wati", "signer_relation": "ibu"} if agrees else {"signer_name": "", "signer_relation": ""}
    )
    request = minor.guardian_requests.get()
    return guardians.answer(request=request, agrees=agrees, language="id", now=NOW, **signed)


def take_back(minor):
    request = answer(minor, agrees=True)
    request.refresh_from_db()
    withdrawals.withdraw_as_guardian(request=request, signer_name="Ibu Wati", now=NOW)


def say_no(minor):
    answer(minor, agrees=False)


def be_silent(minor):
    guardians.expire_due(now=NOW + timedelta(hours=72))


def cancel(minor):
    registrations.cancel(registration=minor, now=NOW)


def cancel_after_the_yes(minor):
    answer(minor, agrees=True)
    cancel(minor)


def come_again(minor, born, *, session=None, now=NOW, guardian="ibu@example.com"):
    is_minor = born.year > 2007
    session = session or minor.session
    return registrations.enrol(
        user=minor.participant.user,
        session=session,
        profile=Profile("Ani Wonda", born, session.region, "id", **({} if is_minor else ADULT)),
        purposes=["training"],
        form_key=uuid.uuid4(),
        guardian_email=guardian if is_minor else "",
        now=now,
    )


@pytest.mark.parametrize("end", [say_no, take_back, be_silent, cancel, cancel_after_the_yes])
def test_nobody_comes_of_age_by_another_birth_date(minor, end):
    end(minor)

    with pytest.raises(participants.BirthDateDiffers) as refused:
        come_again(minor, date(2004, 3, 2))

    assert (refused.value.about, refused.value.appeal) == (minor.session, "wrong_data")
    assert not Registration.objects.live().exists()


@pytest.mark.parametrize("end", [be_silent, cancel])
def test_a_minor_comes_again_as_the_minor_they_are(minor, end):
    end(minor)

    assert come_again(minor, MINOR_BORN).guardian == "asked"


def test_a_minor_does_not_come_nearer_to_being_of_age(minor):
    cancel(minor)

    with pytest.raises(participants.BirthDateDiffers):
        come_again(minor, date(2008, 1, 1))
    assert come_again(minor, date(2010, 1, 1)).guardian == "asked"


def test_after_erasing_only_the_month_until_which_a_guardian_decides_is_known(minor):
    take_back(minor)

    person = Participant.objects.get()
    assert (person.birth_date, person.guardian_until) == (date(2009, 1, 1), date(2027, 4, 1))


def test_a_minor_erased_twice_is_no_older_for_it(minor):
    take_back(minor)
    again = come_again(minor, date(2009, 1, 2))
    take_back_again = again.guardian_requests.get()
    guardians.answer(
        request=take_back_again, agrees=True, signer_name="Pak Ali", signer_relation="ayah", language="id", now=NOW
    )
    take_back_again.refresh_from_db()
    withdrawals.withdraw_as_guardian(request=take_back_again, signer_name="Pak Ali", now=NOW)

    assert Participant.objects.get().guardian_until == date(2027, 4, 1)


def test_whoever_came_of_age_since_registers_for_themselves(minor):
    take_back(minor)
    opens = datetime(2027, 3, 1, tzinfo=WIB)
    program = make_program(registration_opens=opens, starts_on=date(2027, 4, 1), ends_on=date(2027, 4, 3))
    later = make_session(program=program, first_day=date(2027, 4, 1))

    assert come_again(minor, date(2007, 12, 1), session=later, now=opens).guardian == "not_needed"


def test_a_coordinators_correction_opens_the_way(minor):
    cancel(minor)
    staff = make_coordinator(minor.region)
    again = come_again(minor, MINOR_BORN)
    profiles.correct(registration=again, birth_date=ADULT_BORN, by=staff, now=NOW)
    registrations.cancel(registration=again, now=NOW)

    assert come_again(minor, ADULT_BORN).guardian == "not_needed"


def test_with_the_account_the_month_goes(minor):
    take_back(minor)

    erasures.erase([minor.participant_id], now=NOW)

    assert Participant.objects.get().guardian_until is None


@pytest.mark.parametrize("end", [say_no, take_back, be_silent, cancel])
def test_whoever_is_refused_finds_somebody_who_puts_it_right(minor, end):
    end(minor)
    user = minor.participant.user

    appeal = appeals.submit(user=user, session=minor.session, code="wrong_data", text="Tahunnya keliru.", now=NOW)
    assert appeal.registration == minor
    minor.refresh_from_db()
    profiles.correct(registration=minor, birth_date=ADULT_BORN, by=make_coordinator(minor.region), now=NOW)

    assert come_again(minor, ADULT_BORN).guardian == "not_needed"


def test_of_an_erased_person_a_correction_keeps_only_a_month(minor):
    take_back(minor)
    minor.refresh_from_db()

    profiles.correct(
        registration=minor, full_name="Ani", birth_date=date(2008, 2, 3), by=make_coordinator(minor.region), now=NOW
    )

    person = Participant.objects.get()
    assert (person.full_name, person.birth_date) == (Participant.ERASED, date(2009, 1, 1))
    assert person.guardian_until == date(2026, 3, 1)


def test_an_earlier_registration_leads_nobody_to_what_stands(minor):
    cancel(minor)
    again = come_again(minor, MINOR_BORN, session=make_session(program=minor.program))
    minor.refresh_from_db()

    with pytest.raises(registrations.NotLive):
        profiles.correct(registration=minor, full_name="Budi", by=make_coordinator(minor.region), now=NOW)
    with pytest.raises(appeals.NothingToAppeal):
        appeals.submit(user=again.participant.user, session=minor.session, code="wrong_data", text="x", now=NOW)


def test_of_whom_older_code_erased_only_the_year_is_known_and_they_are_taken_for_the_younger(minor):
    take_back(minor)
    Participant.objects.update(guardian_until=None)

    with pytest.raises(participants.BirthDateDiffers):
        come_again(minor, ADULT_BORN)
    person = Participant.objects.get()
    assert participants.makes_older(person, ADULT_BORN, on=date(2027, 12, 31))
    assert not participants.makes_older(person, ADULT_BORN, on=date(2028, 1, 1))
