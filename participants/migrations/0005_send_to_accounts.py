"""Let a message be about an account, where no registration is concerned."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("participants", "0004_name_staff_permissions_and_exports"),
        ("programs", "0003_name_staff_permissions"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="notification",
            name="notification_promised_once",
        ),
        migrations.RemoveConstraint(
            model_name="notification",
            name="notification_has_one_subject",
        ),
        migrations.AddField(
            model_name="notification",
            name="account",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="notifications",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="notification",
            constraint=models.UniqueConstraint(
                fields=("kind", "registration", "guardian_request", "login_code", "account", "occurrence", "version"),
                name="notification_promised_once",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="notification",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("account", None),
                        ("guardian_request", None),
                        ("login_code", None),
                        ("registration__isnull", False),
                    ),
                    models.Q(
                        ("account", None),
                        ("guardian_request__isnull", False),
                        ("login_code", None),
                        ("registration", None),
                    ),
                    models.Q(
                        ("account", None),
                        ("guardian_request", None),
                        ("login_code__isnull", False),
                        ("registration", None),
                    ),
                    models.Q(
                        ("account__isnull", False),
                        ("guardian_request", None),
                        ("login_code", None),
                        ("registration", None),
                    ),
                    _connector="OR",
                ),
                name="notification_has_one_subject",
            ),
        ),
    ]
