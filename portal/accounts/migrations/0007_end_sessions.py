"""All sessions of an account can be ended at once, and its password stays."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0006_find_staff_and_refused_addresses"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="session_mark",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                editable=False,
                help_text="Random letters; sessions that were begun with others are over.",
                max_length=12,
            ),
        ),
    ]
