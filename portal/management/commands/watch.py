"""`manage.py watch`: looks every half minute whether messages leave and all else is well, and has staff told when not.

A process of its own: what it watches cannot be trusted to run it.
"""

import logging
import shutil
import socket
import tempfile
import time
from contextlib import suppress

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, InterfaceError, close_old_connections

from participants.operations import alarms, clocks, symptoms
from portal import clock, embedded

log = logging.getLogger(__name__)
BETWEEN_LOOKS = 30  # seconds
WATCHED = "/watched"  # where a container finds the database's disk
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
            machine_now, lead = clock.compare()
            clocks.compare(host=socket.gethostname(), lead=lead, machine_now=machine_now)
            now = machine_now + clock.offset()
            is_wrong = alarms.look(now=now, machine_now=machine_now, tells=tells)
        except (DatabaseError, InterfaceError):  # away for a moment: the next look finds it
            log.exception("the database does not answer")
            return True
        if tells:
            try:
                symptoms.look(now=now, machine_now=machine_now, disks=_disks())
            except (DatabaseError, InterfaceError):
                log.exception("what else may be wrong could not be looked at")
        return is_wrong


def _disks() -> dict[str, float]:
    """How full each disk is that processes of this host write to: the folders for what is kept and for the moment."""
    folders = {str(folder) for folder in (tempfile.gettempdir(), embedded.state_dir(), embedded.server_dir(), WATCHED)}
    usages = {}
    for folder in folders:
        with suppress(OSError):  # nothing is kept here
            used = shutil.disk_usage(folder)
            usages[folder] = 1 - used.free / used.total
    return usages
