"""Moving many people to another session waits for a second person, as cancelling them does."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("participants", "0042_take_imports_back_by_a_worker"),
        ("programs", "0010_say_why_a_session_is_cancelled"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="approval",
            name="target",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="programs.trainingsession",
                verbose_name="ke sesi",
            ),
        ),
        migrations.AlterField(
            model_name="approval",
            name="kind",
            field=models.CharField(
                choices=[
                    ("cancel_people", "Batalkan pendaftaran banyak orang"),
                    ("cancel_session", "Batalkan sesi"),
                    ("move_people", "Pindahkan banyak orang ke sesi lain"),
                ],
                max_length=20,
                verbose_name="perbuatan",
            ),
        ),
        migrations.AddConstraint(
            model_name="approval",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "move_people"), ("target__isnull", False)),
                    models.Q(models.Q(("kind", "move_people"), _negated=True), ("target", None)),
                    _connector="OR",
                ),
                name="approval_of_a_move_names_where_to",
            ),
        ),
    ]
