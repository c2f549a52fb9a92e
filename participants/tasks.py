"""What Celery runs: ids in, one call, safe to run twice and at once."""

from celery import shared_task

from portal import clock


@shared_task
def tick() -> None:
    """Every 30 s: let go what has run out, promise what falls due, send what is due."""
    from participants.operations import notifications  # noqa: PLC0415 -- task

    notifications.beat(now=clock.database_now())


@shared_task
def deliver(queue: str) -> None:
    """Send what is due in one queue of the ledger."""
    from participants.operations import notifications  # noqa: PLC0415 -- task

    notifications.deliver_due(queue=queue, now=clock.database_now())
