"""Forget where a rehearsal is to go: whoever moves it knows."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("portal", "0002_make_cache_table"),
    ]

    operations = [
        migrations.RemoveField(
            model_name="rehearsal",
            name="target",
        ),
    ]
