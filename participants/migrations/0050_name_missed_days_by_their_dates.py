"""What was said of a day is said of its date and of one registration: who lets go and registers anew can say it anew,
and where a day is moved nothing was said of the new date. A word of old code counts for no date until it is said anew.
"""

from django.db import migrations, models
from django.db.models import Q

BY_DATE = """
    UPDATE participants_appeal said SET code = 'absence_' || to_char(day.date, 'YYYY-MM-DD')
    FROM programs_trainingday day
    WHERE day.session_id = said.session_id AND said.code = 'absence_' || day.number
"""
BY_NUMBER = """
    UPDATE participants_appeal said SET code = 'absence_' || day.number
    FROM programs_trainingday day
    WHERE day.session_id = said.session_id AND said.code = 'absence_' || to_char(day.date, 'YYYY-MM-DD')
"""


class Migration(migrations.Migration):
    dependencies = [
        ("participants", "0049_let_people_say_that_they_cannot_come"),
    ]

    operations = [
        migrations.RunSQL(BY_DATE, BY_NUMBER),
        migrations.RemoveConstraint(model_name="appeal", name="one_open_appeal_per_decision"),
        migrations.AddConstraint(
            model_name="appeal",
            constraint=models.UniqueConstraint(
                fields=["user", "session", "code"],
                condition=Q(answered_at=None) & ~Q(code__startswith="absence_"),
                name="one_open_appeal_per_decision",
            ),
        ),
        migrations.AddConstraint(
            model_name="appeal",
            constraint=models.UniqueConstraint(
                fields=["registration", "code"],
                condition=Q(code__startswith="absence_"),
                name="one_word_per_day_to_miss",
            ),
        ),
        migrations.AddConstraint(
            model_name="appeal",
            constraint=models.CheckConstraint(
                name="absence_is_of_a_registration",
                condition=~Q(code__startswith="absence_") | Q(registration__isnull=False),
            ),
        ),
    ]
