"""Until when a guardian decides for somebody whose data were erased."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("participants", "0059_keep_facts_and_what_left"),
    ]

    operations = [
        migrations.AddField(
            model_name="participant",
            name="guardian_until",
            field=models.DateField(
                editable=False,
                help_text=(
                    "After erasing: a guardian is needed for whatever begins before it; the first day of a month."
                ),
                null=True,
            ),
        ),
    ]
