"""An import is taken back by a worker, and says who could not be."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("participants", "0041_say_who_asked_for_an_import"),
    ]

    operations = [
        migrations.AddField(
            model_name="registrationimport",
            name="kept",
            field=models.JSONField(db_default=models.Value({}, models.JSONField()), default=dict, editable=False),
        ),
        migrations.AlterField(
            model_name="registrationimport",
            name="state",
            field=models.CharField(
                choices=[
                    ("mapping", "Menunggu kolom dicocokkan"),
                    ("checking", "Sedang diperiksa"),
                    ("checked", "Sudah diperiksa"),
                    ("writing", "Sedang ditulis"),
                    ("done", "Selesai"),
                    ("undoing", "Sedang dibatalkan"),
                    ("undone", "Dibatalkan"),
                    ("failed", "Terhenti"),
                ],
                default="mapping",
                max_length=10,
                verbose_name="keadaan",
            ),
        ),
    ]
