"""Staff, and whoever's address refuses mail, are few among all accounts, and found without reading the others.

Built beside whoever writes.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

INDEXES = [
    models.Index(condition=models.Q(("is_staff", True)), fields=["email"], name="user_of_staff"),
    models.Index(condition=models.Q(("bounced_at__isnull", False)), fields=["bounced_at"], name="user_bounced"),
]


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("accounts", "0005_keep_no_empty_password"),
    ]

    operations = [AddIndexConcurrently(model_name="user", index=index) for index in INDEXES]
