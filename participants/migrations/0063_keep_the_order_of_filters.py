"""What was asked for is told in the order in which it was asked."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("participants", "0062_know_again_which_guardian_said_no")]

    operations = [
        migrations.AddField(
            model_name="attendanceexport",
            name="filter_order",
            field=models.JSONField(db_default=[], default=list),
        ),
    ]
