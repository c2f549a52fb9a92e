"""Know which guardian took a yes back, and the inbox that answered again once its address is gone.

Of what was taken back before, the last guardian of that child who had agreed by then is taken for who did it.
"""

from django.db import migrations, models

REMEMBER = """
UPDATE participants_guardianrequest request
SET taken_back_at = taken.withdrawn_at
FROM (
    SELECT DISTINCT ON (consent.id) asked.id, consent.withdrawn_at
    FROM participants_consent consent
    JOIN participants_registration registration ON registration.participant_id = consent.participant_id
    JOIN participants_guardianrequest asked ON asked.registration_id = registration.id
    WHERE consent.giver = 'guardian' AND consent.purpose = 'training' AND consent.withdrawn_by = 'guardian'
    AND asked.answer = 'given' AND asked.answered_at <= consent.withdrawn_at
    ORDER BY consent.id, asked.answered_at DESC, asked.id DESC
) taken
WHERE request.id = taken.id
"""


class Migration(migrations.Migration):
    dependencies = [
        ("participants", "0061_doubt_check_ins_by_people_themselves"),
    ]

    operations = [
        migrations.AddField(
            model_name="guardianrequest",
            name="taken_back_at",
            field=models.DateTimeField(
                editable=False, help_text="When who had agreed here took the yes back.", null=True
            ),
        ),
        migrations.AddField(
            model_name="guardianrequest",
            name="inbox_hash",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                editable=False,
                help_text=(
                    "Of who answered, once the address is gone: a keyed mark by which the same inbox is known again."
                ),
                max_length=64,
            ),
        ),
        migrations.RunSQL(REMEMBER, migrations.RunSQL.noop),
    ]
