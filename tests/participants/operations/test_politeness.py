"""A provider that says "too many" slows its own mail, and no other."""

import time
from datetime import timedelta

import pytest

from participants.models import Notification
from participants.operations import login_codes, politeness
from participants.operations.politeness import AFTER_COMPLAINT, FORGIVEN_AFTER, FORGOTTEN_AFTER, LEAST, LONGEST_WAIT
from participants.queries import ledger_health
from tests.factories import make_session
from tests.participants.operations.sending import NOW, REAL, deliver, register, states


@pytest.fixture
def pace():
    return politeness.Pace()


class TestPace:
    def test_nothing_waits_without_a_complaint(self, pace):
        assert {pace.wait("gmail.com", at=100.0) for _mail in range(5000)} == {0.0}

    def test_a_complaint_slows_its_domain_alone(self, pace):
        pace.heard("gmail.com", "421 4.7.28 too many", at=100.0)

        waits = [pace.wait("gmail.com", at=100.0) for _mail in range(AFTER_COMPLAINT + 3)]

        assert waits[:AFTER_COMPLAINT] == [0.0] * AFTER_COMPLAINT
        assert waits[AFTER_COMPLAINT:] == [60.0, 62.0, 64.0]  # one behind the other
        assert pace.wait("yahoo.com", at=100.0) == 0.0
        assert pace.wait("gmail.com", at=160.0) == 0.0

    def test_in_any_minute_no_more_go_than_are_allowed(self, pace):
        pace.heard("gmail.com", "421 too many", at=0.0)
        gone = [second / 4 for second in range(2400) if pace.wait("gmail.com", at=second / 4) == 0.0]
        assert max(sum(at <= other < at + 60 for other in gone) for at in gone) == AFTER_COMPLAINT

    def test_no_wait_is_longer_than_two_minutes(self, pace):
        pace.heard("gmail.com", "421 too many", at=0.0)
        assert max(pace.wait("gmail.com", at=1.0) for _mail in range(3000)) == LONGEST_WAIT

    def test_complaints_of_one_burst_count_once_and_of_the_next_minute_halve(self, pace):
        for at in (0.0, 1.0, 59.0):
            pace.heard("gmail.com", "450 later", at=at)
        assert pace.allowed("gmail.com", 60.0) == AFTER_COMPLAINT
        for minute in range(1, 9):
            pace.heard("gmail.com", "450 later", at=60.0 * minute)
        assert pace.allowed("gmail.com", 500.0) == LEAST

    def test_silence_forgives_step_by_step(self, pace):
        pace.heard("gmail.com", "421 later", at=0.0)
        allowed = [pace.allowed("gmail.com", FORGIVEN_AFTER * step) for step in range(4)]
        assert allowed == [30, 60, 120, 240]
        assert pace.allowed("gmail.com", FORGOTTEN_AFTER) == 0

    @pytest.mark.parametrize("answer", ["451 busy", "550 no such user", "452 4.2.2 full", "SMTPServerDisconnected", ""])
    def test_other_answers_say_nothing_of_the_pace(self, pace, answer):
        pace.heard("gmail.com", answer, at=0.0)
        assert pace.allowed("gmail.com", 0.0) == 0

    def test_a_limit_of_ours_holds_for_each_domain_from_the_first(self, pace, settings):
        settings.MAILS_PER_MINUTE_AND_DOMAIN = 2
        assert [pace.wait(domain, at=9.0) > 0 for domain in ("a.id", "a.id", "b.id", "a.id")] == [False] * 3 + [True]
        pace.heard("a.id", "421 later", at=10.0)
        assert pace.allowed("a.id", 10.0) == 2


@pytest.mark.django_db
class TestDelivery:
    @pytest.fixture
    def slowed(self, monkeypatch):
        """Nothing more goes to gmail.com this minute."""
        monkeypatch.setattr(politeness, "AFTER_COMPLAINT", 1)
        politeness.PACE.heard("gmail.com", "421 too many", time.monotonic())

    def test_the_rest_goes_and_what_was_put_off_comes_later_untried(self, mails, slowed):
        session = make_session()
        for name in ("a@Gmail.com", "b@gmail.com", "c@gmail.com", "d@yahoo.com", "e@kampus.ac.id"):
            register(session, email=name)

        assert deliver() == 3

        assert set(mails.counts()) == {"a@Gmail.com", "d@yahoo.com", "e@kampus.ac.id"}
        waiting = Notification.objects.filter(state="due").order_by("pk")
        assert [(row.attempts, row.leased_until, row.reason) for row in waiting] == [(0, None, "")] * 2
        assert all(NOW + timedelta(seconds=1) <= row.retry_at <= NOW + timedelta(seconds=121) for row in waiting)
        assert deliver() == 0  # nothing is asked after again before its time

        politeness.PACE.forget()
        assert deliver(NOW + timedelta(seconds=121)) == 2
        assert set(mails.counts().values()) == {1}

    def test_what_was_never_tried_is_as_late_as_it_is_and_said_to_be_put_off(self, mails, slowed):
        waits, later = self.put_off({})

        for now in (later, waits.retry_at, waits.retry_at + timedelta(minutes=1)):
            health = ledger_health(now=now, programme_now=now)
            assert health.oldest_due_age == (now - NOW).total_seconds()
            assert (health.waiting, health.retrying, health.put_off) == (1, 0, int(now < waits.retry_at))

    def test_what_is_tried_again_is_not_late_until_its_turn(self, mails, slowed):
        waits, later = self.put_off({"state": "retrying", "attempts": 1, "reason": "450 later"})

        for now, late in ((later, None), (waits.retry_at + timedelta(minutes=1), 60)):
            health = ledger_health(now=now, programme_now=now)
            assert health.oldest_due_age == late
            assert (health.waiting, health.retrying, health.put_off) == (1, 1, 0)

    def put_off(self, was):
        """Of two messages to one provider, nine minutes late, the second as it `was`; what is left, and when."""
        session, later = make_session(), NOW + timedelta(minutes=9)
        for name in ("a@gmail.com", "b@gmail.com"):
            register(session, email=name)
        second = Notification.objects.filter(registration__participant__user__email="b@gmail.com")
        second.update(**{"state": "due"} | was)
        assert deliver(later) == 1
        return Notification.objects.exclude(state="sent").get(), later

    def test_a_providers_421_is_learnt_from_its_answer(self, mails, monkeypatch):
        monkeypatch.setattr(politeness, "AFTER_COMPLAINT", 1)
        session = make_session()
        for name in ("a@gmail.com", "b@gmail.com", "c@gmail.com", "d@yahoo.com"):
            register(session, email=name)
        mails.recipient_answers["a@gmail.com"] = "421 4.7.28 too many"

        assert deliver() == 2  # b is the one of this minute, though a came to nothing

        assert set(mails.counts()) == {"b@gmail.com", "d@yahoo.com"}
        rows = Notification.objects.exclude(state="sent").order_by("pk").values_list("state", "attempts")
        assert list(rows) == [("retrying", 1), ("due", 0)]

    def test_control_without_it_a_provider_is_asked_on_and_on(self, mails, monkeypatch):
        monkeypatch.setattr(politeness.PACE, "wait", lambda domain, at: 0.0)
        session = make_session()
        for number in range(5):
            register(session, email=f"p{number}@gmail.com")
            mails.recipient_answers[f"p{number}@gmail.com"] = "450 4.2.1 at a rate"
        deliver()
        assert set(Notification.objects.values_list("attempts", flat=True)) == {1}

    def test_login_codes_never_wait(self, mails, slowed):
        for number in range(3):
            login_codes.ask(
                email=f"p{number}@gmail.com", browser=str(number) * 32, language="id", machine_now=REAL, now=NOW
            )
        assert deliver(queue="codes") == 3

    def test_what_may_have_gone_out_does_not_wait(self, mails, slowed):
        session = make_session()
        register(session, email="a@gmail.com")
        register(session, email="b@gmail.com")
        Notification.objects.filter(registration__participant__user__email="b@gmail.com").update(state="sending")

        assert deliver() == 2
        assert states() == {"registered": "sent"}
