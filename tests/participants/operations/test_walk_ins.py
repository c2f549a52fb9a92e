"""People added at the desk: an account, a consent, a seat and one mail, or nothing; and the race for the last seat."""

import uuid
from collections import Counter
from datetime import timedelta
from functools import partial

import pytest

from participants.models import Consent, Deed, GuardianRequest, Participant, Registration
from participants.operations import registrations, walk_ins
from participants.operations.consents import ConsentMissing
from portal.accounts.models import User
from programs.models import TrainingSession
from tests.factories import (
    ADULT_BORN,
    DURING_REGISTRATION,
    MINOR_BORN,
    kinds,
    make_participant,
    make_registration,
    make_session,
    register,
)
from tests.races import at_once
from tests.staff import make_staff

NOW = DURING_REGISTRATION
pytestmark = pytest.mark.django_db


def profile(session, **fields):
    said = {"full_name": "Yohana Wonda", "birth_date": ADULT_BORN, "phone": "+6281234567890", "occupation": "school"}
    return registrations.Profile(**{"region": session.region, "language": "id"} | said | fields)


def add(
    session, *, email="yohana@example.com", by=None, signer=None, now=NOW, key=None, purposes=("training",), **said
):
    return walk_ins.add(
        session=session,
        email=email,
        profile=profile(session, **said),
        purposes=purposes,
        signer=signer,
        form_key=key or uuid.uuid4(),
        by=by or make_staff("coordinator", session.region),
        now=now,
    )


class TestWalkIns:
    def test_somebody_at_the_desk_gets_account_profile_consent_seat_and_one_mail(self):
        session = make_session()
        row = add(session, accessibility_needs="kursi roda")

        assert (row.place, row.guardian, row.participant.user.email) == ("seat", "not_needed", "yohana@example.com")
        assert not row.participant.user.has_usable_password()
        assert list(row.participant.consents.values_list("purpose", "channel")) == [("training", "desk")]
        assert row.accessibility_request.need == "kursi roda"
        assert kinds(row) == ["registered"]
        assert Deed.objects.get().what == "walked_in"

    def test_the_same_form_again_adds_nobody(self):
        session, key = make_session(), uuid.uuid4()
        assert add(session, key=key) == add(session, key=key)
        assert Registration.objects.count() == Deed.objects.count() == 1

    def test_the_same_form_with_somebody_else_is_refused_and_adds_nobody(self):
        session, key = make_session(), uuid.uuid4()
        add(session, key=key)

        with pytest.raises(walk_ins.FormOfAnother):
            add(session, email="maria@example.com", full_name="Maria", key=key)
        with pytest.raises(walk_ins.FormOfAnother):
            add(make_session(), key=key)
        assert Registration.objects.count() == Participant.objects.count() == 1

    @pytest.mark.parametrize("born", [ADULT_BORN, ADULT_BORN + timedelta(days=1)])
    def test_of_a_stranger_from_elsewhere_nothing_is_told(self, born):
        """Neither by the birth date nor by what they registered for could a coordinator find out who that is."""
        elsewhere = make_registration(make_session())
        session = make_session()
        address = elsewhere.participant.user.email

        with pytest.raises(walk_ins.AddressOfAnother):
            add(session, email=address, birth_date=born)
        (reason,) = walk_ins.reasons_against(
            session=session,
            email=address,
            birth_date=born,
            is_signed=False,
            seen_by=make_staff("coordinator", session.region),
        )
        assert reason.code == "address_of_another"
        assert not session.registrations.exists()

    def test_after_closing_until_the_training_is_over(self):
        session = TrainingSession.objects.with_places().get(pk=make_session().pk)
        row = add(session, now=session.ends - timedelta(minutes=1))
        assert row.place == "seat"
        for now in (session.ends, session.program.registration_opens - timedelta(seconds=1)):
            with pytest.raises(walk_ins.NotRunning):
                add(session, now=now, email="lain@example.com")

    def test_without_consent_seat_or_fitting_age_nothing_is_written(self):
        session, full = make_session(), make_session(capacity=0)
        for refusal, place, options in (
            (ConsentMissing, session, {"purposes": ()}),
            (walk_ins.NoSeatLeft, full, {}),
            (walk_ins.OutsideTheWindow, session, {"birth_date": ADULT_BORN.replace(year=1990)}),
            (walk_ins.GuardianNotThere, session, {"birth_date": MINOR_BORN}),
            (walk_ins.GuardianNotThere, session, {"signer": walk_ins.Signer("Ibu", "ibu")}),
        ):
            with pytest.raises(refusal):
                add(place, **options)
        assert [model.objects.count() for model in (Participant, Consent, Deed)] == [0, 0, 0]
        assert not User.objects.filter(email="yohana@example.com").exists()

    def test_minor_needs_the_guardian_there_whose_yes_is_kept(self):
        row = add(make_session(), birth_date=MINOR_BORN, signer=walk_ins.Signer("Ibu Yohana", "ibu"))

        assert (row.guardian, row.is_confirmed, row.participant.phone) == ("given", True, "+6281234567890")
        assert list(GuardianRequest.objects.values_list("answer", "signer_name", "email")) == [
            ("given", "Ibu Yohana", "")
        ]
        given = Consent.objects.filter(giver="guardian").values_list("giver_name", "channel")
        assert list(given) == [("Ibu Yohana", "desk")]

    def test_whoever_was_here_before_keeps_what_they_said_of_themselves(self):
        known = make_participant(full_name="Siti", birth_date=ADULT_BORN)
        session = make_session()
        make_registration(make_session(region=session.region), participant=known)  # in an earlier edition
        row = add(session, email=known.user.email.upper(), full_name="Lain")

        assert (row.participant, row.participant.full_name) == (known, "Siti")
        assert User.objects.with_address(known.user.email).count() == 1

    def test_address_of_somebody_else_or_of_staff_is_refused(self):
        session, known = make_session(), make_participant(birth_date=ADULT_BORN.replace(day=1))
        for email in (known.user.email, make_staff("editor").email):
            with pytest.raises(walk_ins.AddressOfAnother):
                add(session, email=email)

    def test_one_who_is_registered_elsewhere_in_the_edition_is_refused_without_saying_where(self):
        session = make_session()
        elsewhere = register(make_session(program=session.program))
        make_registration(
            make_session(region=session.region), participant=elsewhere.participant
        )  # in an earlier edition
        with pytest.raises(walk_ins.RegisteredAlready) as refused:
            add(session, email=elsewhere.participant.user.email)
        assert elsewhere.session.region.city not in str(refused.value)


@pytest.mark.django_db(transaction=True)
class TestRacesForTheLastSeat:
    RACERS = 6

    def test_the_last_seat_at_the_desk_goes_to_one(self):
        session, by = make_session(capacity=1), make_staff("editor")
        results = at_once([partial(add, session, email=f"orang{n}@example.com", by=by) for n in range(self.RACERS)])

        assert Registration.objects.taking_seats().filter(session=session).count() == 1
        assert Counter(type(result) for result in results) == {Registration: 1, walk_ins.NoSeatLeft: self.RACERS - 1}
