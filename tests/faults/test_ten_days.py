"""Two beats and four senders live through ten days of an edition, from one due instant to the next.

Its control takes away what keeps the senders apart; those of what keeps the beats apart stand in test_second_beat.py.
"""

from collections import Counter
from datetime import datetime, timedelta

from benchmarks.sinks import sink
from participants.models import Notification
from participants.queries import next_instant
from portal import clock
from portal.models import Rehearsal
from tests.factories import WIB, make_program, make_region, make_rule, make_session
from tests.faults.fleet import wait_for
from tests.faults.people import confirm

ZONES = ["Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"]
BEGINS, ENDS = datetime(2025, 12, 8, 12, tzinfo=WIB), datetime(2025, 12, 18, 12, tzinfo=WIB)


def three_regions(people=1000):
    """So many people in three time zones, reminded a week and an evening ahead and on each of two mornings."""
    program = make_program()
    make_rule(program, slug="week-before", offset_days=-7, at="10:00", useful_offset_days=-4, useful_at="20:00")
    make_rule(program)
    make_rule(program, slug="morning", anchor="each_day", offset_days=0, at="06:00", useful_at="10:00", is_urgent=True)
    for number, zone in enumerate(ZONES):
        region = make_region(time_zone=zone)
        session = make_session(program=program, region=region, capacity=people, days=2)
        first, end = people * number // len(ZONES), people * (number + 1) // len(ZONES)
        confirm(session, end - first, first=first)


def live_on(now):
    """For everybody it is now `now`."""
    Rehearsal.objects.update_or_create(defaults={"lead": now - clock.database_machine_now()})


def set_out(ships):
    for number in range(2):
        ships.beat(f"beat {number}")
        ships.worker(f"worker-{number}")  # of two sending processes each


def given(seen):
    """How often each message came to the mail server."""
    return Counter(line.split()[0] for line in seen.read_text().splitlines())


def test_everybody_is_reminded_of_everything_once(fleet, settings):
    three_regions()
    due = Notification.objects.filter(state__in=["due", "retrying", "sending"])
    with sink() as (port, seen):
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
        live_on(BEGINS)
        ships = fleet()
        set_out(ships)
        now, stops = BEGINS, 0
        while instant := next_instant(after=now, until=ENDS):
            now, stops = instant, stops + 1
            promised = Notification.objects.count()
            live_on(now + timedelta(seconds=1))
            wait_for(
                lambda promised=promised: Notification.objects.count() > promised and not due.exists(), why=ships.logs
            )
        taken = given(seen)

    rows = Notification.objects.all()
    assert stops >= 4 * len(ZONES)
    assert set(rows.values_list("state", "attempts")) == {("sent", 1)}
    assert rows.filter(kind="reminder").count() == 4 * 1000
    assert not any(settled < due for settled, due in rows.values_list("settled_at", "due_at"))
    assert taken == {str(public_id): 1 for public_id in rows.values_list("public_id", flat=True)}


def test_control_where_senders_take_what_others_hold_somebody_is_reminded_twice(fleet, settings):
    three_regions(people=300)
    with sink(message=0.1) as (port, seen):  # one sender is at it for ten seconds, while each tick calls the others
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
        live_on(BEGINS)
        ships = fleet("tests.faults.careless", UNGUARDED="leasing")
        set_out(ships)
        live_on(next_instant(after=BEGINS, until=ENDS) + timedelta(seconds=1))

        wait_for(lambda: max(given(seen).values(), default=0) > 1, why=ships.logs)
