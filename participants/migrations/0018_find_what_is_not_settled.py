"""What waits, what failed and how fast codes go out is read often and from a ledger that grows: by indexes of its own.

They are built beside whoever writes, so the old code goes on sending.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("participants", "0017_name_the_ways_of_a_consent"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="notification",
            index=models.Index(
                condition=models.Q(("state__in", ["due", "retrying", "sending", "failed", "unknown"])),
                fields=["queue", "state"],
                name="notification_unsettled",
            ),
        ),
        AddIndexConcurrently(
            model_name="notification",
            index=models.Index(
                condition=models.Q(("queue", "codes"), ("state", "sent")),
                fields=["settled_at"],
                name="notification_code_sent",
            ),
        ),
    ]
