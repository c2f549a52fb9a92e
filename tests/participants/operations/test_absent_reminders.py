"""Who cannot come on a day is not reminded of it, and is again once they come after all."""

from datetime import date, datetime, timedelta
from itertools import product

import pytest

from participants import queries
from participants.operations import absences, claims, message_facts, reminders
from programs.models import ReminderRule
from tests.factories import WIB, make_registration, make_rule, make_session
from tests.participants.operations.sending import deliver, edition, register
from tests.participants.operations.test_audiences import WORDS

pytestmark = pytest.mark.django_db
DAYS = [date(2025, 12, day) for day in (16, 17, 18)]
WEEK_BEFORE = datetime(2025, 12, 9, 10, tzinfo=WIB)
EVE = datetime(2025, 12, 15, 18, tzinfo=WIB)
SECOND_MORNING = datetime(2025, 12, 17, 6, tzinfo=WIB)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def registration():
    """For the three days of an edition with a reminder a week before, on the eve, and on each day's morning."""
    return register(edition())


def say(registration, *days, now=WEEK_BEFORE - timedelta(hours=1)):
    absences.say(registration=registration, days=[DAYS[number - 1] for number in days], text="Ujian", now=now)


def take_back(registration, day, *, now):
    absences.take_back(registration=registration, day=DAYS[day - 1], now=now)


def live_through(*moments):
    for now in moments:
        reminders.plan(now=now)
        deliver(now, "bulk")


def outcomes(registration):
    rows = registration.notifications.filter(kind="reminder").order_by("due_at")
    return {row.occurrence: row.reason or row.state for row in rows}


def mornings():
    return [datetime(day.year, day.month, day.day, 6, tzinfo=WIB) for day in DAYS]


@pytest.mark.parametrize(
    ("absent", "untold"),
    [
        ((), set()),
        ((1,), {"eve:1", "morning:1"}),
        ((2,), {"morning:2"}),
        ((1, 2, 3), {"eve:1", "morning:1", "morning:2", "morning:3"}),
    ],
)
def test_of_a_day_one_misses_nothing_is_said_and_the_ledger_says_why(registration, absent, untold, mails):
    if absent:
        say(registration, *absent)

    live_through(WEEK_BEFORE, EVE, *mornings())

    every = {"week-before:1", "eve:1", "morning:1", "morning:2", "morning:3"}
    said = {occurrence: "cannot come on that day" if occurrence in untold else "sent" for occurrence in every}
    assert outcomes(registration) == said
    assert len(mails.mails) == len(every - untold)
    states = registration.notifications.filter(reason="cannot come on that day").values_list("state", flat=True)
    assert set(states) <= {"cancelled"}


def test_who_comes_after_all_is_reminded_once(registration, mails):
    say(registration, 2)
    take_back(registration, 2, now=SECOND_MORNING - MINUTE)

    live_through(SECOND_MORNING, SECOND_MORNING + MINUTE)

    assert outcomes(registration)["morning:2"] == "sent"
    assert len([mail for mail in mails.mails if "17 Desember" in mail.get_body(["plain"]).get_content()]) == 1


def test_who_says_it_or_takes_it_back_while_the_reminder_waits_is_asked_again(registration, mails):
    reminders.plan(now=SECOND_MORNING)
    say(registration, 2, now=SECOND_MORNING)
    take_back(registration, 2, now=SECOND_MORNING)
    deliver(SECOND_MORNING, "bulk")
    assert outcomes(registration)["morning:2"] == "sent"

    third = SECOND_MORNING + timedelta(days=1)
    reminders.plan(now=third)
    say(registration, 3, now=third)
    deliver(third, "bulk")
    assert outcomes(registration)["morning:3"] == "cannot come on that day"


def test_a_day_that_moves_after_it_was_said_is_reminded_of(registration, mails):
    say(registration, 2)
    registration.session.days.filter(number=3).update(date=date(2025, 12, 19))
    registration.session.days.filter(number=2).update(date=date(2025, 12, 18))

    live_through(SECOND_MORNING + timedelta(days=1))

    assert outcomes(registration)["morning:2"] == "sent"


def test_the_others_are_reminded(registration, mails):
    say(registration, 2)
    other = register(registration.session, email="budi@example.com")

    live_through(SECOND_MORNING)

    assert [outcomes(row)["morning:2"] for row in (registration, other)] == ["cannot come on that day", "sent"]


@pytest.mark.parametrize(
    ("absent", "outcome"),
    [
        ((), {"before": "newer", "first": "newer", "last": "sent"}),
        ((1,), {"before": "newer", "first": "newer", "last": "sent"}),
        ((3,), {"before": "newer", "first": "sent", "last": "missed"}),
        ((1, 3), {"before": "sent", "first": "missed", "last": "missed"}),
    ],
)
def test_after_a_silence_nothing_of_a_day_one_misses_stands_in_for_what_is_still_of_use(absent, outcome, mails):
    session = make_session()
    rules = [
        {"slug": "before", "offset_days": -2, "useful_offset_days": 2},
        {"slug": "first", "offset_days": 0, "at": "08:00", "useful_offset_days": 2},
        {"slug": "last", "anchor": "last_day", "at": "08:00"},  # on the second day, of the third
    ]
    for rule in rules:
        make_rule(session.program, **{"at": "12:00", "useful_at": "18:00"} | rule)
    registration = register(session)
    if absent:
        say(registration, *absent)
    other, now = register(session, email="budi@example.com"), SECOND_MORNING + timedelta(hours=3)

    ahead = queries.ahead(session.program_id, now=now)
    live_through(now)

    words = {"newer": "a newer reminder says more", "missed": "cannot come on that day", "sent": "sent"}
    said = {occurrence.rpartition(":")[0]: word for occurrence, word in outcomes(registration).items()}
    assert said == {slug: words[outcome[slug]] for slug in outcome}
    assert outcomes(other) == {"before:1": words["newer"], "first:1": words["newer"], "last:3": "sent"}
    told = {occurrence.rpartition(":")[0] for pk, occurrence in ahead if pk == registration.pk}
    assert told == {slug for slug, word in outcome.items() if word == "sent"}


def test_staff_and_the_person_are_told_ahead_of_what_goes_out(registration):
    session, rules = registration.session, list(registration.session.program.reminder_rules.all())
    say(registration, 1, 2)

    people = {(row.rule_id, row.day): row.people for row in queries.timeline([session.pk])}
    by_slug = {rule.slug: rule.pk for rule in rules}
    assert people == {
        (by_slug["week-before"], 1): 1,
        (by_slug["eve"], 1): 0,
        (by_slug["morning"], 1): 0,
        (by_slug["morning"], 2): 0,
        (by_slug["morning"], 3): 1,
    }
    now = registration.registered_at
    ahead = queries.ahead(session.program_id, now=now)
    assert {occurrence for _registration, occurrence in ahead} == {"week-before:1", "morning:3"}
    told = queries.reminders_ahead(registration, rules, missed=set(DAYS[:2]), now=now)
    assert [told.due for told in told] == sorted(ahead.values())


def test_sql_and_python_mean_the_same_rules_and_days():
    session = make_session()
    program = session.program
    for number, (anchor, offset) in enumerate(product(ReminderRule.Anchor.values, range(-3, 3))):
        make_rule(program, slug=f"rule-{number}", anchor=anchor, offset_days=offset, useful_offset_days=9, **WORDS)
    people = [make_registration(session) for _day in DAYS]
    for number, person in enumerate(people, start=1):
        say(person, number)

    ahead = queries.ahead(program.pk, now=program.registration_opens)

    rules = list(program.reminder_rules.all())
    for person, day in zip(people, DAYS, strict=True):
        told = queries.reminders_ahead(person, rules, missed={day}, now=program.registration_opens)
        due = sorted(due for (pk, _occurrence), due in ahead.items() if pk == person.pk)
        assert [one.due for one in told] == due
        every = queries.reminders_ahead(person, rules, now=program.registration_opens)
        assert len(every) - len(told) == {1: 8, 2: 6, 3: 8}[DAYS.index(day) + 1]


def test_a_word_said_after_the_facts_were_read_is_seen_when_the_row_is_marked(registration):
    reminders.plan(now=SECOND_MORNING)
    (key,) = claims.claim("bulk", SECOND_MORNING)
    (row,) = message_facts.read([key])
    say(registration, 2, now=SECOND_MORNING)

    assert not claims.mark(row, "mail")
    take_back(registration, 2, now=SECOND_MORNING)
    assert claims.mark(row, "mail")
