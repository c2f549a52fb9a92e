"""What a change of a rule would do to the messages that are still ahead."""

from datetime import datetime, time, timedelta

import pytest

from participants.models import Notification, Registration
from participants.operations import notifications, reminders, sessions
from programs.models import ReminderRule, TrainingSession
from tests.factories import WIB, make_coordinator, make_registration, make_rule, make_session
from tests.participants.operations.sending import deliver, opt_in, register, rows


@pytest.mark.django_db
class TestDifference:
    """What a change would do to what is ahead: a confirmed person, one in the queue, a minor in the queue."""

    BEFORE = datetime(2025, 12, 10, 12, tzinfo=WIB)

    @pytest.fixture
    def session(self):
        session = make_session()
        make_registration(session)
        make_registration(session, place="queued", queue_number=1)
        make_registration(session, place="queued", queue_number=2, guardian="asked")
        return session

    def of(self, rule, now=BEFORE, **changes):
        for name, value in changes.items():
            setattr(rule, name, value)
        stored = list(ReminderRule.objects.values())
        said = reminders.difference(rule=rule, now=now)
        assert list(ReminderRule.objects.values()) == stored
        return said

    def test_of_a_new_rule(self, session):
        rule = ReminderRule(
            program=session.program, slug="new", anchor="each_day", offset_days=0, at=time(8), useful_at=time(9),
            useful_offset_days=0,
        )  # fmt: skip
        assert self.of(rule) == reminders.Difference(more=3, fewer=0, moved=0, rerouted=0)

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({}, (0, 0, 0, 0)),
            ({"is_on": False}, (0, 1, 0, 0)),
            ({"channels": ["whatsapp"]}, (0, 1, 0, 0)),  # nobody has agreed to it
            ({"channels": ["mail"]}, (0, 0, 0, 1)),
            ({"quiet_from": time(17)}, (0, 0, 0, 0)),  # at 07:00 it would be of no use
            ({"quiet_from": time(17), "useful_at": time(9)}, (0, 0, 1, 0)),
            ({"before_consent": True}, (0, 0, 0, 0)),
            ({"audience": "queued"}, (1, 1, 0, 0)),
            ({"audience": "queued", "before_consent": True}, (2, 1, 0, 0)),
        ],
    )
    def test_of_a_change(self, session, changes, said):
        assert self.of(make_rule(session.program), **changes) == reminders.Difference(*said)

    def test_of_one_channel_alone_counts_whom_it_leaves_out(self, session, whatsapp):
        opt_in(Registration.objects.get(place="seat"))
        for _other in range(2):
            make_registration(session)

        assert self.of(make_rule(session.program), channels=["whatsapp"]) == reminders.Difference(0, 2, 0, 1)

    def test_of_one_turned_on_again(self, session):
        assert self.of(make_rule(session.program, is_on=False), is_on=True).more == 1

    def test_counts_what_is_overdue_and_goes_out_at_once(self, session):
        rule = make_rule(session.program, is_on=False)
        late = datetime(2025, 12, 15, 20, tzinfo=WIB)  # due at 18:00, of use until the morning
        make_registration(session, registered_at=late)

        assert self.of(rule, now=late, is_on=True).more == 1

        ReminderRule.objects.update(is_on=True)
        assert reminders.plan(now=late) == 1
        assert self.of(rule, now=late, is_on=False).fewer == 1  # it waits, and is called off before it is sent

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({}, (0, 0, 0, 0)),
            ({"is_on": False}, (0, 1, 0, 0)),
            ({"audience": "queued", "before_consent": True}, (2, 1, 0, 0)),
            ({"channels": ["whatsapp"]}, (0, 1, 0, 0)),
            ({"channels": ["mail"]}, (0, 0, 0, 1)),
            ({"at": time(20)}, (0, 0, 0, 0)),  # what waits goes as it was promised
        ],
    )
    @pytest.mark.parametrize("waits", ["due", "retrying"])
    def test_counts_what_waits(self, session, changes, said, waits, mails):
        rule, late = make_rule(session.program), datetime(2025, 12, 15, 19, tzinfo=WIB)
        reminders.plan(now=late)
        Notification.objects.update(state=waits)

        assert self.of(rule, now=late, **changes) == reminders.Difference(*said)

        rule.save()
        for minute in range(2):
            reminders.plan(now=late + timedelta(minutes=minute))
            deliver(late + timedelta(minutes=minute), "bulk")
        assert len(mails.mails) == 1 + said[0] - said[1]

    @pytest.mark.parametrize(
        "changes", [{"state": "sending"}, {"useful_until": datetime(2025, 12, 15, 19, tzinfo=WIB)}]
    )
    def test_counts_nothing_that_waits_no_more(self, session, changes):
        rule, late = make_rule(session.program), datetime(2025, 12, 15, 19, tzinfo=WIB)
        reminders.plan(now=late)
        Notification.objects.update(**changes)

        assert not self.of(rule, now=late, is_on=False)

    def test_counts_nothing_that_a_newer_one_stands_in_for(self, session):
        make_rule(session.program)
        earlier = make_rule(session.program, slug="three-days", offset_days=-3, at=time(12), is_on=False)
        late = datetime(2025, 12, 15, 19, tzinfo=WIB)  # both are due and of use

        assert self.of(earlier, now=late, is_on=True).more == 0

        ReminderRule.objects.update(is_on=True)
        reminders.plan(now=late)
        assert sorted(rows()) == [("eve:1", "due"), ("three-days:1", "cancelled")]


@pytest.mark.django_db
class TestWhatNeverGoes:
    """What a change is said to bring is what is planned afterwards."""

    LATE = datetime(2025, 12, 15, 19, tzinfo=WIB)
    EVE = {"slug": "new", "anchor": "first_day", "offset_days": -1, "at": time(18), "useful_at": time(5, 30)}

    def brought(self, rule, *, now, until):
        """What saving the rule at `now` is said to bring, once that is what comes to be promised by `until`."""
        said = reminders.difference(rule=rule, now=now)
        rule.save()
        assert reminders.plan(now=now) + reminders.plan(now=until) == said.more
        return said

    @pytest.mark.parametrize("state", ["sent", "failed", "unknown", "bounced"])
    @pytest.mark.parametrize("at", [time(18, 30), time(20)])
    def test_counts_nothing_that_went_or_cannot_go(self, state, at):
        rule = make_rule(make_session().program)
        make_registration(rule.program.sessions.get())
        reminders.plan(now=self.LATE)
        Notification.objects.update(state=state, settled_at=self.LATE, attempts=1)
        rule.at = at

        assert not self.brought(rule, now=self.LATE, until=self.LATE + timedelta(hours=2))

    def test_counts_what_goes_after_all(self):
        rule = make_rule(make_session().program)
        make_registration(rule.program.sessions.get())
        reminders.plan(now=self.LATE)
        Notification.objects.update(state="cancelled", settled_at=self.LATE, reason="the rule was turned off")
        ReminderRule.objects.update(is_on=False)

        assert self.brought(rule, now=self.LATE, until=self.LATE + timedelta(hours=2)).more == 1

    @pytest.mark.parametrize("hour", [18, 20])
    def test_counts_nothing_for_whom_the_confirmation_is_enough(self, hour):
        """Promoted half an hour before it falls due."""
        registration = make_registration(make_session())
        promoted = datetime(2025, 12, 15, hour - 1, 30, tzinfo=WIB)
        notifications.promise("promoted", subject=registration, now=promoted)
        rule = ReminderRule(program=registration.program, useful_offset_days=0, **self.EVE | {"at": time(hour)})

        assert not self.brought(rule, now=self.LATE, until=self.LATE + timedelta(hours=2))

    def test_counts_nothing_that_fell_due_before_the_session_moved(self):
        session = make_session()
        register(session)
        now = datetime(2025, 12, 14, 12, tzinfo=WIB)
        session = TrainingSession.objects.with_places().get(pk=session.pk)
        days = [sessions.Day(day.date, day.starts_at.replace(hour=10), day.ends_at) for day in session.days.all()]
        sessions.reschedule(session=session, days=days, venue=session.venue, now=now, by=make_coordinator())
        three_days = self.EVE | {"offset_days": -3, "at": time(10)}
        rule = ReminderRule(program=session.program, useful_offset_days=0, **three_days)

        now += timedelta(hours=3)
        assert not self.brought(rule, now=now, until=now + timedelta(hours=2))

    def test_counts_nothing_that_is_of_no_use_before_it_falls_due(self):
        session = make_session()
        make_registration(session)
        rule = ReminderRule(program=session.program, useful_offset_days=-1, **self.EVE)

        now = self.LATE - timedelta(hours=2)
        assert reminders.difference(rule=rule, now=now).more == 0
