"""What people need becomes a request that somebody answers. The old column stays, unread, until the next release."""

from django.db import migrations

# To the newest registration, a live one before all others; of minors only after the guardian's yes.
MOVE = """
INSERT INTO participants_accessibilityrequest
    (public_id, registration_id, need, version, asked_at, kind, answer)
SELECT DISTINCT ON (person.id)
    gen_random_uuid(), registration.id, person.accessibility_needs, 1, registration.registered_at, '', ''
FROM participants_participant person
JOIN participants_registration registration ON registration.participant_id = person.id
WHERE person.accessibility_needs <> '' AND registration.guardian IN ('not_needed', 'given')
ORDER BY person.id, (registration.place = 'released'), registration.id DESC
"""
MOVE_BACK = """
UPDATE participants_participant person SET accessibility_needs = request.need
FROM participants_accessibilityrequest request
JOIN participants_registration registration ON registration.id = request.registration_id
WHERE registration.participant_id = person.id
"""
# The code that runs meanwhile still writes the column; the new one no longer names it.
LET_BE = "ALTER TABLE participants_participant ALTER COLUMN accessibility_needs SET DEFAULT ''"
NAME_AGAIN = "ALTER TABLE participants_participant ALTER COLUMN accessibility_needs DROP DEFAULT"


class Migration(migrations.Migration):
    dependencies = [("participants", "0006_let_people_ask")]

    operations = [
        migrations.RunSQL(MOVE, MOVE_BACK),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(LET_BE, NAME_AGAIN)],
            state_operations=[migrations.RemoveField(model_name="participant", name="accessibility_needs")],
        ),
    ]
