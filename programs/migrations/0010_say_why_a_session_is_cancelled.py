"""Why a session was cancelled, in the words that its people read."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("programs", "0009_count_visits"),
    ]

    operations = [
        migrations.AddField(
            model_name="trainingsession",
            name="cancel_reason",
            field=models.CharField(
                blank=True, db_default="", default="", editable=False, max_length=200, verbose_name="alasan batal"
            ),
        ),
    ]
