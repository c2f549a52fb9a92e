"""Letters to guardians: how many go out."""

import uuid
from datetime import timedelta
from functools import partial

import pytest

from participants.addresses import inbox_key
from participants.models import GuardianRequest, Notification
from participants.operations import guardian_requests, guardians, registrations
from tests.factories import DURING_REGISTRATION, MINOR_BORN, make_participant, make_session
from tests.races import at_once, meeting

NOW = DURING_REGISTRATION


def register(session, participant=None, *, email="ibu@example.com", now=NOW):
    participant = participant or make_participant(region=session.region, birth_date=MINOR_BORN)
    return registrations.register(
        participant=participant, session=session, form_key=uuid.uuid4(), guardian_email=email, now=now
    )


@pytest.mark.django_db
class TestAsk:
    def test_writes_to_one_inbox_ten_times_a_day_over_all_its_spellings(self):
        session = make_session()
        spellings = ["ibu.wati@gmail.com", "IbuWati@gmail.com", "ibuwati+anak@googlemail.com"]
        for number in range(10):
            register(session, email=spellings[number % 3])

        with pytest.raises(guardian_requests.TooManyLetters):
            register(session, email="i.b.u.wati@gmail.com", now=NOW + timedelta(hours=23))
        assert GuardianRequest.objects.count() == 10
        register(session, email="ayah@example.com")
        register(session, email="ibuwati@gmail.com", now=NOW + timedelta(days=1))

    def test_writes_for_one_person_five_times_a_day_however_often_they_leave(self):
        session = make_session()
        child = make_participant(region=session.region, birth_date=MINOR_BORN)
        for number in range(5):
            registrations.cancel(registration=register(session, child, email=f"wali{number}@example.com"), now=NOW)

        with pytest.raises(guardian_requests.TooManyLetters):
            register(session, child, email="wali9@example.com")
        session.refresh_from_db()
        assert session.seats_taken == 0
        assert Notification.objects.filter(kind="guardian_asked").count() == 5

    def test_writes_no_more_about_a_child_to_an_inbox_that_somebody_else_reads(self):
        session = make_session()
        child, sibling = (make_participant(region=session.region, birth_date=MINOR_BORN) for _ in range(2))
        registration = register(session, child)
        guardians.say_misdirected(request=registration.guardian_requests.get(), now=NOW)

        with pytest.raises(guardian_requests.InboxIsSomebodyElses):
            guardians.ask_again(registration=registration, email="I.bu+dua@example.com", now=NOW)
        registrations.cancel(registration=registration, now=NOW)
        with pytest.raises(guardian_requests.InboxIsSomebodyElses):
            register(session, child)
        assert GuardianRequest.objects.count() == 1
        register(session, child, email="ayah@example.com")
        register(session, sibling)

    @pytest.mark.parametrize("email", ["Ibu.Wati+x@Example.com", "ibu@googlemail.com", "a.b.c@x.co.id"])
    def test_counts_inboxes_as_addresses_does(self, email):
        session = make_session()
        letters = register(session, email=email).guardian_requests.annotate(inbox=guardian_requests.InboxKey("email"))

        assert letters.get().inbox == inbox_key(email)


@pytest.mark.django_db(transaction=True)
class TestRaces:
    def ask_at_once(self):
        sessions = [make_session() for _ in range(15)]
        people = [make_participant(region=session.region, birth_date=MINOR_BORN) for session in sessions]
        at_once([partial(register, session, child) for session, child in zip(sessions, people, strict=True)])
        return GuardianRequest.objects.count()

    def test_fifteen_at_once_write_ten_letters(self):
        assert self.ask_at_once() == 10

    def test_control_without_the_lock_more_are_written(self, monkeypatch):
        monkeypatch.setattr(guardian_requests, "_lock", lambda inbox: None)  # below: between the count and the letter
        monkeypatch.setattr(guardian_requests, "_deadline", meeting(guardian_requests._deadline, number=15))

        assert self.ask_at_once() > 10
