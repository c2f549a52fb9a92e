"""`manage.py watch`: looks every half minute whether messages leave, and has staff told when they do not.

A process of its own: what it watches cannot be trusted to run it.
"""

import logging
import time

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, InterfaceError, close_old_connections

from participants.operations import alarms
from portal import clock

log = logging.getLogger(__name__)
BETWEEN_LOOKS = 30  # seconds
SETTLING = 120  # seconds in which what starts beside this process may still have to tick for the first time


class Command(BaseCommand):
    help = "Watches over the messages and tells staff when none leave."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="look once; exit 1 when something is wrong")

    def handle(self, *, once: bool = False, **options: object) -> None:
        if once:
            if self._look():
                raise SystemExit("messages stand still")
            return
        began = time.monotonic()
        while True:
            close_old_connections()
            self._look(tells=time.monotonic() - began >= SETTLING)
            time.sleep(BETWEEN_LOOKS)

    def _look(self, *, tells: bool = True) -> bool:
        try:
            return alarms.look(now=clock.database_now(), machine_now=clock.database_machine_now(), tells=tells)
        except (DatabaseError, InterfaceError):  # away for a moment: the next look finds it
            log.exception("the database does not answer")
            return True
