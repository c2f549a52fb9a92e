"""An import is tried so many times and no more, and says why it stopped."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("participants", "0044_find_people_by_beginnings"),
    ]

    operations = [
        migrations.AddField(
            model_name="registrationimport",
            name="attempts",
            field=models.PositiveSmallIntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.AddField(
            model_name="registrationimport",
            name="failure",
            field=models.CharField(
                blank=True,
                choices=[
                    ("right", "Yang memintanya tidak lagi berwenang atas sesi ini."),
                    ("gone", "Isi berkasnya sudah dihapus setelah sehari."),
                    ("error", "Ada galat saat mengerjakannya."),
                    ("stuck", "Sudah berkali-kali dicoba, tetapi basis data tidak bisa mengerjakannya."),
                ],
                db_default="",
                default="",
                editable=False,
                max_length=5,
            ),
        ),
    ]
