"""`manage.py dump_edition SLUG`: write an edition out as the file that `load_edition` reads."""

import sys

import tomli_w
from django.core.management.base import BaseCommand, CommandParser

from programs import edition_copies
from programs.models import Program


class Command(BaseCommand):
    help = "Writes an edition, as it stands, as an edition file."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug")

    def handle(self, *, slug: str, **options: object) -> None:
        program = Program.objects.filter(slug=slug).first()
        if program is None:
            sys.exit(f"There is no edition {slug!r}.")
        plans = [edition_copies.as_it_is(session) for session in edition_copies.sessions_of(program)]
        self.stdout.write(tomli_w.dumps(edition_copies.described(program, plans)), ending="")
