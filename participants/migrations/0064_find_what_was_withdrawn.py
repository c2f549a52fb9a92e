"""What was withdrawn or undone is found by its person and day; both are few.

Indexes are built beside whoever writes.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("participants", "0063_keep_the_order_of_filters")]

    operations = [
        AddIndexConcurrently(
            model_name="attendancefact",
            index=models.Index(
                condition=models.Q(("kind", "correction"), ("mark", "")),
                fields=["registration", "day"],
                name="attendance_withdrawn",
            ),
        ),
        AddIndexConcurrently(
            model_name="attendancefact",
            index=models.Index(
                condition=models.Q(("kind", "undo"), ("mark", "")),
                fields=["registration", "day", "batch"],
                name="attendance_undone",
            ),
        ),
    ]
