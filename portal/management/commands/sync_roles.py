"""`manage.py sync_roles`: make the roles in the database equal to the table in `portal.roles`."""

from django.contrib.auth.models import Group, Permission
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from portal.accounts.models import User
from portal.roles import ROLES


class Command(BaseCommand):
    help = "Writes the roles and their permissions; what the table does not give is taken away."

    @transaction.atomic
    def handle(self, **options: object) -> None:
        known = {
            f"{permission.content_type.app_label}.{permission.codename}": permission
            for permission in Permission.objects.select_related("content_type")
        }
        for role, wanted in ROLES.items():
            if unknown := sorted(wanted - known.keys()):
                raise CommandError(f"{role}: no such permission: {', '.join(unknown)}. Migrate first.")
            group, _made = Group.objects.get_or_create(name=role)
            group.permissions.set([known[name] for name in wanted])
        Group.objects.exclude(name__in=ROLES).delete()
        User.user_permissions.through.objects.all().delete()  # rights come by role alone
        self.stdout.write(f"{len(ROLES)} roles")
