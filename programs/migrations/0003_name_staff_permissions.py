"""Permissions of staff over whole sessions get their names."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("programs", "0002_guard_seats_and_regions"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="trainingsession",
            options={
                "ordering": ["region__name", "slug"],
                "permissions": [("manage_session", "Can move, cancel and resize a session")],
                "verbose_name": "sesi pelatihan",
                "verbose_name_plural": "sesi pelatihan",
            },
        ),
    ]
