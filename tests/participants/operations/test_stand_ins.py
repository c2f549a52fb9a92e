"""After a silence a newer reminder stands in for an older one: for whom it is, and as long as it goes out itself."""

import threading
from datetime import date, datetime, time, timedelta
from functools import partial

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from participants import queries
from participants.models import Notification, OptOut
from participants.operations import absences, attendance, claims, message_facts, reminders, stand_ins
from programs.models import ReminderRule
from tests.factories import WIB, make_coordinator, make_registration, make_rule, make_session
from tests.participants.operations.sending import deliver, rows
from tests.participants.operations.test_audiences import WORDS
from tests.participants.queries.test_ledger import FIRST_COLUMNS, scans_of_the_ledger
from tests.races import at_once, wait_for_somebody_who_waits

pytestmark = pytest.mark.django_db
LATE = datetime(2025, 12, 15, 19, tzinfo=WIB)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def registration():
    """Of somebody whom nothing ticked for until an hour after the eve's reminder fell due: it stands in for `bring`,
    which is of use for two days more, and that for `far`."""
    session = make_session()
    make_rule(session.program, slug="far", offset_days=-4, at=time(18), useful_offset_days=2, useful_at=time(8))
    make_rule(session.program, slug="bring", offset_days=-2, at=time(18), useful_offset_days=2, useful_at=time(8))
    make_rule(session.program)
    registration = make_registration(session)
    reminders.plan(now=LATE)
    assert outcomes() == {"far": "cancelled", "bring": "cancelled", "eve": "due"}
    return registration


def outcomes():
    return {occurrence.rpartition(":")[0]: state for occurrence, state in rows()}


def live_through(*moments):
    for now in moments:
        reminders.plan(now=now)
        deliver(now, "bulk")


def turn_off(*slugs):
    ReminderRule.objects.filter(slug__in=slugs).update(is_on=False)


def test_one_that_was_missed_leaves_room(registration, mails):
    morning = datetime(2025, 12, 16, 7, tzinfo=WIB)  # no mail server until then

    live_through(morning, morning + MINUTE, morning + 2 * MINUTE)

    assert outcomes() == {"far": "cancelled", "bring": "sent", "eve": "missed"}
    assert len(mails.mails) == 1


def test_one_whose_rule_is_turned_off_leaves_room(registration, mails):
    turn_off("eve")

    live_through(LATE, LATE + MINUTE, LATE + 2 * MINUTE)

    assert outcomes() == {"far": "cancelled", "bring": "sent", "eve": "cancelled"}


def test_one_of_a_day_that_its_reader_misses_leaves_room(registration, mails):
    absences.say(registration=registration, days=[date(2025, 12, 16)], text="", now=LATE)

    live_through(LATE, LATE + MINUTE, LATE + 2 * MINUTE)

    assert outcomes() == {"far": "cancelled", "bring": "sent", "eve": "cancelled"}


def test_one_after_the_other_leaves_room(registration, mails):
    turn_off("eve", "bring")

    live_through(*(LATE + number * MINUTE for number in range(4)))

    assert outcomes() == {"far": "sent", "bring": "cancelled", "eve": "cancelled"}


def test_it_leaves_room_to_what_its_reader_still_wants(registration, mails):
    ReminderRule.objects.update(is_optional=True)
    off = {"account": registration.participant.user, "topic": "reminder", "chosen_at": LATE}
    OptOut.objects.create(rule=ReminderRule.objects.get(slug="eve"), **off)

    live_through(LATE, LATE + MINUTE)

    assert outcomes() == {"far": "cancelled", "bring": "sent", "eve": "cancelled"}


def test_none_leaves_room_to_what_is_of_no_use_any_more(registration, mails):
    turn_off("eve")
    Notification.objects.filter(state="cancelled").update(useful_until=LATE)

    live_through(LATE)
    deliver(LATE + MINUTE, "bulk")

    assert set(outcomes().values()) == {"cancelled"}


@pytest.mark.parametrize("state", ["due", "retrying", "sending", "sent", "unknown"])
def test_none_leaves_room_where_another_newer_one_goes_out(registration, state):
    """One that falls due together with it."""
    also = {"kind": "reminder", "queue": "bulk", "version": 1, "due_at": LATE - timedelta(hours=1), "created_at": LATE}
    settled = LATE if state in ("sent", "unknown") else None
    Notification.objects.create(
        registration=registration, region=registration.region, occurrence="also:1", state=state, settled_at=settled,
        **also,
    )  # fmt: skip
    eve = Notification.objects.get(occurrence="eve:1")
    assert eve.version == also["version"]
    Notification.objects.filter(pk=eve.pk).update(leased_until=LATE)
    eve.refresh_from_db()

    stand_ins.stand_down(eve, state="cancelled", reason="the rule was turned off", settled_at=LATE)

    assert outcomes() == {"far": "cancelled", "bring": "cancelled", "eve": "cancelled", "also": state}


def test_one_that_another_process_took_over_leaves_none():
    session = make_session()
    make_rule(session.program, slug="bring", offset_days=-2, at=time(18))
    make_rule(session.program)
    make_registration(session)
    reminders.plan(now=LATE)
    (row,) = message_facts.read(claims.claim("bulk", LATE))
    Notification.objects.filter(pk=row.pk).update(leased_until=LATE)

    stand_ins.stand_down(row, state="cancelled", reason="the rule was turned off", settled_at=LATE)

    assert outcomes() == {"bring": "cancelled", "eve": "due"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("guarded", [True, False])
def test_of_two_that_end_at_one_instant_one_leaves_room(guarded, monkeypatch):
    """Two rules of different people, both turned off: each of two workers has begun before the other is done."""
    if not guarded:
        monkeypatch.setattr(stand_ins, "HOLD", "SELECT")
    session = make_session()
    for audience, words in (("confirmed", {}), ("unanswered", WORDS)):
        make_rule(session.program, slug=f"{audience}-old", offset_days=-2, audience=audience, **words)
        make_rule(session.program, slug=f"{audience}-new", audience=audience, **words)
    make_registration(session)
    reminders.plan(now=LATE)
    new = message_facts.read(claims.claim("bulk", LATE))
    assert [row.occurrence for row in new] == ["confirmed-new:1", "unanswered-new:1"]
    ended = {"state": "cancelled", "reason": "the rule was turned off", "settled_at": LATE}
    calls = [partial(stand_ins.stand_down, row, **ended) for row in new]

    def hold_until_both_wait():
        with transaction.atomic():
            list(Notification.objects.filter(pk__in=[row.pk for row in new]).select_for_update(no_key=True))
            calls_may_begin.set()
            return wait_for_somebody_who_waits(people=2)

    calls_may_begin = threading.Event()
    done = at_once([hold_until_both_wait, *(partial(_after, calls_may_begin, call) for call in calls)])

    assert done == [True, None, None]
    due = [occurrence for occurrence, state in outcomes().items() if state == "due"]
    assert len(due) == (1 if guarded else 0)


def _after(event, call):
    event.wait(timeout=30)
    call()


def test_one_that_was_tried_leaves_none(registration, mails):
    Notification.objects.filter(state="due").update(attempts=1)
    turn_off("eve")

    live_through(LATE, LATE + MINUTE)

    assert outcomes() == {"far": "cancelled", "bring": "cancelled", "eve": "cancelled"}


def test_what_it_leaves_room_to_is_found_without_reading_the_ledger(registration):
    (row,) = message_facts.read(claims.claim("bulk", LATE))
    with CaptureQueriesContext(connection) as asked:
        stand_ins.stand_down(row, state="cancelled", reason="the rule was turned off", settled_at=LATE)

    about = [query["sql"] for query in asked if Notification._meta.db_table in query["sql"]]
    scans = [scan for sql in about for scan in scans_of_the_ledger(sql)]
    assert scans.count((None, None)) == 2  # the updates themselves
    assert {index for index, condition in scans if condition} <= {*FIRST_COLUMNS, "notification_unsent"}


def test_none_stands_in_for_one_that_reaches_a_child_before_consent_unless_it_does_too():
    session = make_session()
    child = make_registration(session, place="queued", queue_number=1, guardian="asked")
    adult = make_registration(session, place="queued", queue_number=2)
    queued = WORDS | {"audience": "queued"}
    make_rule(session.program, slug="old", before_consent=True, offset_days=-2, **queued)
    make_rule(session.program, slug="new", before_consent=False, **queued)
    ahead = queries.ahead(session.program_id, now=LATE)

    reminders.plan(now=LATE)

    said = set(Notification.objects.values_list("registration", "occurrence", "state"))
    assert said == {(child.pk, "old:1", "due"), (adult.pk, "old:1", "cancelled"), (adult.pk, "new:1", "due")}
    assert set(ahead) == {(child.pk, "old:1"), (adult.pk, "new:1")}


def test_of_one_missed_day_the_next_stands_in_for_nothing_where_its_reader_came_then():
    """Absent on the first day and there on the second, and nothing ticked for the mornings after either."""
    session = make_session()
    each = {"anchor": "each_day", "offset_days": 0, "at": time(7), "useful_offset_days": 2, "useful_at": time(20)}
    make_rule(session.program, slug="absent", audience="absent_yesterday", **each, **WORDS)
    came_back, never_came = make_registration(session), make_registration(session)
    second = session.days.get(number=2)
    mark = attendance.NewMark(came_back.pk, second.pk, "present")
    attendance.record(session=session, marks=[mark], by=make_coordinator(session.region), now=second.starts())
    now = datetime(2025, 12, 18, 9, tzinfo=WIB)
    ahead = queries.ahead(session.program_id, now=now)

    reminders.plan(now=now)

    due = set(Notification.objects.filter(state="due").values_list("registration", "occurrence"))
    assert due == {(came_back.pk, "absent:2"), (never_came.pk, "absent:3")} == set(ahead)
