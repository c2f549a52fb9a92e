"""Messages on their way: sent once, with facts true at that moment, or marked why not."""

from datetime import datetime, timedelta
from functools import partial, partialmethod
from types import SimpleNamespace

import pytest
from django.db import OperationalError, connection

from participants.messages.channels import mail as by_mail
from participants.models import LoginCode, Notification
from participants.operations import claims, deliveries, login_codes, message_facts, participants, reminders, ticks
from tests.factories import MINOR_BORN, WIB, make_participant, make_region, make_session, make_user
from tests.participants.operations.sending import NOW, REAL, deliver, edition, register, states, text
from tests.races import at_once, meeting
from tests.sinks import free_port, sink


@pytest.mark.django_db
class TestDeliver:
    def test_sends_what_is_due_once(self, mails):
        register(make_session())

        assert [deliver(), deliver()] == [1, 0]

        (mail,) = mails.mails
        assert mail["To"] == "siti@example.com"
        assert mail["From"] == "Pelatihan Gen Z <pelatihan@example.go.id>"
        row = Notification.objects.get()
        assert (row.state, row.attempts) == ("sent", 1)
        assert NOW <= row.settled_at < NOW + timedelta(minutes=1)  # when it was sent, not when the run began
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
        participants.write_in(login_codes.let_in(email="siti@example.com", now=NOW), "en")

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
        write = by_mail.mail

        def fail_for_one(notification, **options):
            if notification.pk == poisoned.pk:
                raise ValueError("poison")
            return write(notification, **options)

        monkeypatch.setattr(by_mail, "mail", fail_for_one)

        assert deliver() == 2
        poisoned.refresh_from_db()
        assert (poisoned.state, poisoned.reason) == ("failed", "cannot be written: ValueError")

    def test_a_database_that_stumbles_is_no_rows_fault(self, mails, monkeypatch):
        """The row comes back when its lease is over, as if it had never been taken."""
        session = make_session()
        for number in range(3):
            register(session, email=f"p{number}@example.com")
        write, stumbled = by_mail.mail, []

        def stumble_once(notification, **options):
            if not stumbled:
                stumbled.append(notification.pk)
                raise OperationalError("canceling statement due to lock timeout")
            return write(notification, **options)

        monkeypatch.setattr(by_mail, "mail", stumble_once)

        assert deliver() == 2
        row = Notification.objects.get(pk=stumbled[0])
        assert (row.state, row.reason, row.attempts) == ("due", "", 0)

        Notification.objects.filter(state="due").update(leased_until=datetime(2020, 1, 1, tzinfo=WIB))
        assert deliver() == 1

    def test_a_database_that_stumbles_while_rows_are_read_fails_none_and_keeps_none(self, mails, monkeypatch):
        session = make_session()
        for number in range(3):
            register(session, email=f"p{number}@example.com")
        read = message_facts.read

        def stumble(keys):
            monkeypatch.setattr(message_facts, "read", read)
            raise OperationalError("server closed the connection unexpectedly")

        monkeypatch.setattr(message_facts, "read", stumble)

        with pytest.raises(OperationalError):
            deliver()
        assert set(Notification.objects.values_list("state", "leased_until")) == {("due", None)}
        assert deliver() == 3

    def test_what_goes_wrong_with_the_next_rows_leaves_the_outcome_of_this_one(self, mails, monkeypatch):
        session = make_session()
        for number in range(deliveries.AHEAD + 2):
            register(session, email=f"p{number}@example.com")
        make_ready, made = deliveries._Run._made_ready, []

        def stumble(run, row):
            made.append(row)
            if len(made) > deliveries.AHEAD:  # while the server thinks about the last of those written first
                raise OperationalError("server closed the connection unexpectedly")
            return make_ready(run, row)

        monkeypatch.setattr(deliveries._Run, "_made_ready", stumble)

        with pytest.raises(OperationalError):
            deliver()
        outcomes = sorted(Notification.objects.values_list("state", "leased_until"))
        assert outcomes == [("due", None)] * 2 + [("sent", None)] * deliveries.AHEAD

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
        assert (row.state, row.reason, row.attempts) == ("failed", "cannot be written: Unwritable", 0)

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
        write = by_mail.mail

        def write_slowly(notification, **options):
            Notification.objects.update(leased_until=REAL + timedelta(days=3650))  # somebody else took it
            return write(notification, **options)

        monkeypatch.setattr(by_mail, "mail", write_slowly)

        assert deliver() == 0
        assert (mails.mails, Notification.objects.get().state) == ([], "due")

    def test_what_became_useless_while_one_written_with_it_went_out_is_not_sent(self, mails, monkeypatch):
        session = make_session()
        for number in range(2):
            register(session, email=f"p{number}@example.com")
        _first, second = Notification.objects.order_by("due_at", "pk")
        Notification.objects.filter(pk=second.pk).update(useful_until=NOW + timedelta(seconds=30))
        stamp, passed = claims.stamp, [0]

        def take_a_minute(*args, **options):
            passed[0] += 60
            stamp(*args, **options)

        monkeypatch.setattr(claims, "stamp", take_a_minute)
        monkeypatch.setattr(deliveries, "time", SimpleNamespace(monotonic=lambda: passed[0]))

        assert deliver(seconds=600) == 1

        second.refresh_from_db()
        assert (second.state, second.attempts, second.reason) == ("missed", 0, "too late to be useful")
        assert mails.counts() == {"p0@example.com": 1}

    def test_what_a_killed_process_left_is_sent_again_when_its_lease_is_over(self, mails):
        register(make_session())
        Notification.objects.update(state="sending", attempts=1, leased_until=REAL + timedelta(days=3650))
        assert deliver() == 0

        Notification.objects.update(leased_until=datetime(2020, 1, 1, tzinfo=WIB))
        assert deliver() == 1


def _ready_whoever_holds_it(run, made_ready, row):
    run._held[row.pk] = row.leased_until
    return made_ready(run, row)


@pytest.mark.django_db(transaction=True)
class TestTogether:
    def test_four_dispatchers_send_each_message_once(self, settings):
        session = make_session()
        for number in range(120):
            register(session, email=f"p{number}@example.com")

        with sink(settings) as received:
            at_once([partial(deliver, seconds=120)] * 4)  # however slow the machine

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
            # What is settled cannot be marked: a constraint, which would end whoever comes second to a row.
            unguarded = unguarded.replace("attempts = attempts + 1,", "attempts = attempts + 1, settled_at = NULL,")
            monkeypatch.setattr(claims, statement, unguarded)
        unguarded = partialmethod(_ready_whoever_holds_it, deliveries._Run._made_ready)
        monkeypatch.setattr(deliveries._Run, "_made_ready", unguarded)
        monkeypatch.setattr(claims, "claim", meeting(claims.claim, number=2))  # the database may end others' deadlock

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
