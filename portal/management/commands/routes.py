"""`manage.py routes`: every address, its methods, who may use it, and which arguments are ids of what."""

import json

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal import routes


class Command(BaseCommand):
    help = "Lists every address of the portal with its methods, its audience and its id arguments."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="as JSON, for programs")

    def handle(self, **options: object) -> None:
        try:
            table = routes.described()
        except KeyError as missing:
            raise CommandError(f"{missing} is not in {routes.TABLE}. Say there who may use it.") from missing
        if options["json"]:
            self.stdout.write(json.dumps(table, indent=1))
            return
        for row in table:
            audience = [f"{method} {' '.join(who)}" for method, who in row["audience"].items() if who]
            self.stdout.write(f"{row['path']:58} {'; '.join(audience) or '-'}")
