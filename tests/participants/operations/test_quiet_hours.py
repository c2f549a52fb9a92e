"""What waits for the morning where the session is, and what does not."""

from datetime import date, datetime, timedelta
from datetime import time as wall_time
from zoneinfo import ZoneInfo

import pytest

from participants.models import Notification, Registration
from participants.operations import deliveries, notifications, offers, registrations, reminders, samples
from tests.factories import WIB, make_program, make_region, make_rule, make_session
from tests.participants.messages.test_words import every_promise
from tests.participants.operations.sending import deliver, edition, register, states
from tests.staff import make_staff

NIGHT = datetime(2025, 12, 5, 22, 30, tzinfo=WIB)
Kind = Notification.Kind
# Every kind by whether it goes at night: an answer to somebody's own act just now, or what changes where they must be.
AT_ONCE = {
    Kind.LOGIN_CODE,
    Kind.REGISTERED,
    Kind.QUEUED,
    Kind.SWITCHED,
    Kind.CANCELLED,
    Kind.GUARDIAN_ASKED,
    Kind.GUARDIAN_MOVED,
    Kind.SESSION_MOVED,
    Kind.SESSION_CANCELLED,
    Kind.RECOVERY_SET,
    Kind.RECOVERY_REMOVED,
    Kind.ADDRESS_CHANGED,
    Kind.TICKET_REPLACED,
    Kind.CONSENT_WITHDRAWN,
    Kind.SAMPLE,
}
IN_THE_MORNING = {
    Kind.PROMOTED,
    Kind.GUARDIAN_GIVEN,
    Kind.GUARDIAN_REFUSED,
    Kind.GUARDIAN_EXPIRED,
    Kind.GUARDIAN_MISDIRECTED,
    Kind.REMINDER,
    Kind.APPEAL_ANSWERED,
    Kind.ABSENCE_ANSWERED,
    Kind.NEED_ANSWERED,
    Kind.STILL_COMING,
    Kind.REGION_OPEN,
    Kind.BROADCAST,
}
# To an account, about no session and so at no place: it is night nowhere.
WITHOUT_A_PLACE = {
    Kind.MERGED,
    Kind.STAFF_INVITED,
    Kind.PASSWORD_LINK,
    Kind.STAFF_CHANGED,
    Kind.STAFF_ADDRESS,
    Kind.EXPORT_READY,
    Kind.EXPORTS_UNUSUAL,
}


@pytest.mark.django_db
@pytest.mark.parametrize("zone", ["Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"])
def test_of_every_kind_what_is_urgent_goes_at_night_the_rest_at_seven_and_nothing_is_lost(mails, monkeypatch, zone):
    monkeypatch.setattr(deliveries, "untrue", lambda row, machine_now: "")
    session = make_session(region=make_region(time_zone=zone))
    make_rule(session.program)
    make_rule(session.program, slug="today", is_urgent=True)
    night = datetime(2025, 12, 5, 22, 30, tzinfo=ZoneInfo(zone))
    for kind, subject, key in every_promise(session, "id"):
        region = None if kind in WITHOUT_A_PLACE else session.region
        notifications.promise(kind, subject=subject, now=night, region=region, **key)
        if kind == Kind.REMINDER:
            notifications.promise(kind, subject=subject, now=night, occurrence="today:1")

    def deliver_all(now):
        return sum(deliver(now, queue) for queue in Notification.Queue)

    deliver_all(night)
    waiting = Notification.objects.exclude(state="sent")
    assert set(waiting.values_list("kind", flat=True)) == set(Kind) - AT_ONCE - WITHOUT_A_PLACE
    assert Notification.objects.get(occurrence="today:1").state == "sent"
    seven = datetime(2025, 12, 6, 7, tzinfo=ZoneInfo(zone))
    assert set(waiting.values_list("kind", "state", "due_at")) == {(kind, "due", seven) for kind in IN_THE_MORNING}

    assert deliver_all(seven - timedelta(seconds=1)) == 0
    assert deliver_all(seven) > 0
    assert not waiting.exists()
    assert len(mails.mails) == len(mails.ids()) == Notification.objects.count()


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

    def test_an_example_goes_at_once_to_whoever_asks_for_it(self, mails):
        early = datetime(2025, 12, 5, 6, 30, tzinfo=WIB)
        session = make_session(first_day=date(2025, 12, 16))
        rule, staff = make_rule(session.program), make_staff("coordinator", session.region)
        register(session)
        samples.send(rule=rule, session=session, day=1, to=staff, now=early)

        deliver(early)

        assert states()["sample"] == "sent"

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

        assert Notification.objects.get(occurrence="eve:1").state == "sent"

    def test_an_urgent_reminder_goes_before_seven(self, mails):
        session = edition()
        register(session)
        reminders.plan(now=datetime(2025, 12, 16, 6, tzinfo=WIB))

        deliver(datetime(2025, 12, 16, 6, tzinfo=WIB), queue="bulk")

        assert Notification.objects.get(occurrence="morning:1").state == "sent"

    def sent(self, state="retrying", **rule):
        """A reminder of the fifth, due at noon and tried in vain then, in a rule with quiet hours of its own."""
        session = make_session()
        make_rule(session.program, slug="own", offset_days=-11, at="11:00", useful_offset_days=-10, **rule)
        register(session)
        deliver()
        reminders.plan(now=datetime(2025, 12, 5, 11, tzinfo=WIB))
        Notification.objects.filter(kind="reminder").update(state=state)
        return Notification.objects.get(kind="reminder")

    @pytest.mark.parametrize(
        ("start", "end", "hour", "until"),
        [
            ("12:00", "13:00", 12, (5, 13)),  # by day, and not past midnight
            ("12:00", "13:00", 11, None),
            ("12:00", "13:00", 13, None),
            ("18:00", "09:00", 20, (6, 9)),
            ("18:00", "09:00", 2, (5, 9)),
            ("23:00", "05:00", 22, None),  # others are quiet at that hour
        ],
    )
    def test_a_rule_has_quiet_hours_of_its_own(self, mails, start, end, hour, until):
        row = self.sent("due", quiet_from=start, quiet_until=end, useful_at="12:00")
        now = datetime(2025, 12, 5, hour, 10, tzinfo=WIB)
        Notification.objects.filter(pk=row.pk).update(due_at=now)

        deliver(now, "bulk")

        row.refresh_from_db()
        if until is None:
            assert row.state == "sent"
        else:
            day, end = until
            assert (row.state, row.due_at) == ("due", datetime(2025, 12, day, end, tzinfo=WIB))
            assert deliver(row.due_at, "bulk") == 1

    def test_a_retry_waits_for_the_end_of_the_rules_hours(self, mails):
        row = self.sent(quiet_from="12:00", quiet_until="13:30", useful_at="12:00")

        deliver(datetime(2025, 12, 5, 12, 10, tzinfo=WIB), "bulk")

        row.refresh_from_db()
        assert (row.state, row.retry_at) == ("retrying", datetime(2025, 12, 5, 13, 30, tzinfo=WIB))
