"""People are found by the beginnings of the words of their name, by either end of their number and by their ticket.

Whom staff may not read by name is a small part of everybody, kept in indexes of their own. All are built beside whoever
writes.
"""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models.functions import Reverse

from participants.models.searches import NameWords, TicketNumber

# Its cost is what it takes beside an operator: the planner would else work it out for every row on the way.
NAME_WORDS = """
CREATE OR REPLACE FUNCTION participants_name_words(name text) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 600 AS $$
BEGIN
    RETURN array_to_tsvector(array_remove(regexp_split_to_array(lower(name), '[^[:alnum:]]+'), ''));
END
$$
"""
HAS_A_NUMBER = models.Q(("phone", ""), _negated=True)
OF_PEOPLE = [
    models.Index(fields=["full_name"], name="participant_full_name"),
    GinIndex(NameWords("full_name"), name="participant_name_words"),
    models.Index(OpClass("phone", "varchar_pattern_ops"), condition=HAS_A_NUMBER, name="participant_number_begins"),
    models.Index(OpClass(Reverse("phone"), "text_pattern_ops"), condition=HAS_A_NUMBER, name="participant_number_ends"),
]
OF_REGISTRATIONS = [
    models.Index(TicketNumber("public_id"), name="registration_ticket"),
    models.Index(
        condition=models.Q(("guardian__in", ["asked", "refused", "expired"])),
        fields=["participant"],
        name="registration_unanswered",
    ),
]
OF_CONSENTS = [
    models.Index(
        condition=models.Q(("purpose", "training"), ("withdrawn_at__isnull", False)),
        fields=["participant"],
        name="consent_taken_back",
    ),
]


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("participants", "0043_move_many_by_two"),
    ]

    operations = [
        migrations.RunSQL(NAME_WORDS, "DROP FUNCTION participants_name_words"),
        *(AddIndexConcurrently(model_name="participant", index=index) for index in OF_PEOPLE),
        *(AddIndexConcurrently(model_name="registration", index=index) for index in OF_REGISTRATIONS),
        *(AddIndexConcurrently(model_name="consent", index=index) for index in OF_CONSENTS),
    ]
