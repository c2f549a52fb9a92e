"""Registering: who gets a seat, who a number, who a no; also when many press at once."""

import uuid
from datetime import date, datetime, timedelta

import pytest
from django.db import connection

from participants.models import Consent, Notification, Participant, Registration
from participants.operations import consents, guardian_requests, guardians, participants, registrations
from participants.operations.registrations import Profile
from tests.factories import (
    ADULT_BORN,
    DURING_REGISTRATION,
    MINOR_BORN,
    OPENS,
    WIB,
    kinds,
    make_participant,
    make_program,
    make_region,
    make_registration,
    make_session,
    make_user,
    register,
)

Place, Guardian, Release = Registration.Place, Registration.Guardian, Registration.Release
NOW = DURING_REGISTRATION
TRAINING = {Consent.Purpose.TRAINING}


@pytest.mark.django_db
class TestRegister:
    @pytest.mark.parametrize(("taken", "place", "number"), [(0, Place.SEAT, None), (1, Place.QUEUED, 1)])
    def test_gives_a_seat_while_there_is_one_then_a_number(self, taken, place, number):
        session = make_session(capacity=1)
        for _ in range(taken):
            make_registration(session)

        registration = register(session)

        assert (registration.place, registration.queue_number) == (place, number)
        assert kinds(registration) == ["registered" if place == Place.SEAT else "queued"]

    def test_counts_the_seat(self):
        session = make_session(capacity=2)

        register(session)

        session.refresh_from_db()
        assert (session.seats_taken, session.seats_left) == (1, 1)

    def test_repeats_its_answer_for_the_same_form(self):
        session, participant, key = make_session(), make_participant(), uuid.uuid4()

        first = register(session, participant, form_key=key)
        again = register(session, participant, form_key=key, now=NOW + timedelta(hours=1))

        assert again == first
        assert Registration.objects.count() == 1
        assert kinds(first) == ["registered"]

    def test_does_not_answer_with_somebody_elses_registration(self):
        session, key = make_session(), uuid.uuid4()
        register(session, form_key=key)

        with pytest.raises(registrations.FormUsed):
            register(session, form_key=key)

    def test_refuses_a_second_registration_in_the_edition(self):
        program, participant = make_program(), make_participant()
        first = register(make_session(program=program), participant)

        with pytest.raises(registrations.AlreadyRegistered) as refusal:
            register(make_session(program=program), participant)

        assert refusal.value.registration == first
        assert Registration.objects.count() == 1

    def test_allows_another_edition_and_again_after_cancelling(self):
        session, participant = make_session(), make_participant()
        first = register(session, participant)
        register(make_session(), participant)
        registrations.cancel(registration=first, now=NOW)

        again = register(session, participant)

        assert again.place == Place.SEAT
        session.refresh_from_db()
        assert session.seats_taken == 1

    @pytest.mark.parametrize("zone", ["Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"])
    def test_closes_to_the_second_in_the_sessions_own_time(self, zone):
        region = make_region(time_zone=zone)
        session = make_session(region=region)
        closes = datetime(2025, 12, 15, 18, tzinfo=region.zone)

        register(session, now=closes - timedelta(seconds=1))
        with pytest.raises(registrations.RegistrationClosed):
            register(session, now=closes)

    def test_opens_to_the_second(self):
        session = make_session()

        with pytest.raises(registrations.NotOpenYet):
            register(session, now=OPENS - timedelta(seconds=1))
        register(session, now=OPENS)

    def test_refuses_a_cancelled_session(self):
        with pytest.raises(registrations.SessionCancelled):
            register(make_session(status="cancelled"))

    @pytest.mark.parametrize(
        ("born", "admitted"),
        [
            (date(1996, 12, 31), False),
            (date(1997, 1, 1), True),
            (date(2004, 2, 29), True),
            (date(2013, 1, 1), False),
        ],
    )
    def test_admits_exactly_the_birth_window(self, born, admitted):
        participant = make_participant(birth_date=born)

        if admitted:
            assert register(make_session(), participant).place == Place.SEAT
        else:
            with pytest.raises(registrations.NotEligible) as refusal:
                register(make_session(), participant)
            assert str(born.year) in str(refusal.value)
            assert "1997" in str(refusal.value)


@pytest.mark.django_db
class TestMinors:
    def test_asks_the_guardian_and_holds_the_seat(self):
        session = make_session()
        minor = make_participant(birth_date=MINOR_BORN)

        registration = register(session, minor, guardian_email="ibu@example.com")

        assert (registration.place, registration.guardian) == (Place.SEAT, Guardian.ASKED)
        request = registration.guardian_requests.get()
        assert request.expires_at == NOW + timedelta(hours=72)
        assert Notification.objects.get(guardian_request=request).kind == "guardian_asked"
        session.refresh_from_db()
        assert session.seats_taken == 1
        assert not Registration.objects.confirmed().exists()

    def test_never_waits_past_the_closing_time(self):
        now = datetime(2025, 12, 14, 9, tzinfo=WIB)

        registration = register(
            make_session(), make_participant(birth_date=MINOR_BORN), now=now, guardian_email="ibu@example.com"
        )

        assert registration.guardian_requests.get().expires_at == datetime(2025, 12, 15, 18, tzinfo=WIB)

    @pytest.mark.parametrize(
        ("email", "refusal"),
        [
            ("", guardian_requests.GuardianNeeded),
            ("Anak.Kita+wali@Example.com", guardian_requests.GuardianIsTheChild),
        ],
    )
    def test_needs_a_guardian_who_is_somebody_else(self, email, refusal):
        minor = make_participant(birth_date=MINOR_BORN, user=make_user(email="anakkita@example.com"))

        with pytest.raises(refusal):
            register(make_session(), minor, guardian_email=email)
        assert not Registration.objects.exists()

    @pytest.mark.parametrize(
        ("born", "minor"),
        [(date(2007, 12, 16), False), (date(2007, 12, 17), True), (date(2008, 2, 29), True)],
    )
    def test_counts_age_on_the_first_day(self, born, minor):
        registration = register(make_session(), make_participant(birth_date=born), guardian_email="ibu@example.com")

        assert (registration.guardian == Guardian.ASKED) is minor


@pytest.mark.django_db
class TestEnrol:
    def enrol(self, *, session=None, user=None, born=ADULT_BORN, purposes=TRAINING, key=None, **profile):
        session = session or make_session()
        defaults = {"phone": "+6281234567890", "occupation": "university", "gender": "female"}
        return registrations.enrol(
            user=user or make_user(),
            session=session,
            profile=Profile("Suharto", born, session.region, "id", **defaults | profile),
            purposes=purposes,
            form_key=key or uuid.uuid4(),
            guardian_email="ibu@example.com",
            now=NOW,
        )

    def test_saves_profile_consents_and_registration_together(self):
        registration = self.enrol(purposes=[Consent.Purpose.TRAINING, Consent.Purpose.STATISTICS])

        person = registration.participant
        assert (person.full_name, person.phone) == ("Suharto", "+6281234567890")
        assert set(person.consents.values_list("purpose", flat=True)) == {"training", "statistics"}
        assert all(len(row.text_hash) == 64 for row in person.consents.all())

    def test_keeps_of_a_minor_only_what_may_be_kept(self):
        registration = self.enrol(born=MINOR_BORN, accessibility_needs="kursi roda")

        person = Participant.objects.get(pk=registration.participant_id)
        assert (person.phone, person.occupation, person.gender, person.accessibility_needs) == ("", "", "", "")

    @pytest.mark.parametrize(
        ("options", "refusal"),
        [
            ({"purposes": []}, consents.ConsentMissing),
            ({"phone": ""}, participants.ProfileIncomplete),
            ({"born": date(1990, 1, 1)}, registrations.NotEligible),
        ],
    )
    def test_refused_saves_nothing(self, options, refusal):
        with pytest.raises(refusal):
            self.enrol(**options)

        assert not Participant.objects.exists()
        assert not Consent.objects.exists()
        assert not Notification.objects.exists()

    def test_repeats_its_answer(self):
        session, user, key = make_session(), make_user(), uuid.uuid4()

        assert self.enrol(session=session, user=user, key=key) == self.enrol(session=session, user=user, key=key)

    def test_costs_few_queries(self, django_assert_max_num_queries):
        session, user = make_session(), make_user()
        connection.ensure_connection()

        with django_assert_max_num_queries(16):
            self.enrol(session=session, user=user)


@pytest.mark.django_db
class TestCancel:
    def test_gives_the_seat_to_the_head_of_the_queue(self):
        session = make_session(capacity=1)
        seated, first, second = (register(session) for _ in range(3))

        registrations.cancel(registration=seated, now=NOW)

        places = [Registration.objects.get(pk=row.pk).place for row in (seated, first, second)]
        assert places == [Place.RELEASED, Place.SEAT, Place.QUEUED]
        assert kinds(first) == ["queued", "promoted"]
        assert kinds(seated) == ["registered", "cancelled"]
        session.refresh_from_db()
        assert session.seats_taken == 1

    def test_never_gives_a_number_twice(self):
        session = make_session(capacity=1)
        register(session)
        queued = register(session)
        registrations.cancel(registration=queued, now=NOW)

        assert register(session).queue_number == 2

    def test_twice_is_refused_and_harmless(self):
        registration = register(make_session())
        registrations.cancel(registration=registration, now=NOW)

        with pytest.raises(registrations.NotLive):
            registrations.cancel(registration=registration, now=NOW)

    def test_from_the_queue_leaves_the_queue(self):
        session = make_session(capacity=1)
        register(session)
        queued = register(session)

        registrations.cancel(registration=queued, now=NOW)

        queued.refresh_from_db()
        assert (queued.release_reason, kinds(queued)) == (Release.LEFT_QUEUE, ["queued", "cancelled"])

    def test_gives_a_promoted_minors_guardian_the_full_time(self):
        session = make_session(capacity=1)
        seated = register(session)
        minor = register(session, make_participant(birth_date=MINOR_BORN), guardian_email="ibu@example.com")
        later = NOW + timedelta(hours=50)

        registrations.cancel(registration=seated, now=later)

        assert minor.guardian_requests.get().expires_at == later + timedelta(hours=72)


@pytest.mark.django_db
def test_close_due_releases_who_still_waits_for_a_guardian():
    session = make_session(capacity=2)
    adult = register(session)
    minor = register(session, make_participant(birth_date=MINOR_BORN), guardian_email="ibu@example.com")

    assert registrations.close_due(now=session.closes - timedelta(seconds=1)) == 0
    assert registrations.close_due(now=session.closes) == 1

    minor.refresh_from_db()
    adult.refresh_from_db()
    assert (minor.release_reason, adult.place) == (Release.REGISTRATION_CLOSED, Place.SEAT)
    told = [row.kind for row in Notification.objects.filter(guardian_request__registration=minor).order_by("pk")]
    assert told == ["guardian_asked", "guardian_expired"]


@pytest.mark.django_db
def test_close_due_ends_the_queue_and_says_so():
    session = make_session(capacity=1)
    seated, queued = register(session), register(session)

    assert registrations.close_due(now=session.closes) == 1

    seated.refresh_from_db()
    queued.refresh_from_db()
    assert (seated.place, queued.release_reason) == (Place.SEAT, Release.QUEUE_CLOSED)
    assert queued.notifications.filter(kind="cancelled").count() == 1


@pytest.mark.django_db
def test_whom_a_guardian_refused_does_not_come_of_age_by_typing():
    session = make_session()
    minor = register(session, make_participant(birth_date=MINOR_BORN), guardian_email="ibu@example.com")
    guardians.answer(
        request=minor.guardian_requests.get(),
        agrees=False,
        signer_name="Ibu",
        signer_relation="Ibu",
        language="id",
        now=DURING_REGISTRATION,
    )
    said = {"full_name": "Ani", "birth_date": ADULT_BORN, "phone": "+6281234567890", "occupation": "school"}

    with pytest.raises(participants.BirthDateDiffers):
        registrations.enrol(
            user=minor.participant.user,
            session=session,
            profile=registrations.Profile(**said, region=session.region, language="id"),
            purposes=["training"],
            form_key=uuid.uuid4(),
            now=DURING_REGISTRATION,
        )
    minor.participant.refresh_from_db()
    assert minor.participant.birth_date == MINOR_BORN
