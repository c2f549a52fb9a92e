"""Know the inbox that answered again once its address is gone."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("participants", "0060_say_until_when_a_guardian_decides"),
    ]

    operations = [
        migrations.AddField(
            model_name="guardianrequest",
            name="inbox_hash",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                editable=False,
                help_text=(
                    "Of who answered, once the address is gone: a keyed mark by which the same inbox is known again."
                ),
                max_length=64,
            ),
        ),
    ]
