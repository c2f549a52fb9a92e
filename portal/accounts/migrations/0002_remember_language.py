"""Remember the language last used at the door, for messages that concern no registration."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="language",
            field=models.CharField(
                choices=[("id", "Bahasa Indonesia"), ("en", "English")],
                db_default="id",
                default="id",
                max_length=2,
                verbose_name="bahasa",
            ),
        ),
    ]
