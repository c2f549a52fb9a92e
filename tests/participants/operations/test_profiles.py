"""One's own data: free until the closing time, then fixed; a wrong birth date is put right with all it decides."""

import uuid
from datetime import date, timedelta

import pytest

from participants.models import AccessibilityRequest, Consent, GuardianRequest, Notification, Participant, Registration
from participants.operations import (
    accessibility,
    guardian_requests,
    guardians,
    profiles,
    registrations,
    switches,
    ticks,
)
from participants.operations.registrations import Profile
from tests.factories import (
    ADULT_BORN,
    DURING_REGISTRATION,
    MINOR_BORN,
    make_coordinator,
    make_participant,
    make_program,
    make_region,
    make_registration,
    make_session,
    make_user,
)
from tests.races import at_once

pytestmark = pytest.mark.django_db
NOW = DURING_REGISTRATION
CLOSED = NOW + timedelta(days=14)  # 16 December is the first day, 15 December 18:00 the end
CLOSED_BEFORE_THE_START = CLOSED - timedelta(hours=2)
OTHER_ADULT, OTHER_MINOR, TOO_OLD = date(2001, 1, 2), date(2010, 7, 8), date(1990, 1, 1)


@pytest.fixture
def session(db):
    return make_session()


def enrol(session, born=ADULT_BORN, purposes=("training", "partner_contact")):
    is_minor = born == MINOR_BORN
    rest = {} if is_minor else {"phone": "+6281234567890", "occupation": "school", "accessibility_needs": "lift"}
    return registrations.enrol(
        user=make_user(),
        session=session,
        profile=Profile("Siti", born, session.region, "id", **rest),
        purposes={"training"} if is_minor else set(purposes),
        form_key=uuid.uuid4(),
        guardian_email="ibu@example.com" if is_minor else "",
        now=NOW,
    )


def correct(registration, *, now=NOW, **given):
    return profiles.correct(registration=registration, by=make_coordinator(), now=now, **given)


def born():
    """What the participants' rows and the registrations' rows say."""
    return (
        *Participant.objects.values_list("birth_date", flat=True),
        *Registration.objects.order_by("pk").values_list("birth_date", flat=True),
    )


class TestChange:
    def test_is_free_for_who_is_registered_for_nothing(self, db):
        person = make_participant()
        other = make_region()

        profiles.change(participant=person, full_name="Ani", birth_date=TOO_OLD, region=other, phone="", now=CLOSED)

        person.refresh_from_db()
        assert (person.full_name, person.birth_date, person.region, person.phone) == ("Ani", TOO_OLD, other, "")

    def test_is_free_until_the_closing_time(self, session):
        person = enrol(session).participant

        profiles.change(
            participant=person, full_name="Ani", occupation="other", now=session.closes - timedelta(seconds=1)
        )

        assert Participant.objects.values_list("full_name", "occupation").get() == ("Ani", "other")

    @pytest.mark.parametrize(
        "said",
        [{"full_name": "Ani"}, {"birth_date": OTHER_ADULT}, {"occupation": "other"}, {"gender": "female"}],
    )
    def test_leaves_fixed_what_stands_on_certificates_and_in_numbers(self, session, said):
        person = enrol(session).participant

        with pytest.raises(profiles.DataIsFixed):
            profiles.change(participant=person, phone="+628111111111", now=session.closes, **said)

        assert Participant.objects.values_list("full_name", "phone").get() == ("Siti", "+6281234567890")

    def test_takes_the_phone_and_the_need_after_it(self, session):
        person = enrol(session).participant

        profiles.change(
            participant=person, full_name="Siti", phone="+628111111111", accessibility_needs="jalur", now=session.closes
        )

        assert Participant.objects.values_list("phone", flat=True).get() == "+628111111111"
        assert AccessibilityRequest.objects.values_list("need", flat=True).get() == "jalur"

    def test_is_free_again_with_the_next_edition(self, session):
        person = enrol(session).participant
        january = make_session(
            program=make_program(starts_on=date(2026, 1, 12), ends_on=date(2026, 1, 16)), first_day=date(2026, 1, 12)
        )
        registrations.register(participant=person, session=january, form_key=uuid.uuid4(), now=CLOSED)

        profiles.change(participant=person, full_name="Ani", now=CLOSED)

        assert Participant.objects.get().full_name == "Ani"

    @pytest.mark.parametrize(("first", "then"), [(ADULT_BORN, OTHER_ADULT), (MINOR_BORN, OTHER_MINOR)])
    def test_moves_the_birth_date_of_the_registration_too(self, session, first, then):
        person = enrol(session, first).participant

        profiles.change(participant=person, birth_date=then, now=NOW)

        assert born() == (then, then)

    @pytest.mark.parametrize(
        ("first", "then"), [(ADULT_BORN, MINOR_BORN), (MINOR_BORN, ADULT_BORN), (ADULT_BORN, TOO_OLD)]
    )
    def test_refuses_a_birth_date_that_changes_what_was_decided(self, session, first, then):
        person = enrol(session, first).participant

        with pytest.raises(profiles.BirthDateIsSettled):
            profiles.change(participant=person, full_name="Ani", birth_date=then, now=NOW)

        assert born() == (first, first)
        assert Participant.objects.get().full_name == "Siti"


class TestCorrect:
    def test_puts_name_and_date_right_after_the_closing_time(self, session):
        registration = enrol(session)

        correct(registration, full_name="Ani", birth_date=OTHER_ADULT, now=CLOSED)

        assert Participant.objects.get().full_name == "Ani"
        assert born() == (OTHER_ADULT, OTHER_ADULT)
        registration.refresh_from_db()
        assert (registration.guardian, registration.place) == ("not_needed", "seat")

    def test_leaves_what_is_not_given(self, session):
        correct(enrol(session), full_name="Ani")

        assert born() == (ADULT_BORN, ADULT_BORN)

    def test_asks_the_guardian_of_who_turns_out_to_be_a_minor(self, session):
        registration = enrol(session)

        correct(registration, birth_date=MINOR_BORN, guardian_email="ibu@example.com")

        registration.refresh_from_db()
        assert (registration.guardian, registration.place) == ("asked", "seat")
        assert Notification.objects.filter(kind="guardian_asked").count() == 1
        assert Participant.objects.values_list("phone", "occupation").get() == ("", "")
        assert not AccessibilityRequest.objects.exists()
        assert list(Consent.objects.standing().values_list("purpose", flat=True)) == ["training"]
        guardians.answer(
            request=GuardianRequest.objects.get(),
            agrees=True,
            signer_name="Ibu",
            signer_relation="ibu",
            language="id",
            now=NOW,
        )
        registration.refresh_from_db()
        assert registration.guardian == "given"

    def test_changes_nothing_when_it_is_not_known_whom_to_ask(self, session):
        registration = enrol(session)

        with pytest.raises(guardian_requests.GuardianNeeded):
            correct(registration, full_name="Ani", birth_date=MINOR_BORN)

        assert born() == (ADULT_BORN, ADULT_BORN)
        assert (Participant.objects.get().full_name, AccessibilityRequest.objects.count()) == ("Siti", 1)

    def test_holds_the_seat_while_a_guardian_is_asked_after_the_closing_time(self, session):
        registration = enrol(session)

        correct(registration, birth_date=MINOR_BORN, guardian_email="ibu@example.com", now=CLOSED_BEFORE_THE_START)
        ticks.tick(now=CLOSED_BEFORE_THE_START + timedelta(minutes=1), machine_now=NOW)

        registration.refresh_from_db()
        assert (registration.place, GuardianRequest.objects.get().expires_at) == ("seat", session.starts)
        ticks.tick(now=session.starts, machine_now=NOW)
        registration.refresh_from_db()
        assert (registration.place, registration.release_reason) == ("released", "guardian_expired")

    def test_refuses_to_ask_a_guardian_when_the_training_has_begun(self, session):
        with pytest.raises(profiles.TooLateToAsk):
            correct(enrol(session), birth_date=MINOR_BORN, guardian_email="ibu@example.com", now=session.starts)

        assert born() == (ADULT_BORN, ADULT_BORN)

    def test_asks_no_guardian_of_who_turns_out_to_be_of_age(self, session):
        registration = enrol(session, MINOR_BORN)
        request = GuardianRequest.objects.get()

        correct(registration, birth_date=ADULT_BORN)

        registration.refresh_from_db()
        assert (registration.guardian, registration.place) == ("not_needed", "seat")
        request.refresh_from_db()
        assert request.answer == "replaced"

    def test_refuses_a_date_outside_the_window(self, session):
        with pytest.raises(profiles.OutsideTheWindow):
            correct(enrol(session), birth_date=TOO_OLD)

        assert born() == (ADULT_BORN, ADULT_BORN)

    def test_refuses_a_registration_that_was_released_and_followed(self, session):
        registration = registrations.cancel(registration=enrol(session), now=NOW)
        make_registration(session, participant=registration.participant)

        with pytest.raises(registrations.NotLive):
            correct(registration, birth_date=OTHER_ADULT)


@pytest.mark.django_db(transaction=True)
def test_correcting_while_switching_leaves_the_right_date_everywhere():
    session = make_session()
    other = make_session(program=session.program)
    for _round in range(5):
        registration = enrol(session)
        person = registration.participant

        def switch(registration=registration):
            return switches.switch(registration=registration, session=other, form_key=uuid.uuid4(), now=NOW)

        def change(person=person):
            return profiles.change(participant=person, birth_date=OTHER_ADULT, now=NOW)

        results = at_once([switch, change])

        assert not [result for result in results if isinstance(result, Exception)]
        live = Registration.objects.live().get(participant=person)
        assert (live.session, live.birth_date) == (other, OTHER_ADULT)
        assert accessibility.say(registration=live, need="lift", now=NOW)


def test_after_a_guardians_no_nobody_comes_of_age_on_their_own_page(session):
    """Else the next registration would ask nobody."""
    minor = make_participant(region=session.region, birth_date=MINOR_BORN)
    registration = registrations.register(
        participant=minor, session=session, form_key=uuid.uuid4(), now=NOW, guardian_email="ibu@example.com"
    )
    asked = registration.guardian_requests.get()
    guardians.answer(request=asked, agrees=False, signer_name="", signer_relation="", language="id", now=NOW)

    with pytest.raises(profiles.BirthDateIsSettled):
        profiles.change(participant=minor, now=NOW, birth_date=ADULT_BORN)
    minor.refresh_from_db()
    assert minor.birth_date == MINOR_BORN
    profiles.change(participant=minor, now=NOW, full_name="Ani Wonda")
