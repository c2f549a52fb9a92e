"""`manage.py replay_erasures FILE`: after a restore, before the site opens, forget again who was erased since."""

import sys
from pathlib import Path

from django.core.management.base import BaseCommand, CommandParser

from participants.operations import replays
from portal import clock


class Command(BaseCommand):
    help = "Erases again everybody whom FILE names; --write puts the ledger into FILE, to be kept beside the backups."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--write", action="store_true", help="write the ledger of this database into FILE")

    def handle(self, *, file: Path, write: bool, **options: object) -> None:
        try:
            if write:
                file.write_text("".join(f"{line}\n" for line in replays.lines()))
                return
            erased = replays.replay(file.read_text().splitlines(), now=clock.database_now())
        except (OSError, ValueError) as error:
            sys.exit(f"{file}: {error}. Nothing was changed.")
        self.stdout.write(f"{erased} erased again")
