"""Of whom data were erased before only the year of birth is known: until its end they are taken for the younger.

And what holds of new facts of attendance is looked for in all.
"""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations

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
    dependencies = [("participants", "0064_find_what_was_withdrawn")]

    operations = [
        migrations.RunSQL(REMEMBER, migrations.RunSQL.noop),
        ValidateConstraint(model_name="attendancefact", name="undo_names_a_press_and_no_mark"),
    ]
