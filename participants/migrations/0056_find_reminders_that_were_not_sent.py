"""Reminders that were never tried are found by their registration: what stood in their way may pass.

The index is built beside whoever writes, in a migration of its own: it can be run once more if that is broken off.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("participants", "0055_remember_when_files_failed"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="notification",
            index=models.Index(
                condition=models.Q(("attempts", 0), ("kind", "reminder"), ("state__in", ["missed", "cancelled"])),
                fields=["registration"],
                name="notification_unsent",
            ),
        ),
    ]
