"""When an import or a file of attendance was given up, so that staff are told of it whenever it was asked for."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("participants", "0054_remember_replaced_tickets"),
    ]

    operations = [
        migrations.AddField(
            model_name="attendanceexport",
            name="failed_at",
            field=models.DateTimeField(help_text="When it was given up, programme time.", null=True),
        ),
        migrations.AddField(
            model_name="registrationimport",
            name="failed_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
    ]
