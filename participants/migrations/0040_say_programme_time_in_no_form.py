"""Forms no longer explain an instant by a word of the house, and an import counts its rows."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("participants", "0039_let_readers_say_a_letter_is_not_theirs"),
    ]

    operations = [
        migrations.AlterField(
            model_name="attendancefact",
            name="recorded_at",
            field=models.DateTimeField(verbose_name="dicatat"),
        ),
        migrations.AlterField(
            model_name="deed",
            name="at",
            field=models.DateTimeField(verbose_name="waktu"),
        ),
        migrations.AlterField(
            model_name="merge",
            name="at",
            field=models.DateTimeField(verbose_name="dilebur"),
        ),
        migrations.AlterField(
            model_name="registrationimport",
            name="at",
            field=models.DateTimeField(verbose_name="diunggah"),
        ),
        migrations.AlterField(
            model_name="registrationimport",
            name="row_count",
            field=models.PositiveIntegerField(default=0, verbose_name="jumlah baris"),
        ),
    ]
