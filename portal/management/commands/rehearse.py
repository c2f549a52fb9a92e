"""`manage.py rehearse "2025-12-15 18:00+07:00"` or `+1d`, `+3h`, `-- -30m`: move the rehearsed clock."""

import re
import sys
from datetime import datetime, timedelta

from django.core.management.base import BaseCommand, CommandParser

from portal import clock, rehearsal

UNITS = {"d": "days", "h": "hours", "m": "minutes"}


class Command(BaseCommand):
    help = "Moves programme time to an instant or by a span, through everything that falls due on the way."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("target", nargs="?", help='an instant with its offset, or a span such as "+1d"')
        parser.add_argument("--start", action="store_true", help="only begin, where the settings say")

    def handle(self, *, target: str | None, start: bool, **options: object) -> None:
        if start:
            rehearsal.start()
            return
        try:
            for stop in rehearsal.move_to(self._instant(target or "")):
                waiting = f", {stop.waiting} waiting for the mail server" if stop.waiting else ""
                self.stdout.write(f"{stop.at.astimezone(clock.HOME):%Y-%m-%d %H:%M} WIB  {stop.sent} sent{waiting}")
        except rehearsal.NoRehearsal:
            sys.exit("The clock is real here: a rehearsal needs PORTAL_REHEARSAL, and there is none in production.")
        self.stdout.write(f"now {clock.database_now().astimezone(clock.HOME):%Y-%m-%d %H:%M} WIB")

    def _instant(self, target: str) -> datetime:
        if span := re.fullmatch(r"([+-]\d+)([dhm])", target):
            return clock.database_now() + timedelta(**{UNITS[span[2]]: int(span[1])})
        try:
            instant = datetime.fromisoformat(target)
        except ValueError:
            sys.exit(f'{target!r} is no instant and no span. For example "2025-12-15 18:00+07:00" or "+1d".')
        if instant.tzinfo is None:
            sys.exit(f"{target!r} names no offset from UTC. For example {target}+07:00.")
        return instant
