"""What holds of new facts of attendance and new doubts is looked for in all, beside whoever writes."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("participants", "0064_find_what_was_withdrawn")]

    operations = [
        ValidateConstraint(model_name="attendancefact", name="undo_names_a_press_and_no_mark"),
        ValidateConstraint(model_name="doubtfulscan", name="doubt_of_a_device_or_of_somebody"),
    ]
