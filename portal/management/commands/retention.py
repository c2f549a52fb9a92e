"""`manage.py retention [--dry-run]`: keep what people were promised about how long their data are kept."""

import sys

from django.core.management.base import BaseCommand, CommandParser

from participants.operations import retention
from portal import clock


class Command(BaseCommand):
    help = "Deletes or empties what has been kept long enough, and prints each rule with how many rows it ended."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only say what would be done")

    def handle(self, *, dry_run: bool, **options: object) -> None:
        instants = {"now": clock.database_now(), "machine_now": clock.database_machine_now()}
        counts = retention.planned(**instants) if dry_run else retention.run(**instants, seconds=float("inf"))
        self.stdout.write(retention.as_table(counts))
        if None in counts.values():
            sys.exit("A rule failed; the log says why. The others were kept.")
