"""What Celery runs for the project package."""

from datetime import datetime

from celery import shared_task


# Never delivered again: a second run, later, would move the clock back.
@shared_task(acks_late=False, time_limit=1800, soft_time_limit=1700)
def rehearse(target: str) -> None:
    """Move the rehearsed clock to `target` (ISO 8601 with offset), stop by stop."""
    from portal import rehearsal  # noqa: PLC0415 -- task

    for _stop in rehearsal.move_to(datetime.fromisoformat(target)):
        pass
