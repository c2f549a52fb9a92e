"""`manage.py heartbeat`: exit 0 when the scheduler's last tick is fresh, else say how old it is and exit 1."""

import sys

from django.core.management.base import BaseCommand

from participants.queries import ledger_health
from portal import clock

OLDEST = 120  # seconds; a tick comes every 30


class Command(BaseCommand):
    help = "Tells whether the scheduler still ticks."

    def handle(self, **options: object) -> None:
        age = ledger_health(now=clock.database_machine_now(), programme_now=clock.database_now()).last_tick_age
        if age is None or age > OLDEST:
            sys.exit("the scheduler has never ticked" if age is None else f"the last tick is {age:.0f} s old")
        self.stdout.write(f"the last tick is {age:.0f} s old")
