"""Regions get the place of their city on the map; without one a region stays in the list alone."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("programs", "0004_count_changes_of_place"),
    ]

    operations = [
        migrations.AddField(
            model_name="region",
            name="latitude",
            field=models.FloatField(
                blank=True,
                help_text="Letak kota di peta, misalnya -2.59. Kosong: tidak di peta.",
                null=True,
                verbose_name="lintang",
            ),
        ),
        migrations.AddField(
            model_name="region",
            name="longitude",
            field=models.FloatField(blank=True, help_text="Misalnya 140.67.", null=True, verbose_name="bujur"),
        ),
        migrations.AddConstraint(
            model_name="region",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("latitude__isnull", True), ("longitude__isnull", True)),
                    models.Q(("latitude__isnull", False), ("longitude__isnull", False)),
                    _connector="OR",
                ),
                name="region_place_is_whole",
                violation_error_message="Isi lintang dan bujur, atau kosongkan keduanya.",
            ),
        ),
        migrations.AddConstraint(
            model_name="region",
            constraint=models.CheckConstraint(
                condition=models.Q(("latitude__range", (-11.1, 6.1)), ("longitude__range", (94.9, 141.1))),
                name="region_lies_in_indonesia",
                violation_error_message="Letak ini di luar Indonesia.",
            ),
        ),
    ]
