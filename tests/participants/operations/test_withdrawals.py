"""A consent taken back: what rests on it stops at once, whoever takes it back and whatever is on its way."""

import uuid
from datetime import date, datetime, timedelta
from functools import partial
from io import BytesIO

import pytest

from participants.documents import tickets
from participants.exports import attendance as export
from participants.exports.columns import PERSONAL
from participants.models import Consent, GuardianRequest, Notification, Participant, Registration
from participants.operations import (
    accessibility,
    claims,
    consents,
    deliveries,
    guardians,
    message_facts,
    registrations,
    reminders,
    withdrawals,
)
from participants.operations.registrations import Profile
from participants.queries.person_days import Selection
from programs.models import Channel
from tests.factories import (
    DURING_REGISTRATION,
    MINOR_BORN,
    WIB,
    log_in_staff,
    make_coordinator,
    make_registration,
    make_rule,
    make_session,
    make_user,
)
from tests.races import at_once

NOW = DURING_REGISTRATION
EVE = datetime(2025, 12, 15, 18, tzinfo=WIB)
REAL = datetime(2026, 6, 1, 12, tzinfo=WIB)
Purpose = Consent.Purpose
ADULT = {"phone": "+6281377713777", "occupation": "school", "gender": "female", "accessibility_needs": "Kanari"}


def enrol(session, email="siti@example.com", *, born=date(2004, 5, 17), purposes=("training",), user=None):
    minor = born == MINOR_BORN
    profile = Profile("Siti Kanari", born, session.region, "id", **({} if minor else ADULT))
    return registrations.enrol(
        user=user or make_user(email=email),
        session=session,
        profile=profile,
        purposes=purposes,
        form_key=uuid.uuid4(),
        guardian_email="ibu@example.com" if minor else "",
        now=NOW,
    )


def agreed_minor(session):
    registration = enrol(session, born=MINOR_BORN)
    request = registration.guardian_requests.get()
    guardians.answer(request=request, agrees=True, signer_name="Wati", signer_relation="ibu", language="id", now=NOW)
    Participant.objects.update(phone="+6281377713777", occupation="school")
    registration.refresh_from_db()
    accessibility.say(registration=registration, need="Kanari", now=NOW)
    return registration, GuardianRequest.objects.select_related("registration__participant").get(pk=request.pk)


def withdraw(registration, purpose=Purpose.TRAINING, now=NOW):
    withdrawals.withdraw(participant=registration.participant, purpose=purpose, now=now)
    registration.refresh_from_db()


def deliver(now=NOW, queue="transactional"):
    return deliveries.deliver(queue=queue, now=now, machine_now=REAL)


@pytest.mark.django_db
class TestWithdraw:
    def test_ends_an_optional_purpose_and_nothing_else(self):
        registration = enrol(make_session(), purposes=("training", "partner_contact"))

        withdraw(registration, Purpose.PARTNER_CONTACT)

        assert registration.is_confirmed
        ended = Consent.objects.exclude(withdrawn_at=None).values_list("purpose", "withdrawn_at", "withdrawn_by")
        assert list(ended) == [("partner_contact", NOW, "self")]
        assert not Notification.objects.filter(kind="consent_withdrawn").exists()

    def test_releases_the_seat_to_the_next_and_kills_the_ticket(self):
        session = make_session(capacity=1)
        registration = enrol(session, purposes=("training", "statistics"))
        waiting = enrol(session, "budi@example.com")
        ticket = tickets.verify(tickets.ticket_text(registration))

        withdraw(registration)

        waiting.refresh_from_db()
        assert (registration.place, registration.release_reason) == ("released", "consent_withdrawn")
        assert waiting.place == "seat"
        assert not ticket.admits(registration)
        assert not registration.participant.consents.standing().exists()
        assert registration.participant.accessibility_needs == ""

    def test_tells_the_person_once(self, mails):
        registration = enrol(make_session())
        deliver()

        withdraw(registration)
        deliver()
        deliver()

        assert mails.counts() == {"siti@example.com": 2}
        assert Notification.objects.get(kind="consent_withdrawn").state == "sent"

    def test_refuses_what_does_not_stand(self):
        registration = enrol(make_session())
        withdraw(registration)

        for purpose in Purpose:
            with pytest.raises(withdrawals.NothingToWithdraw):
                withdraw(registration, purpose)

        assert Notification.objects.filter(kind="consent_withdrawn").count() == 1

    def test_keeps_an_adults_data_and_asks_for_a_new_consent_to_register_again(self):
        registration = enrol(make_session())
        withdraw(registration)
        assert registration.participant.full_name == "Siti Kanari"
        user = registration.participant.user

        with pytest.raises(consents.ConsentMissing):
            enrol(registration.session, purposes=(), user=user)
        again = enrol(registration.session, user=user)

        assert again.is_confirmed
        assert Consent.objects.standing().filter(purpose="training").count() == 1
        assert not Participant.objects.withdrawn().exists()

    def test_hides_the_person_from_lists_searches_and_exports(self, client):
        session = make_session()
        registration, staying = enrol(session), enrol(session, "budi@example.com")
        Participant.objects.filter(pk=staying.participant_id).update(full_name="Budi Tetap", phone="+628123456789")
        withdraw(registration)
        log_in_staff(client, make_coordinator(session.region), "Koordinator wilayah")

        pages = [
            "/staf/participants/participant/",
            "/staf/participants/registration/",
            "/staf/participants/registration/?q=Kanari",
            f"/staf/participants/registration/{registration.pk}/change/",
            f"/staf/programs/trainingsession/{session.pk}/hadir/",
        ]
        texts = [client.get(page).content.decode() for page in pages]
        file = BytesIO()
        asked = export.Request(Selection(Registration.objects.all(), NOW), "uji", {}, personal=frozenset(PERSONAL))
        written = export.write_csv(asked, file)

        assert [page for page, text in zip(pages, texts, strict=True) if "Siti" in text or "77713777" in text] == []
        assert "Budi Tetap" in texts[0]
        assert "Persetujuan ditarik" in texts[1]
        assert (written.row_count, b"Kanari" in file.getvalue()) == (1, False)


@pytest.mark.django_db
class TestOfAMinor:
    def test_guardian_withdraws_and_the_data_are_erased(self, mails):
        session = make_session()
        registration, request = agreed_minor(session)
        deliver()
        sent = mails.counts()

        withdrawals.withdraw_as_guardian(request=request, signer_name="wati", now=NOW)
        deliver()

        registration.refresh_from_db()
        person = Participant.objects.get()
        assert registration.release_reason == "consent_withdrawn"
        assert (person.full_name, person.phone, person.occupation, person.accessibility_needs) == ("—", "", "", "")
        assert person.birth_date == registration.birth_date == date(2009, 1, 1)
        assert set(Consent.objects.values_list("giver", "withdrawn_by")) == {
            ("self", "guardian"),
            ("guardian", "guardian"),
        }
        assert {who: count - sent.get(who, 0) for who, count in mails.counts().items()} == {
            "siti@example.com": 1,
            "ibu@example.com": 1,
        }
        assert not [mail for mail in mails.mails if "ditarik" in mail["Subject"] and "Siti" in mail.as_string()]

    def test_refuses_another_name_a_second_time_and_before_the_yes(self):
        registration, request = agreed_minor(make_session())
        with pytest.raises(withdrawals.NameDiffers):
            withdrawals.withdraw_as_guardian(request=request, signer_name="Orang lain", now=NOW)
        withdrawals.withdraw_as_guardian(request=request, signer_name="Wati", now=NOW)
        request.registration.refresh_from_db()

        with pytest.raises(withdrawals.NothingToWithdraw):
            withdrawals.withdraw_as_guardian(request=request, signer_name="Wati", now=NOW)

        registration.refresh_from_db()
        open_request = enrol(make_session(), "lain@example.com", born=MINOR_BORN).guardian_requests.get()
        with pytest.raises(withdrawals.NothingToWithdraw):
            withdrawals.withdraw_as_guardian(request=open_request, signer_name="", now=NOW)

    def test_child_withdraws_before_the_answer_and_the_guardian_is_not_asked(self, mails):
        registration = enrol(make_session(), born=MINOR_BORN)

        withdraw(registration)
        deliver()

        assert mails.counts() == {"siti@example.com": 1}
        assert registration.guardian_requests.get().answer == "replaced"
        assert Participant.objects.get().is_erased

    @pytest.mark.parametrize("is_session_over", [False, True])
    def test_guardian_withdraws_after_the_child_has_cancelled_and_the_data_are_erased(self, mails, is_session_over):
        registration, request = agreed_minor(make_session())
        registrations.cancel(registration=registration, now=NOW)
        deliver()
        sent, now = mails.counts(), NOW + timedelta(days=20 * is_session_over)
        request = GuardianRequest.objects.get(pk=request.pk)

        withdrawals.withdraw_as_guardian(request=request, signer_name="Wati", now=now)
        deliver(now)

        registration.refresh_from_db()
        person = Participant.objects.get()
        assert registration.release_reason == "cancelled_by_self"
        assert (person.full_name, person.phone, person.accessibility_needs) == ("—", "", "")
        assert not Consent.objects.standing().exists()
        assert {who: count - sent.get(who, 0) for who, count in mails.counts().items()} == {
            "siti@example.com": 1,
            "ibu@example.com": 1,
        }

    def test_a_yes_of_old_ends_no_seat_of_who_has_come_of_age(self):
        registration, request = agreed_minor(make_session())
        registrations.cancel(registration=registration, now=NOW)
        make_registration(make_session(), participant=registration.participant)

        with pytest.raises(withdrawals.NothingToWithdraw):
            withdrawals.withdraw_as_guardian(
                request=GuardianRequest.objects.get(pk=request.pk), signer_name="Wati", now=NOW
            )
        assert Registration.objects.live().exists()

    def test_numbers_stay(self):
        session = make_session()
        _registration, request = agreed_minor(session)
        withdrawals.withdraw_as_guardian(request=request, signer_name="Wati", now=NOW)

        counted = Registration.objects.filter(session=session, region=session.region, birth_date__year=2009)
        assert counted.count() == 1


@pytest.mark.django_db
class TestAdd:
    def test_records_an_optional_purpose_later(self):
        registration = enrol(make_session())

        consents.add(participant=registration.participant, purpose=Purpose.STATISTICS, now=NOW, language="id")
        consents.add(participant=registration.participant, purpose=Purpose.STATISTICS, now=NOW, language="id")

        assert Consent.objects.standing().filter(purpose="statistics").count() == 1

    def test_refuses_without_the_training_consent_and_for_minors(self):
        registration = enrol(make_session())
        withdraw(registration)
        child = enrol(make_session(), "anak@example.com", born=MINOR_BORN)

        for person, refusal in [
            (registration.participant, consents.ConsentMissing),
            (child.participant, consents.OnlyForAdults),
        ]:
            with pytest.raises(refusal):
                consents.add(participant=person, purpose=Purpose.STATISTICS, now=NOW, language="id")


def with_reminders(people=1):
    session = make_session()
    make_rule(session.program)
    rows = [enrol(session, f"p{number}@example.com") for number in range(people)]
    Notification.objects.all().delete()
    reminders.plan(now=EVE)
    assert Notification.objects.filter(kind="reminder", state="due").count() == people
    return rows


@pytest.mark.django_db(transaction=True)
class TestMessagesOnTheirWay:
    def test_promised_ones_are_called_off(self, mails):
        (registration,) = with_reminders()

        withdraw(registration, now=EVE)
        deliver(EVE, "bulk")

        assert mails.counts() == {}
        row = Notification.objects.get(kind="reminder")
        assert (row.state, row.reason) == ("cancelled", "the consent was withdrawn")
        reminders.plan(now=EVE + timedelta(hours=1))
        assert Notification.objects.filter(kind="reminder").count() == 1

    @pytest.mark.parametrize("withdrawn", [True, False])
    def test_claimed_ones_lose_their_lease(self, mails, withdrawn):
        """The control: without a withdrawal the same claimed row may be sent."""
        (registration,) = with_reminders()
        claimed = claims.claim("bulk", EVE)
        (row,) = message_facts.read(claimed)

        if withdrawn:
            withdraw(registration, now=EVE)

        assert claims.mark(row, Channel.MAIL) is not withdrawn

    def test_whatever_was_promised_about_an_earlier_registration_is_called_off_too(self, mails):
        session = make_session()
        earlier = enrol(session)
        registrations.cancel(registration=earlier, now=NOW)
        later = enrol(session, user=earlier.participant.user)

        withdraw(later)
        deliver()

        assert mails.counts() == {"siti@example.com": 1}
        assert Notification.objects.get(state="sent").kind == "consent_withdrawn"

    def test_after_withdrawing_in_a_race_nothing_more_goes_out(self, mails):
        rows = with_reminders(6)
        calls = [partial(withdraw, row, now=EVE) for row in rows] + [partial(deliver, EVE, "bulk")] * 2

        at_once(calls)
        already = mails.counts()
        assert Registration.objects.filter(release_reason="consent_withdrawn").count() == 6
        deliver(EVE, "bulk")
        deliver(EVE + timedelta(hours=12), "bulk")

        assert mails.counts() == already
        assert not Notification.objects.filter(kind="reminder", state__in=["due", "retrying", "sending"]).exists()

    def test_registering_and_withdrawing_at_once_leaves_no_place_without_a_consent(self, mails):
        first = enrol(make_session())
        other = make_session()
        user = first.participant.user

        at_once([partial(withdraw, first), partial(enrol, other, user=user)])

        live = Registration.objects.live().filter(participant__user=user)
        standing = Consent.objects.standing().filter(purpose="training")
        assert live.exists() is standing.exists()
