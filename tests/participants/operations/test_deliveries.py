"""Messages on their way: sent once, with facts true at that moment, or marked why not."""

import uuid
from datetime import UTC, date, datetime, timedelta
from datetime import time as wall_time
from functools import partial

import pytest
from django.db import connection

from participants.documents.tickets import ticket_text, verify
from participants.models import LoginCode, Notification, Registration
from participants.operations import (
    claims,
    deliveries,
    guardians,
    login_codes,
    offers,
    registrations,
    reminders,
    sessions,
    ticks,
)
from programs.models import Venue
from tests.factories import (
    DURING_REGISTRATION,
    MINOR_BORN,
    WIB,
    make_coordinator,
    make_participant,
    make_program,
    make_region,
    make_rule,
    make_session,
    make_user,
)
from tests.races import at_once
from tests.sinks import free_port, sink

NOW = DURING_REGISTRATION
REAL = datetime(2026, 6, 1, 12, tzinfo=WIB)


@pytest.fixture
def mails(settings):
    with sink(settings) as received:
        yield received


def register(session, email="siti@example.com", **options):
    person = options.pop("participant", None) or make_participant(user=make_user(email=email), region=session.region)
    return registrations.register(
        participant=person, session=session, form_key=uuid.uuid4(), now=options.pop("now", NOW), **options
    )


def deliver(now=NOW, queue="transactional"):
    return deliveries.deliver(queue=queue, now=now, machine_now=REAL)


def states():
    return dict(Notification.objects.values_list("kind", "state"))


def text(mail):
    return mail.get_body(("plain",)).get_content()


@pytest.mark.django_db
class TestDeliver:
    def test_sends_what_is_due_once(self, mails):
        register(make_session())

        assert [deliver(), deliver()] == [1, 0]

        (mail,) = mails.mails
        assert mail["To"] == "siti@example.com"
        assert mail["From"] == "Pelatihan Gen Z <pelatihan@example.go.id>"
        row = Notification.objects.get()
        assert (row.state, row.settled_at, row.attempts) == ("sent", NOW, 1)
        assert mail["Message-ID"] == f"<{row.public_id}@example.go.id>"

    def test_tells_the_facts_in_the_sessions_own_time(self, mails):
        register(make_session(region=make_region(city="Jayapura", time_zone="Asia/Jayapura")))

        deliver()

        body = text(mails.mails[0])
        assert "Selasa, 16 Desember 2025, 09.00–16.00 WIT" in body
        assert "http://testserver/saya/" in body
        html = mails.mails[0].get_body(("html",)).get_content()
        assert "09.00–16.00 WIT" in html
        assert "<img" not in html

    def test_speaks_the_readers_language(self, mails):
        session = make_session()
        for number in range(6):
            person = make_participant(
                user=make_user(email=f"p{number}@example.com"), language="en" if number % 2 else "id"
            )
            register(session, participant=person)

        deliver()

        for number in range(6):
            (mail,) = mails.to(f"p{number}@example.com")
            assert ("16 December 2025" in text(mail)) is bool(number % 2)
            assert ("/en/saya/" in text(mail)) is bool(number % 2)

    def test_what_was_planned_long_before_speaks_the_language_of_the_last_login(self, mails):
        session = edition()
        register(session)
        deliver()
        login_codes.let_in(email="siti@example.com", language="en", now=NOW)

        eve = datetime(2025, 12, 15, 18, tzinfo=WIB)
        reminders.plan(now=eve)
        deliver(eve, queue="bulk")

        first, second = mails.to("siti@example.com")
        assert ["/en/saya/" in text(mail) for mail in (first, second)] == [False, True]

    @pytest.mark.parametrize("name", ["Ani, A.Md. http://evil.example/x", "a@b.co", "{login_code} {{ 7*7 }}", "x" * 80])
    def test_a_name_is_never_more_than_text(self, mails, name):
        register(make_session(), participant=make_participant(full_name=name, user=make_user(email="a@example.com")))

        deliver()

        body = text(mails.mails[0]).replace("http://testserver", "")
        assert "evil.example" not in body
        assert "a@b.co" not in body
        assert "49" not in body.split("\n")[0]
        assert len(body.split("\n")[0]) <= 48

    def test_nobody_but_the_settings_says_who_a_mail_is_from(self, mails):
        hostile = 'Ani"@x.co, <b@x.co>'
        session = make_session(region=make_region(city=hostile))
        child = make_participant(full_name=hostile, birth_date=MINOR_BORN, user=make_user(email="a@example.com"))
        register(session, participant=child, guardian_email="wali@example.com")
        login_codes.ask(email="new@example.com", browser="b" * 32, language="id", machine_now=REAL, now=NOW)

        deliver()
        deliver(queue="codes")

        assert mails.counts() == {"a@example.com": 1, "wali@example.com": 1, "new@example.com": 1}
        assert mails.senders == {"pelatihan@example.go.id"}
        for mail in mails.mails:
            assert mail["From"] == "Pelatihan Gen Z <pelatihan@example.go.id>"
            assert set(mail.keys()) == {
                *("From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type", "Auto-Submitted")
            }

    def test_a_code_mail_holds_no_word_of_anybody(self, mails):
        login_code = login_codes.ask(
            email="new@example.com", browser="b" * 32, language="id", machine_now=REAL, now=NOW
        )

        deliver(queue="codes")

        (mail,) = mails.mails
        code = login_codes.text(login_code)
        assert f"{code[:4]}-{code[4:]}" in text(mail)

    def test_a_used_code_is_not_sent(self, mails):
        login_codes.ask(email="new@example.com", browser="b" * 32, language="id", machine_now=REAL, now=NOW)
        LoginCode.objects.update(used_at=REAL)

        assert deliver(queue="codes") == 0
        assert states() == {"login_code": "cancelled"}

    def test_one_that_cannot_be_written_stops_nobody(self, mails, monkeypatch):
        session = make_session()
        for number in range(3):
            register(session, email=f"p{number}@example.com")
        poisoned = Notification.objects.order_by("pk")[1]
        write = deliveries.mail

        def fail_for_one(notification, **options):
            if notification.pk == poisoned.pk:
                raise ValueError("poison")
            return write(notification, **options)

        monkeypatch.setattr(deliveries, "mail", fail_for_one)

        assert deliver() == 2
        poisoned.refresh_from_db()
        assert (poisoned.state, poisoned.reason) == ("failed", "cannot be written: ValueError")

    @pytest.mark.parametrize(
        ("answer", "state"),
        [("550 no such user", "failed"), ("554 spam", "failed"), ("421 later", "retrying"), ("451 busy", "retrying")],
    )
    def test_the_mail_servers_answer_decides(self, mails, answer, state):
        session = make_session()
        register(session)
        register(session, email="other@example.com")
        mails.answers["siti@example.com"] = answer

        deliver()

        row = Notification.objects.get(registration__participant__user__email="siti@example.com")
        assert row.state == state
        assert row.reason.startswith(answer[:3])
        assert len(mails.to("other@example.com")) == 1

    def test_retries_with_the_same_message_id_until_it_works(self, mails):
        register(make_session())
        mails.answers["siti@example.com"] = "451 busy"
        deliver()
        row = Notification.objects.get()
        assert deliver(row.retry_at - timedelta(seconds=1)) == 0
        mails.answers.clear()

        assert deliver(row.retry_at) == 1

        assert mails.mails[0]["Message-ID"] == f"<{row.public_id}@example.go.id>"

    def test_gives_up_after_a_day(self, mails):
        register(make_session())
        mails.answers["siti@example.com"] = "451 busy"
        now, tries = NOW, 0
        while (row := Notification.objects.get()).state in ("due", "retrying"):
            now = max(now, row.retry_at or now)
            deliver(now)
            tries += 1
            assert tries < 30
        assert row.state == "failed"
        assert NOW + timedelta(hours=18) < now < NOW + timedelta(hours=24)

    def test_a_server_that_is_away_costs_no_try_and_loses_nothing(self, settings):
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
        session = make_session()
        for number in range(3):
            register(session, email=f"p{number}@example.com")

        assert deliver() == 0
        assert set(Notification.objects.values_list("state", "attempts")) == {("due", 0)}

        with sink(settings) as received:
            assert deliver() == 3
        assert set(received.counts().values()) == {1}

    def test_starttls_never_falls_back(self, mails, settings):
        settings.EMAIL_USE_TLS = True
        register(make_session())

        assert deliver() == 0
        assert mails.mails == []
        assert Notification.objects.get().state == "due"

    def test_a_sender_that_is_refused_is_no_rows_fault(self, mails):
        session = make_session()
        for number in range(3):
            register(session, email=f"p{number}@example.com")
        mails.sender_answer = "550 who are you"

        assert deliver() == 0

        assert sorted(Notification.objects.values_list("state", "attempts")) == [
            ("due", 0),
            ("due", 0),
            ("retrying", 1),
        ]

    def test_an_address_that_cannot_be_put_on_the_wire_stops_nobody(self, mails):
        session = make_session()
        register(session, email="p1@example.com")
        register(session, email="x" * 70 + "é@example.com")
        register(session, email="p2@example.com")

        assert deliver() == 2

        row = Notification.objects.get(registration__participant__user__email__startswith="xxx")
        assert (row.state, row.attempts) == ("failed", 1)

    def test_a_server_that_falls_silent_costs_one_timeout_not_one_for_each_row(self, mails, settings):
        settings.EMAIL_TIMEOUT = 0.3
        session = make_session()
        for number in range(20):
            register(session, email=f"p{number}@example.com")
            mails.delays[f"p{number}@example.com"] = 600

        deliver()

        assert sorted(Notification.objects.values_list("state", flat=True)) == ["due"] * 19 + ["retrying"]

    def test_stops_after_its_time_and_rings_for_the_rest(self, mails, monkeypatch):
        session = make_session()
        for number in range(5):
            register(session, email=f"p{number}@example.com")
        rung = []
        monkeypatch.setattr(deliveries.notifications, "ring", rung.append)

        assert deliveries.deliver(queue="transactional", now=NOW, machine_now=REAL, seconds=0) == 0

        assert rung == ["transactional"]
        assert set(Notification.objects.values_list("state", "leased_until")) == {("due", None)}

    def test_who_lost_the_lease_neither_sends_nor_stamps(self, mails, monkeypatch):
        register(make_session())
        write = deliveries.mail

        def write_slowly(notification, **options):
            Notification.objects.update(leased_until=REAL + timedelta(days=3650))  # somebody else took it
            return write(notification, **options)

        monkeypatch.setattr(deliveries, "mail", write_slowly)

        assert deliver() == 0
        assert (mails.mails, Notification.objects.get().state) == ([], "due")

    def test_what_a_killed_process_left_is_sent_again_when_its_lease_is_over(self, mails):
        register(make_session())
        Notification.objects.update(state="sending", attempts=1, leased_until=REAL + timedelta(days=3650))
        assert deliver() == 0

        Notification.objects.update(leased_until=datetime(2020, 1, 1, tzinfo=WIB))
        assert deliver() == 1


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
        write = deliveries.mail

        def write_then_cancel(notification, **options):
            message = write(notification, **options)
            if notification.kind == "registered":
                registrations.cancel(registration=registration, now=NOW + timedelta(seconds=1))
                Notification.objects.filter(kind="cancelled").delete()
            return message

        monkeypatch.setattr(deliveries, "mail", write_then_cancel)

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


def edition(**region):
    """A session of the December kind with its three reminders."""
    program = make_program()
    make_rule(program, slug="week-before", offset_days=-7, at="10:00", useful_offset_days=-4, useful_at="20:00")
    make_rule(program)
    make_rule(program, slug="morning", anchor="each_day", offset_days=0, at="06:00", useful_at="10:00", is_urgent=True)
    return make_session(program=program, region=make_region(**region))


def planned(registration):
    return list(
        registration.notifications.filter(kind="reminder").order_by("due_at").values_list("occurrence", flat=True)
    )


NIGHT = datetime(2025, 12, 5, 22, 30, tzinfo=WIB)


@pytest.mark.django_db
class TestQuietHours:
    def promoted(self, now, first_day=date(2025, 12, 16), zone="Asia/Jakarta", **edition):
        """Somebody gets a seat, or is offered one, because somebody else cancelled at `now`."""
        region = make_region(time_zone=zone)
        program = make_program(**{"closes_days_before": 0, "closes_at": wall_time(8)} | edition)
        session = make_session(capacity=1, first_day=first_day, region=region, program=program)
        first = register(session, email="first@example.com")
        register(session, email="second@example.com")
        deliver()
        registrations.cancel(registration=first, now=now)

    @pytest.mark.parametrize(("zone", "hours"), [("Asia/Jakarta", 7), ("Asia/Makassar", 6), ("Asia/Jayapura", 5)])
    def test_good_news_waits_for_seven_where_the_session_is(self, mails, zone, hours):
        self.promoted(NIGHT, zone=zone)

        deliver(NIGHT)

        row = Notification.objects.get(kind="promoted")
        assert (row.state, row.due_at) == ("due", datetime(2025, 12, 6, hours, tzinfo=WIB))
        deliver(row.due_at)
        assert states()["promoted"] == "sent"

    def test_what_answers_somebodys_own_act_goes_at_once(self, mails):
        self.promoted(NIGHT)

        deliver(NIGHT)

        assert states()["cancelled"] == "sent"

    def test_a_seat_for_tomorrow_is_told_at_night(self, mails):
        self.promoted(NIGHT, first_day=date(2025, 12, 6))

        deliver(NIGHT)

        assert states()["promoted"] == "sent"

    def test_a_short_offer_made_at_night_is_told_at_seven_and_lasts_from_then(self, mails):
        night, seven = (datetime(2025, 12, 14, hour, 5, tzinfo=WIB) for hour in (4, 7))
        self.promoted(night, offer_hours=24)  # two days before the first: three hours

        deliver(night)
        assert states()["promoted"] == "due"
        deliver(seven)

        offered = Registration.objects.get(place="offered")
        assert offered.offered_until == datetime(2025, 12, 14, 10, tzinfo=WIB)
        (mail,) = [mail for mail in mails.to("second@example.com") if "Ambil" in mail.get_body(["plain"]).get_content()]
        assert "10.00 WIB" in mail.get_body(["plain"]).get_content()
        assert offers.expire_due(now=offered.offered_until - timedelta(seconds=1)) == 0
        assert offers.expire_due(now=offered.offered_until) == 1

    def test_an_offer_that_ends_with_registration_before_seven_is_told_at_night(self, mails):
        self.promoted(NIGHT, offer_hours=24, closes_days_before=10, closes_at=wall_time(6))

        deliver(NIGHT)

        assert Registration.objects.get(place="offered").offered_until == datetime(2025, 12, 6, 6, tzinfo=WIB)
        assert states()["promoted"] == "sent"

    def test_by_day_nothing_waits(self, mails):
        self.promoted(NIGHT - timedelta(hours=2))

        deliver(NIGHT - timedelta(hours=2))

        assert states()["promoted"] == "sent"

    def test_a_retry_waits_too(self, mails):
        self.promoted(NIGHT - timedelta(hours=2))
        mails.answers["second@example.com"] = "451 busy"
        deliver(NIGHT - timedelta(hours=2))
        mails.answers.clear()

        deliver(NIGHT)

        row = Notification.objects.get(kind="promoted")
        assert (row.state, row.retry_at) == ("retrying", datetime(2025, 12, 6, 7, tzinfo=WIB))

    def test_a_late_reminder_waits_only_while_it_is_useful(self, mails):
        session = edition()
        register(session)
        deliver()
        reminders.plan(now=datetime(2025, 12, 15, 18, tzinfo=WIB))

        deliver(datetime(2025, 12, 15, 21, 30, tzinfo=WIB), queue="bulk")  # at 07:00 it would be of no use

        assert states()["reminder"] == "sent"

    def test_an_urgent_reminder_goes_before_seven(self, mails):
        session = edition()
        register(session)
        reminders.plan(now=datetime(2025, 12, 16, 6, tzinfo=WIB))

        deliver(datetime(2025, 12, 16, 6, tzinfo=WIB), queue="bulk")

        assert Notification.objects.get(occurrence="morning:1").state == "sent"


@pytest.mark.django_db
class TestReminders:
    @pytest.mark.parametrize(("zone", "hour"), [("Asia/Jakarta", 11), ("Asia/Makassar", 10), ("Asia/Jayapura", 9)])
    def test_fall_due_at_the_sessions_own_hour(self, zone, hour):
        registration = register(edition(time_zone=zone))
        instant = datetime(2025, 12, 15, hour, tzinfo=UTC)

        reminders.plan(now=instant - timedelta(seconds=1))
        assert "eve:1" not in planned(registration)
        reminders.plan(now=instant)
        assert "eve:1" in planned(registration)

    def test_are_promised_once_however_often_it_is_planned(self):
        registration = register(edition())
        now = datetime(2025, 12, 9, 10, tzinfo=WIB)

        assert [reminders.plan(now=now), reminders.plan(now=now)] == [1, 0]
        assert planned(registration) == ["week-before:1"]

    def test_of_a_whole_edition(self, mails):
        registration = register(edition())
        now = NOW
        while now < datetime(2025, 12, 19, tzinfo=WIB):
            ticks.tick_and_deliver(now=now, machine_now=REAL)
            now += timedelta(hours=1)

        assert planned(registration) == ["week-before:1", "eve:1", "morning:1", "morning:2", "morning:3"]
        assert len(mails.mails) == 7  # the confirmation, five reminders, and whether they still come
        assert set(Notification.objects.values_list("state", flat=True)) == {"sent"}

    def test_late_registrants_get_what_is_still_useful_and_no_burst(self):
        session = edition()
        late = register(session, now=datetime(2025, 12, 12, 9, tzinfo=WIB))
        reminders.plan(now=datetime(2025, 12, 12, 9, 5, tzinfo=WIB))
        assert planned(late) == []

        reminders.plan(now=datetime(2025, 12, 15, 18, tzinfo=WIB))
        assert planned(late) == ["eve:1"]

    def test_less_than_two_hours_before_gets_the_confirmation_only(self):
        session = edition()
        session.program.closes_days_before = 0
        session.program.save()
        late = register(session, now=datetime(2025, 12, 15, 16, 1, tzinfo=WIB))
        early = register(session, email="b@example.com", now=datetime(2025, 12, 15, 16, 0, tzinfo=WIB))

        reminders.plan(now=datetime(2025, 12, 15, 18, tzinfo=WIB))

        assert (planned(late), planned(early)) == ([], ["eve:1"])

    def test_go_only_to_the_confirmed(self):
        session = edition()
        minor = register(session, participant=make_participant(birth_date=MINOR_BORN), guardian_email="ibu@example.com")
        gone = register(session)
        registrations.cancel(registration=gone, now=NOW)

        reminders.plan(now=datetime(2025, 12, 9, 10, tzinfo=WIB))

        assert planned(minor) == planned(gone) == []

    def test_not_due_in_quiet_hours_unless_urgent(self):
        session = edition()
        make_rule(
            session.program, slug="late-night", offset_days=-3, at="22:30", useful_offset_days=-2, useful_at="12:00"
        )
        registration = register(session)

        reminders.plan(now=datetime(2025, 12, 14, 6, 59, tzinfo=WIB))
        assert "late-night:1" not in planned(registration)
        reminders.plan(now=datetime(2025, 12, 14, 7, tzinfo=WIB))
        assert "late-night:1" in planned(registration)

    def test_after_a_move_only_what_lies_ahead_is_promised_anew(self, mails):
        session = edition()
        registration = register(session)
        ticks.tick_and_deliver(now=datetime(2025, 12, 9, 10, tzinfo=WIB), machine_now=REAL)
        moved_at = datetime(2025, 12, 11, 12, tzinfo=WIB)
        days = [
            sessions.Day(datetime(2025, 12, 17 + n, tzinfo=WIB).date(), row.starts_at, row.ends_at)
            for n, row in enumerate(session.days.all())
        ]
        sessions.reschedule(session=session, days=days, venue=session.venue, now=moved_at, by=make_coordinator())

        reminders.plan(now=moved_at)
        assert planned(registration) == ["week-before:1"]
        reminders.plan(now=datetime(2025, 12, 16, 18, tzinfo=WIB))
        assert planned(registration) == ["week-before:1", "eve:1"]

    def test_one_claimed_before_the_move_is_not_sent_after_it(self, mails):
        session = edition()
        register(session)
        deliver()
        reminders.plan(now=datetime(2025, 12, 9, 10, tzinfo=WIB))
        days = [
            sessions.Day(datetime(2025, 12, 17 + n, tzinfo=WIB).date(), row.starts_at, row.ends_at)
            for n, row in enumerate(session.days.all())
        ]
        now = datetime(2025, 12, 9, 10, 1, tzinfo=WIB)
        sessions.reschedule(session=session, days=days, venue=session.venue, now=now, by=make_coordinator())

        deliver(now, queue="bulk")

        row = Notification.objects.get(kind="reminder")
        assert (row.state, row.reason) == ("cancelled", "the session was moved")


def _settle_whoever_holds_it(settle, notification, leased_until, *rest):
    return settle(notification, notification.leased_until, *rest)


@pytest.mark.django_db(transaction=True)
class TestTogether:
    def test_four_dispatchers_send_each_message_once(self, settings):
        session = make_session()
        for number in range(120):
            register(session, email=f"p{number}@example.com")

        with sink(settings) as received:
            at_once([deliver] * 4)

        assert sorted(received.counts().values()) == [1] * 120
        assert set(Notification.objects.values_list("state", flat=True)) == {"sent"}

    def test_control_without_the_claim_messages_go_out_twice(self, settings, monkeypatch):
        session = make_session()
        for number in range(40):
            register(session, email=f"p{number}@example.com")
        for statement in ("CLAIM", "MARK", "STAMP"):
            unguarded = getattr(claims, statement).replace("FOR UPDATE SKIP LOCKED", "")
            unguarded = unguarded.replace("AND (leased_until IS NULL OR leased_until < clock_timestamp())", "")
            unguarded = unguarded.replace("AND row.leased_until = %(leased_until)s", "")
            unguarded = unguarded.replace("AND leased_until = %(leased_until)s", "")
            monkeypatch.setattr(claims, statement, unguarded)
        monkeypatch.setattr(deliveries, "_settle", partial(_settle_whoever_holds_it, deliveries._settle))

        with sink(settings) as received:
            at_once([deliver] * 4)

        assert max(received.counts().values()) > 1

    def test_a_second_tick_leaves_it_at_the_first(self):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [ticks.ONE_AT_A_TIME])
            try:
                assert at_once([partial(ticks.tick, now=NOW, machine_now=REAL)]) == [False]
            finally:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [ticks.ONE_AT_A_TIME])
