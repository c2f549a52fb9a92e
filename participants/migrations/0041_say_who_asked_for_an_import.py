"""An import knows who asked for it last, where its rows stand in their file, and whose yes its undo waits for."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# Whose undo waits for a second person's yes: what was asked for its people, and nobody has decided.
WAITING = """
    UPDATE participants_registrationimport i SET undo_id = a.id FROM participants_approval a
    WHERE i.state = 'undone' AND a.session_id = i.session_id AND a.kind = 'cancel_people' AND a.verdict = ''
      AND a.people <@ i.made AND cardinality(a.people) > 0
"""
# "undone" was said already while a second person was waited for; what still stands was not taken back.
STANDING = """
    UPDATE participants_registrationimport i SET state = 'done' WHERE state = 'undone' AND EXISTS (
        SELECT FROM participants_registration r WHERE r.id = ANY (i.made) AND r.place <> 'released')
"""


class Migration(migrations.Migration):
    dependencies = [
        ("participants", "0040_say_programme_time_in_no_form"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="registrationimport",
            name="asked_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="terakhir diminta oleh",
            ),
        ),
        migrations.AddField(
            model_name="registrationimport",
            name="numbers",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.PositiveIntegerField(), db_default=[], default=list, editable=False, size=None
            ),
        ),
        migrations.AddField(
            model_name="registrationimport",
            name="undo",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="imports",
                to="participants.approval",
            ),
        ),
        migrations.AlterField(
            model_name="registrationimport",
            name="state",
            field=models.CharField(
                choices=[
                    ("mapping", "Menunggu kolom dicocokkan"),
                    ("checking", "Sedang diperiksa"),
                    ("checked", "Sudah diperiksa"),
                    ("writing", "Sedang ditulis"),
                    ("done", "Selesai"),
                    ("undone", "Dibatalkan"),
                    ("failed", "Terhenti"),
                ],
                default="mapping",
                max_length=10,
                verbose_name="keadaan",
            ),
        ),
        migrations.RunSQL(WAITING, migrations.RunSQL.noop),
        migrations.RunSQL(STANDING, migrations.RunSQL.noop),
    ]
