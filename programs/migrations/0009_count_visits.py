"""How often public pages are opened, by day."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("programs", "0008_let_rules_say_how_and_to_whom"),
    ]

    operations = [
        migrations.CreateModel(
            name="Visits",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField(help_text="By the clock of Jakarta.")),
                (
                    "page",
                    models.CharField(
                        choices=[("home", "Home"), ("sessions", "Sessions"), ("session", "Session")], max_length=8
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                (
                    "session",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="visits",
                        to="programs.trainingsession",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("day", "page", "session"), name="visits_of_a_page_and_day", nulls_distinct=False
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("page", "session"), ("session__isnull", False)),
                            models.Q(models.Q(("page", "session"), _negated=True), ("session", None)),
                            _connector="OR",
                        ),
                        name="visits_name_the_session_of_its_page",
                    ),
                ],
            },
        ),
    ]
