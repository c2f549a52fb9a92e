"""What was asked for is told in the order in which it was asked."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("participants", "0060_say_until_when_a_guardian_decides")]

    operations = [
        migrations.AddField(
            model_name="attendanceexport",
            name="filter_order",
            field=models.JSONField(db_default=[], default=list),
        ),
    ]
