"""A consent to WhatsApp remembers since when a number that was not reached is tried again."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("participants", "0047_find_numbers_without_whatsapp"),
    ]

    operations = [
        migrations.AddField(
            model_name="consent",
            name="reachable_from",
            field=models.DateTimeField(
                editable=False,
                help_text="Since when it is tried again; what is said of an earlier time is no news.",
                null=True,
            ),
        ),
    ]
