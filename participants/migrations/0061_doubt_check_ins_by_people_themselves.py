"""Who checks in against what staff have said is noted, too, and no device at the door saw it.

Code from before shows such doubts nowhere but in their number.
"""

import django.db.models.deletion
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("participants", "0060_say_until_when_a_guardian_decides"),
    ]

    operations = [
        migrations.AlterField(
            model_name="doubtfulscan",
            name="scanner",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="doubtful_scans",
                to="participants.scanner",
                verbose_name="pemindai",
            ),
        ),
        AddConstraintNotValid(
            model_name="doubtfulscan",
            constraint=models.CheckConstraint(
                condition=models.Q(scanner__isnull=False) | models.Q(registration__isnull=False, day__isnull=False),
                name="doubt_of_a_device_or_of_somebody",
            ),
        ),
    ]
