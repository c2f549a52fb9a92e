"""`manage.py load_edition FILE`: turn an edition file into what the portal offers."""

import sys
from pathlib import Path

from django.core.management.base import BaseCommand, CommandParser

from programs.edition_files import WrongFile
from programs.operations import editions


class Command(BaseCommand):
    help = "Loads an edition file: programme, regions, venues, partners, curriculum, sessions and reminders."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *, file: Path, **options: object) -> None:
        try:
            loaded = editions.load(file.read_text(encoding="utf-8"))
        except WrongFile as error:
            sys.exit("\n".join(f"{file}:{line}: {sentence}" for line, sentence in error.problems))
        except (OSError, UnicodeDecodeError) as error:
            sys.exit(f"{file}: cannot be read as UTF-8 text: {error}")
        except editions.SessionIsTaken as error:
            sys.exit(f"{file}: {error}")
        if not loaded.is_new_file:
            self.stdout.write(f"{loaded.program.slug}: loaded before, nothing changed")
            return
        for verb, counts in (("made", loaded.made), ("changed", loaded.changed)):
            if counts:
                self.stdout.write(f"{verb}: {', '.join(f'{number} {name}' for name, number in sorted(counts.items()))}")
        self.stdout.write(f"{loaded.program.slug}: loaded")
