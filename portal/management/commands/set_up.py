"""`manage.py set_up EDITION`: bring code, database and edition together for a run on this machine, in one process.

It says each step on a line, then, after an empty one, the demonstration accounts.
"""

from io import StringIO

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser


class Command(BaseCommand):
    help = "Compiles texts, collects files, migrates, loads the edition and makes demonstration accounts; repeatable."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("edition")

    def handle(self, *, edition: str, **options: object) -> None:
        for step in (
            ["catalogue", "--compile"],
            ["collect"],
            ["migrate", "-v", "0"],
            ["rehearse", "--start"],
            ["load_edition", edition],
            ["sync_roles"],
            ["demo_accounts"],
        ):
            self.stdout.write(step[0])
            self.stdout.flush()
            call_command(*step, stdout=(said := StringIO()))
        self.stdout.write(f"\n{said.getvalue()}")
