"""What Celery runs: ids in, one call, safe to run twice and at once."""

from celery import shared_task

from portal import clock


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


@shared_task
def retain() -> None:
    """At night: let go what nobody was promised would be kept any longer; what is left over waits for the next run."""
    from participants.operations import retention  # noqa: PLC0415 -- task

    machine_now = clock.database_machine_now()
    retention.run(now=machine_now + clock.offset(), machine_now=machine_now)
