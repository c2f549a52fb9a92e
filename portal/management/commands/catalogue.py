"""`manage.py catalogue`: bring the English texts up to date with the code, or only compile them."""

from django.core.management.base import BaseCommand, CommandParser

from portal import catalogue


class Command(BaseCommand):
    help = "Collects the texts of code and templates into the English catalogue and compiles it."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--compile", action="store_true", help="only compile what is there")

    def handle(self, **options: object) -> None:
        if not options["compile"]:
            english = catalogue.update()
            missing = sum(1 for message in english if message.id and not all(_texts(message.string)))
            self.stdout.write(f"{len(english)} texts, {missing} without English: {catalogue.ENGLISH}")
        catalogue.compile_catalogue()


def _texts(string: object) -> tuple[str, ...]:
    return string if isinstance(string, tuple) else (str(string or ""),)
