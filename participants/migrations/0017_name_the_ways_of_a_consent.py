"""The language and the way of a consent are read by staff in words. Nothing changes in the database."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("participants", "0016_say_by_when_guardians_answer"),
    ]

    operations = [
        migrations.AlterField(
            model_name="consent",
            name="channel",
            field=models.CharField(
                choices=[("web", "Situs ini")], default="web", max_length=10, verbose_name="saluran"
            ),
        ),
        migrations.AlterField(
            model_name="consent",
            name="language",
            field=models.CharField(
                choices=[("id", "Bahasa Indonesia"), ("en", "English")], max_length=2, verbose_name="bahasa"
            ),
        ),
    ]
