"""Tell a seat's state from a session's place."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("participants", "0065_hold_of_all_what_holds_of_the_new")]

    operations = [
        migrations.AlterField(
            model_name="registration",
            name="place",
            field=models.CharField(
                choices=[
                    ("seat", "Kursi"),
                    ("offered", "Kursi ditawarkan"),
                    ("queued", "Daftar tunggu"),
                    ("released", "Dilepas"),
                ],
                max_length=10,
                verbose_name="status kursi",
            ),
        ),
    ]
