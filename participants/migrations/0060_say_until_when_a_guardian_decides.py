"""Until when a guardian decides for somebody whose data were erased.

Of whom they were erased before only the year of birth is known: until that year's end they are taken for the younger.
"""

from django.db import migrations, models

REMEMBER = """
UPDATE participants_participant person
SET guardian_until = make_date(extract(year FROM person.birth_date)::int + asked.adult_age + 1, 1, 1)
FROM (
    SELECT registration.participant_id, max(program.adult_age) AS adult_age
    FROM participants_registration registration JOIN programs_program program ON program.id = registration.program_id
    WHERE registration.guardian <> 'not_needed'
    GROUP BY registration.participant_id
) asked, accounts_user account
WHERE person.full_name = '—' AND asked.participant_id = person.id
AND account.id = person.user_id AND account.email NOT LIKE '%@erased.invalid'
"""


class Migration(migrations.Migration):
    dependencies = [
        ("participants", "0059_keep_facts_and_what_left"),
    ]

    operations = [
        migrations.AddField(
            model_name="participant",
            name="guardian_until",
            field=models.DateField(
                editable=False,
                help_text=(
                    "After erasing: a guardian is needed for whatever begins before it; the first day of a month."
                ),
                null=True,
            ),
        ),
        migrations.RunSQL(REMEMBER, migrations.RunSQL.noop),
    ]
