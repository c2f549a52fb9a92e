"""Count how often a session is said to be elsewhere, so that each change is told once."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("programs", "0003_name_staff_permissions"),
    ]

    operations = [
        migrations.AddField(
            model_name="trainingsession",
            name="place_version",
            field=models.PositiveIntegerField(db_default=1, default=1, editable=False, verbose_name="versi tempat"),
        ),
    ]
