"""`manage.py break_glass`: an account that may do everything, for the day when nothing else helps. At most two."""

import secrets

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, transaction

from portal import clock
from portal.accounts.models import User

MOST = 2


class Command(BaseCommand):
    help = "Makes a superuser and prints its password once. Its second factor is set up at the first login."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("name", help="who holds it; shown beside what they do")

    @transaction.atomic
    def handle(self, *, email: str, name: str, **options: object) -> None:
        with connection.cursor() as cursor:  # one at a time, so that two at once do not make a third superuser
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('break_glass'))")
        if User.objects.filter(is_superuser=True).count() >= MOST:
            raise CommandError(f"There are {MOST} superusers already. Withdraw one first.")
        if User.objects.with_address(email).exists():
            raise CommandError("This address has an account already. Give the superuser an address of its own.")
        password = secrets.token_urlsafe(18)
        user = User.objects.create_staff(email=email, password=password, name=name, now=clock.machine_now())
        user.is_superuser = True
        user.save(update_fields=["is_superuser"])
        self.stdout.write(f"{email}  {password}\nKeep it in an envelope; it is not shown again.")
