"""An address that a mail server calls unknown is written to no more until its owner comes in by it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_keep_recovery_addresses"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="bounced_at",
            field=models.DateTimeField(
                blank=True,
                editable=False,
                help_text="Programme time; a mail server said that there is no such address.",
                null=True,
                verbose_name="alamatnya menolak surat sejak",
            ),
        ),
    ]
