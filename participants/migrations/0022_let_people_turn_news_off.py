"""People turn optional messages off, each sort for itself; staff say which of their news are."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("participants", "0021_let_messages_go_by_several_channels"),
        ("programs", "0008_let_rules_say_how_and_to_whom"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="broadcast",
            name="is_optional",
            field=models.BooleanField(db_default=False, default=False, verbose_name="boleh dimatikan penerima"),
        ),
        migrations.CreateModel(
            name="OptOut",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "topic",
                    models.CharField(
                        choices=[
                            ("reminder", "Pengingat"),
                            ("broadcast", "Kabar tambahan dari panitia"),
                            ("region_open", "Kabar pembukaan pendaftaran"),
                        ],
                        max_length=20,
                        verbose_name="jenis",
                    ),
                ),
                ("chosen_at", models.DateTimeField(verbose_name="dipilih")),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="opt_outs",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "rule",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="programs.reminderrule",
                        verbose_name="aturan",
                    ),
                ),
            ],
            options={
                "verbose_name": "pesan yang dimatikan",
                "verbose_name_plural": "pesan yang dimatikan",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("account", "topic", "rule"), name="one_opt_out_each", nulls_distinct=False
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("rule__isnull", False), ("topic", "reminder")),
                            models.Q(models.Q(("topic", "reminder"), _negated=True), ("rule", None)),
                            _connector="OR",
                        ),
                        name="opt_out_of_reminders_names_their_rule",
                    ),
                ],
            },
        ),
    ]
