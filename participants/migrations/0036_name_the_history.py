"""What staff did is called their history."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("participants", "0035_keep_tallies"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="deed",
            options={
                "ordering": ["-pk"],
                "verbose_name": "riwayat petugas",
                "verbose_name_plural": "riwayat petugas",
            },
        ),
    ]
