"""People who registered, their December edition, and its messages sent: what tests of sending share."""

from datetime import datetime

from participants.models import Notification
from participants.operations import deliveries, ticks
from tests import factories
from tests.factories import (
    DURING_REGISTRATION,
    WIB,
    make_participant,
    make_program,
    make_region,
    make_rule,
    make_session,
    make_user,
)

NOW = DURING_REGISTRATION
REAL = datetime(2026, 6, 1, 12, tzinfo=WIB)


def register(session, email="siti@example.com", **options):
    person = options.pop("participant", None) or make_participant(user=make_user(email=email), region=session.region)
    return factories.register(session, person, **options)


def opt_in(registration, number="+6281234567890"):
    """The person agrees to WhatsApp for `number`."""
    return registration.participant.consents.create(
        purpose="whatsapp", number=number, text_version="1", text_hash="0" * 64, language="id", given_at=NOW
    )


def deliver(now=NOW, queue="transactional", seconds=None):
    return deliveries.deliver(queue=queue, now=now, machine_now=REAL, seconds=seconds)


def rows():
    return list(Notification.objects.order_by("due_at").values_list("occurrence", "state"))


def states():
    return dict(Notification.objects.values_list("kind", "state"))


def text(mail):
    return mail.get_body(("plain",)).get_content()


def tick_and_deliver(now):
    """One whole tick in this process, delivery included."""
    ticks.tick(now=now, machine_now=REAL)
    for queue in Notification.Queue:
        deliver(now, queue)


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
