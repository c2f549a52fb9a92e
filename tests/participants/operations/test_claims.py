"""A message goes out only while what it says is true; whatever changed since it was planned stops it."""

from datetime import datetime, timedelta

import pytest

from participants.documents.tickets import ticket_text, verify
from participants.messages.channels import mail as by_mail
from participants.models import Notification
from participants.operations import claims, guardians, registrations, reminders, sessions
from programs.models import Venue
from tests.factories import MINOR_BORN, WIB, make_coordinator, make_participant, make_rule, make_session, make_user
from tests.participants.operations.sending import NOW, deliver, register, states, text


@pytest.mark.django_db
class TestStillTrue:
    def test_cancelled_between_planning_and_sending(self, mails):
        registration = register(make_session())
        registrations.cancel(registration=registration, now=NOW)

        deliver()

        assert states() == {"registered": "cancelled", "cancelled": "sent"}
        assert len(mails.mails) == 1

    def test_registered_again_is_reminded_once_and_the_first_ticket_stays_dead(self, mails):
        session = make_session(capacity=1)
        make_rule(session.program)
        first = register(session)
        ticket, evening = verify(ticket_text(first)), datetime(2025, 12, 15, 18, tzinfo=WIB)
        reminders.plan(now=evening)
        registrations.cancel(registration=first, now=NOW)

        again = register(session, participant=first.participant)
        reminders.plan(now=evening)
        for queue in Notification.Queue:
            deliver(now=evening, queue=queue)

        first.refresh_from_db()
        session.refresh_from_db()
        rows = Notification.objects.order_by("kind", "pk")
        assert list(rows.filter(state="sent").values_list("kind", "registration")) == [
            ("cancelled", first.pk),
            ("registered", again.pk),
            ("reminder", again.pk),
        ]
        assert (session.seats_taken, ticket.admits(first), ticket.admits(again)) == (1, False, False)

    def test_moved_twice_is_told_once(self, mails):
        session = make_session()
        register(session)
        deliver()
        for day in (17, 18):
            days = [
                sessions.Day(datetime(2025, 12, day + number, tzinfo=WIB).date(), *hours)
                for number, hours in enumerate([(row.starts_at, row.ends_at) for row in session.days.all()])
            ]
            venue = Venue.objects.get(region=session.region)
            sessions.reschedule(session=session, days=days, venue=venue, now=NOW, by=make_coordinator())

        deliver()

        told = [mail for mail in mails.mails if "Berubah" in mail["Subject"]]
        assert len(told) == 1
        assert "Kamis, 18 Desember 2025" in text(told[0])

    def test_guardians_letter_dies_with_the_answer(self, mails):
        registration = register(
            make_session(), participant=make_participant(birth_date=MINOR_BORN), guardian_email="ibu@example.com"
        )
        request = registration.guardian_requests.get()
        guardians.answer(request=request, agrees=True, signer_name="Ibu", signer_relation="Ibu", language="id", now=NOW)

        deliver()

        assert mails.to("ibu@example.com") == []

    def test_guardian_and_child_each_get_their_own(self, mails):
        child = make_participant(
            birth_date=MINOR_BORN, full_name="Anak Canary", user=make_user(email="anak@example.com")
        )
        registration = register(make_session(), participant=child, guardian_email="ibu-canary@example.com")

        deliver()

        (to_child,), (to_guardian,) = mails.to("anak@example.com"), mails.to("ibu-canary@example.com")
        assert "ibu-canary" not in text(to_child)
        assert "/wali/" not in text(to_child)
        assert "/wali/" in text(to_guardian)
        assert "anak@example.com" not in text(to_guardian)
        assert registration.guardian == "asked"

    def test_control_without_the_check_at_the_mark_a_changed_fact_goes_out(self, mails, monkeypatch):
        self._cancel_after_reading(monkeypatch)
        unguarded = (
            claims.MARK.split("AND (row.registration_id IS NULL")[0] + "RETURNING row.leased_until, row.attempts"
        )
        monkeypatch.setattr(claims, "MARK", unguarded)

        assert deliver() == 1

    def test_a_fact_that_changes_after_it_was_read_stops_the_message(self, mails, monkeypatch):
        self._cancel_after_reading(monkeypatch)

        assert deliver() == 0
        assert mails.mails == []
        assert Notification.objects.get(kind="registered").reason == "the registration was released"

    def _cancel_after_reading(self, monkeypatch):
        """Release the seat in the moment between writing the mail and marking the row."""
        registration = register(make_session())
        write = by_mail.mail

        def write_then_cancel(notification, **options):
            message = write(notification, **options)
            if notification.kind == "registered":
                registrations.cancel(registration=registration, now=NOW + timedelta(seconds=1))
                Notification.objects.filter(kind="cancelled").delete()
            return message

        monkeypatch.setattr(by_mail, "mail", write_then_cancel)

    def test_one_that_may_have_gone_out_and_is_true_no_more_is_unknown(self, mails):
        registration = register(make_session())
        Notification.objects.update(state="sending", attempts=1, leased_until=datetime(2020, 1, 1, tzinfo=WIB))
        registrations.cancel(registration=registration, now=NOW)

        deliver()

        assert states() == {"registered": "unknown", "cancelled": "sent"}

    def test_too_late_to_be_useful_is_missed(self, mails):
        register(make_session())
        Notification.objects.update(useful_until=NOW)

        deliver()

        assert states() == {"registered": "missed"}
