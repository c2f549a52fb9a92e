"""What was missed lately is counted on the first page: by an index that no message touches which goes out.

It is built beside whoever writes, so the old code goes on sending.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("participants", "0056_find_reminders_that_were_not_sent"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="notification",
            index=models.Index(
                condition=models.Q(("state", "missed")), fields=["settled_at"], name="notification_missed"
            ),
        ),
    ]
