"""What Celery runs: ids in, one call, safe to run twice and at once."""

import socket
from datetime import datetime, timedelta

from celery import shared_task

from portal import clock
from portal.accounts import limits

BELL_LASTS = timedelta(minutes=1)


def _is_heard_late(rung_at: str) -> bool:
    """Whether a bell that the tick rang at that moment of the database's clock waited until others stood behind it.

    Celery's "expires" would be said by one host's clock and judged by another's.
    """
    return bool(rung_at) and clock.database_machine_now() - datetime.fromisoformat(rung_at) > BELL_LASTS


def _machine_now() -> datetime:
    """Real time by the database's clock, against which that of this host is held."""
    from participants.operations import clocks  # noqa: PLC0415 -- task

    machine_now, lead = clock.compare()
    clocks.compare(host=socket.gethostname(), lead=lead, machine_now=machine_now)
    return machine_now


@shared_task
def tick() -> None:
    """Every 30 s: let go what has run out, promise what falls due, ring for what is due.

    Of ticks that piled up while no worker took any the first does all there is to do.
    """
    from participants.operations import ticks  # noqa: PLC0415 -- task

    machine_now = _machine_now()
    if not ticks.was_just_now(machine_now=machine_now):
        ticks.tick(now=machine_now + clock.offset(), machine_now=machine_now)


@shared_task
def deliver(queue: str) -> None:
    """Send what is due in one queue of the ledger."""
    from participants.operations import deliveries  # noqa: PLC0415 -- task

    machine_now = _machine_now()
    deliveries.deliver(queue=queue, now=machine_now + clock.offset(), machine_now=machine_now)


@shared_task(soft_time_limit=1800, time_limit=1860)
def build_exports() -> None:
    """Build the attendance files that wait, one after the other. The database keeps more than two from being built."""
    from participants.operations import export_files  # noqa: PLC0415 -- task

    while export_files.build_next(now=clock.database_now()):
        pass


@shared_task(soft_time_limit=1800, time_limit=1860)
def work_on_import(pk: int, rung_at: str = "") -> None:
    """Check, write or take back one list that staff brought. The database keeps it from being worked on twice."""
    if _is_heard_late(rung_at):
        return
    from participants.import_forms import read_row  # noqa: PLC0415 -- task
    from participants.operations import import_work  # noqa: PLC0415 -- task

    import_work.work_on(pk, read=read_row, now=clock.database_now())


@shared_task
def count_people(rung_at: str = "") -> None:
    """Count for the ministry's page what was not counted for a while."""
    if _is_heard_late(rung_at):
        return
    from participants.operations import tallies  # noqa: PLC0415 -- task

    machine_now = clock.database_machine_now()
    tallies.count_due(now=machine_now + clock.offset(), machine_now=machine_now)


@shared_task
def retain() -> None:
    """At night: let go what nobody was promised would be kept any longer; what is left over waits for the next run."""
    from participants.operations import retention  # noqa: PLC0415 -- task

    machine_now = clock.database_machine_now()
    limits.forget_old(machine_now=machine_now)
    retention.run(now=machine_now + clock.offset(), machine_now=machine_now)
