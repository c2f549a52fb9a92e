"""A reminder that was never tried goes out after all once what stood in its way is put right, and never twice."""

from datetime import date, datetime, time, timedelta

import pytest

from participants.models import Deed, Notification, OptOut
from participants.operations import absences, deeds, reminders
from tests.factories import WIB, make_coordinator, make_registration, make_rule, make_session
from tests.participants.operations.sending import deliver, edition, register, rows

pytestmark = pytest.mark.django_db
EVE = datetime(2025, 12, 15, 18, tzinfo=WIB)
LATE, MINUTE = EVE + timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def session():
    """Of five confirmed people."""
    session = make_session()
    for _person in range(5):
        make_registration(session)
    return session


def live_through(*moments):
    """Plan and send at each; how many were sent."""
    sent = 0
    for now in moments:
        reminders.plan(now=now)
        sent += deliver(now, "bulk")
    return sent


def change(rule, now, **fields):
    """Staff save the rule with other `fields`."""
    for name, value in fields.items():
        setattr(rule, name, value)
    rule.save()
    deeds.note(Deed.What.CHANGED, about=rule, by=make_coordinator(), now=now)


def outcomes():
    return set(Notification.objects.filter(kind="reminder").values_list("state", "reason"))


def test_of_a_rule_whose_days_were_a_slip(session, mails):
    noon = datetime(2025, 12, 15, 12, tzinfo=WIB)
    slip = {"offset_days": -3, "useful_offset_days": -2, "useful_at": time(20)}
    rule = make_rule(session.program, **slip)  # as far back as anybody knows
    assert live_through(noon) == 0
    assert outcomes() == {("missed", "nothing ticked in time")}

    right = {"offset_days": -1, "useful_offset_days": 0, "useful_at": time(5)}
    change(rule, noon + MINUTE, **right)

    assert live_through(noon + 2 * MINUTE, EVE, EVE + MINUTE) == len(mails.mails) == 5
    times = Notification.objects.values_list("due_at", "useful_until").distinct()
    assert list(times) == [(EVE, datetime(2025, 12, 16, 5, tzinfo=WIB))]


@pytest.mark.parametrize(
    ("slip", "why"),
    [
        ({"is_on": False}, "the rule was turned off"),
        ({"audience": "queued"}, "no longer meant"),
        ({"channels": ["whatsapp"]}, "no channel of its rule reaches"),
    ],
)
def test_of_a_rule_that_was_wrong_while_they_waited(session, slip, why, mails):
    rule = make_rule(session.program)
    before = {name: getattr(rule, name) for name in slip}
    reminders.plan(now=LATE)
    change(rule, LATE, **slip)
    assert live_through(LATE, LATE + MINUTE) == 0
    assert outcomes() == {("cancelled", why)}

    change(rule, LATE + MINUTE, **before)

    assert live_through(LATE + 2 * MINUTE, LATE + 3 * MINUTE) == len(mails.mails) == 5
    assert outcomes() == {("sent", "")}


def test_of_one_that_was_sent_too_late_and_is_of_use_for_longer(session, mails):
    rule = make_rule(session.program)
    reminders.plan(now=LATE)
    morning = datetime(2025, 12, 16, 5, 31, tzinfo=WIB)
    assert live_through(morning) == 0
    assert outcomes() == {("missed", "too late to be useful")}

    change(rule, morning, useful_at=time(8))

    assert live_through(morning + MINUTE) == 0  # in its quiet hours
    assert live_through(datetime(2025, 12, 16, 7, tzinfo=WIB)) == len(mails.mails) == 5


@pytest.mark.parametrize(("anchor", "named"), [("first_day", 1), ("last_day", 3), ("registration_opens", 1)])
def test_of_days_that_the_rule_no_longer_names_and_names_again(session, mails, anchor, named):
    """All three wait for a mail server when staff have the rule speak of one day alone; then it is a slip after all."""
    rule = make_rule(session.program, anchor="each_day", offset_days=-1, useful_offset_days=9)
    for day in range(3):
        reminders.plan(now=EVE + timedelta(days=day))
    Notification.objects.update(state="due", reason="", settled_at=None)
    after = EVE + timedelta(days=2, minutes=1)
    rule.anchor = anchor
    assert reminders.difference(rule=rule, now=after).fewer == 10

    change(rule, after, anchor=anchor)

    assert deliver(after, "bulk") == len(mails.mails) == 5
    reminded = set(Notification.objects.values_list("occurrence", "state", "reason"))
    others = {(f"eve:{day}", "cancelled", "its rule names another day") for day in {1, 2, 3} - {named}}
    assert reminded == {(f"eve:{named}", "sent", ""), *others}


def test_of_a_day_that_is_named_again(session, mails):
    rule = make_rule(session.program, anchor="each_day")
    day_2 = EVE + timedelta(days=1)
    reminders.plan(now=day_2)
    change(rule, day_2, anchor="first_day")
    assert deliver(day_2, "bulk") == 0
    assert ("cancelled", "its rule names another day") in outcomes()

    change(rule, day_2 + MINUTE, anchor="each_day")

    assert live_through(day_2 + 2 * MINUTE) == len(mails.mails) == 5


def test_of_a_day_to_which_somebody_comes_after_all(mails):
    registration = register(edition())
    absences.say(registration=registration, days=[date(2025, 12, 16)], text="", now=EVE - MINUTE)
    assert live_through(EVE, EVE + MINUTE) == 0
    assert registration.notifications.get(occurrence="eve:1").reason == "cannot come on that day"

    absences.take_back(registration=registration, day=date(2025, 12, 16), now=EVE + MINUTE)

    assert live_through(EVE + 2 * MINUTE, EVE + 3 * MINUTE) == 1
    assert registration.notifications.get(occurrence="eve:1").state == "sent"


def test_of_what_somebody_wants_after_all(session, mails):
    rule = make_rule(session.program, is_optional=True)
    account = session.registrations.first().participant.user
    off = OptOut.objects.create(account=account, topic="reminder", rule=rule, chosen_at=EVE - MINUTE)
    assert live_through(EVE, EVE + MINUTE) == 4

    off.delete()

    assert live_through(EVE + 2 * MINUTE, EVE + 3 * MINUTE) == 1


@pytest.mark.parametrize(
    "tried",
    [
        {"state": "sent"},
        {"state": "unknown"},
        {"state": "failed"},
        {"attempts": 1},
        {"channel": "mail"},  # passed on to it by one that was tried
        {"reason": "the consent was withdrawn"},
    ],
)
def test_not_of_one_that_may_have_arrived_or_must_not(session, tried, mails):
    rule = make_rule(session.program)
    reminders.plan(now=LATE)
    change(rule, LATE, is_on=False)
    deliver(LATE, "bulk")
    Notification.objects.update(**tried)

    change(rule, LATE, is_on=True)

    assert reminders.plan(now=LATE + MINUTE) == 0


@pytest.mark.parametrize("stays", [{"is_on": False}, {"audience": "queued"}, {"channels": ["whatsapp"]}])
def test_not_while_it_still_would_not_be_sent(session, stays, mails):
    rule = make_rule(session.program)
    reminders.plan(now=LATE)
    change(rule, LATE, **stays)
    deliver(LATE, "bulk")

    assert [reminders.plan(now=LATE + number * MINUTE) for number in range(3)] == [0, 0, 0]


def test_not_when_it_is_of_no_use_any_more(session, mails):
    rule = make_rule(session.program)
    reminders.plan(now=LATE)
    change(rule, LATE, is_on=False)
    deliver(LATE, "bulk")

    change(rule, LATE + 12 * timedelta(hours=1), is_on=True)

    assert reminders.plan(now=LATE + 12 * timedelta(hours=1)) == 0
    assert outcomes() == {("cancelled", "the rule was turned off")}


def test_not_where_a_newer_one_says_more(session, mails):
    rule = make_rule(session.program, slug="three-days", offset_days=-3, at=time(12))
    three_days = datetime(2025, 12, 13, 12, tzinfo=WIB)
    reminders.plan(now=three_days)
    change(rule, three_days, is_on=False)
    deliver(three_days, "bulk")
    make_rule(session.program)
    change(rule, LATE, is_on=True)

    assert live_through(LATE, LATE + MINUTE) == 5

    assert {*rows()} == {("three-days:1", "cancelled"), ("eve:1", "sent")}


@pytest.mark.parametrize(("changed", "missed"), [(EVE + timedelta(hours=9), 5), (EVE + timedelta(hours=13), 0)])
def test_nothing_is_missed_that_a_rule_did_not_say_while_it_was_of_use(session, changed, missed):
    """Changed while its hour is past and it is of use, until 05:30, a rule that nothing ticked for was missed."""
    rule = make_rule(session.program)
    deeds.note(Deed.What.ADDED, about=rule, by=make_coordinator(), now=changed)

    assert reminders.plan(now=datetime(2025, 12, 16, 9, tzinfo=WIB)) == missed
