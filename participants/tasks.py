"""What Celery runs: ids in, one call, safe to run twice and at once."""

from celery import shared_task

from portal import clock
from portal.accounts import limits


@shared_task
def tick() -> None:
    """Every 30 s: let go what has run out, promise what falls due, ring for what is due."""
    from participants.operations import ticks  # noqa: PLC0415 -- task

    ticks.tick(now=clock.database_now(), machine_now=clock.database_machine_now())


@shared_task
def deliver(queue: str) -> None:
    """Send what is due in one queue of the ledger."""
    from participants.operations import deliveries  # noqa: PLC0415 -- task

    machine_now = clock.database_machine_now()
    deliveries.deliver(queue=queue, now=machine_now + clock.offset(), machine_now=machine_now)


@shared_task(soft_time_limit=1800, time_limit=1860)
def build_exports() -> None:
    """Work on the lists that staff brought, then build the attendance files that wait, one after the other.

    The database keeps more than two files from being built, and a list from being worked on twice.
    """
    from participants.import_forms import read_row  # noqa: PLC0415 -- task
    from participants.operations import export_files, import_work  # noqa: PLC0415 -- task

    while import_work.work_next(read=read_row, now=clock.database_now()):
        pass
    while export_files.build_next(now=clock.database_now()):
        pass


@shared_task
def count_people() -> None:
    """Count for the ministry's page what was not counted for a while."""
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
