"""Topics are written in English, too; where they are not, readers of English see the Indonesian ones."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("programs", "0005_place_regions_on_the_map"),
    ]

    operations = [
        migrations.AddField(
            model_name="module",
            name="topics_en",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=120),
                blank=True,
                db_default=models.Value("{}"),
                default=list,
                help_text="Kosong: pembaca bahasa Inggris melihat yang Indonesia.",
                size=None,
                verbose_name="topik (Inggris)",
            ),
        ),
    ]
