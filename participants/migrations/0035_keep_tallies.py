"""The people of each session counted by trait, for the page of the ministry."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("participants", "0034_import_registrations_from_files"),
        ("programs", "0009_count_visits"),
    ]

    operations = [
        migrations.CreateModel(
            name="TallyCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("counted_at", models.DateTimeField()),
                ("seconds", models.FloatField()),
                (
                    "program",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="programs.program"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Tally",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "dimension",
                    models.CharField(
                        choices=[
                            ("", "All"),
                            ("gender", "Gender"),
                            ("age", "Age"),
                            ("occupation", "Occupation"),
                            ("reminder", "Reminder"),
                        ],
                        max_length=10,
                    ),
                ),
                ("key", models.CharField(max_length=12)),
                ("registered", models.PositiveIntegerField(db_default=0, default=0)),
                ("queued", models.PositiveIntegerField(db_default=0, default=0)),
                ("confirmed", models.PositiveIntegerField(db_default=0, default=0)),
                ("complete", models.PositiveIntegerField(db_default=0, default=0)),
                (
                    "there",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.PositiveIntegerField(), db_default=[], default=list, size=None
                    ),
                ),
                ("messages", models.PositiveIntegerField(db_default=0, default=0)),
                (
                    "program",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="programs.program"
                    ),
                ),
                (
                    "region",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="programs.region"
                    ),
                ),
                (
                    "session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="programs.trainingsession"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("session", "dimension", "key"), name="tally_once")],
            },
        ),
    ]
