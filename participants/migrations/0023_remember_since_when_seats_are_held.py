"""Keep since when a guardian's time to answer runs, so that it can be counted anew; what is open is worked out."""

from django.db import migrations, models

SINCE = """
    UPDATE participants_guardianrequest asked
    SET held_from = asked.expires_at - program.guardian_hours * interval '1 hour'
    FROM participants_registration registration JOIN programs_program program ON program.id = registration.program_id
    WHERE registration.id = asked.registration_id AND asked.answer = ''
      AND asked.expires_at - program.guardian_hours * interval '1 hour' > asked.asked_at
"""


class Migration(migrations.Migration):
    dependencies = [
        ("participants", "0022_let_people_turn_news_off"),
    ]

    operations = [
        migrations.AddField(
            model_name="guardianrequest",
            name="held_from",
            field=models.DateTimeField(
                editable=False,
                help_text="Since when the time to answer runs, where not since it was asked.",
                null=True,
            ),
        ),
        migrations.RunSQL(SINCE, migrations.RunSQL.noop),
    ]
