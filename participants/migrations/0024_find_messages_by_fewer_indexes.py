"""A message is written to fewer indexes, and what waits stands in one that its promise and its outcome change.

Built beside whoever writes, and the old ones go last: the old code goes on sending. Dead rows are cleaned away by their
number, not by the table's size: what was sent must not stand in the way of what waits.
"""

from django.conf import settings
from django.contrib.postgres.operations import (
    AddConstraintNotValid,
    AddIndexConcurrently,
    RemoveIndexConcurrently,
    ValidateConstraint,
)
from django.db import migrations, models

COLUMNS = "registration_id, guardian_request_id, login_code_id, account_id, kind, occurrence, version"
BY_SUBJECT = models.UniqueConstraint(
    fields=["registration", "guardian_request", "login_code", "account", "kind", "occurrence", "version"],
    nulls_distinct=False,
    name="notification_of_subject",
)
IS_OPEN = models.CheckConstraint(
    name="notification_waiting_is_open",
    condition=models.Q(
        ("settled_at", None),
        models.Q(("state__in", ["due", "retrying", "sending"]), _negated=True),
        _connector="OR",
    ),
)
INDEXES = [
    models.Index(condition=models.Q(("settled_at", None)), fields=["queue", "due_at"], name="notification_waiting"),
    models.Index(
        condition=models.Q(("state__in", ["failed", "unknown"])), fields=["queue", "state"], name="notification_astray"
    ),
    models.Index(
        condition=models.Q(("guardian_request__isnull", False)),
        fields=["guardian_request"],
        name="notification_of_guardian",
    ),
    models.Index(condition=models.Q(("login_code__isnull", False)), fields=["login_code"], name="notification_of_code"),
    models.Index(condition=models.Q(("account__isnull", False)), fields=["account"], name="notification_of_account"),
]
SUBJECTS = {
    "registration": "participants.registration",
    "guardian_request": "participants.guardianrequest",
    "login_code": "participants.logincode",
    "account": settings.AUTH_USER_MODEL,
}


def without_index(name, to):
    field = models.ForeignKey(to, models.CASCADE, null=True, related_name="notifications", db_index=False)
    return migrations.AlterField(model_name="notification", name=name, field=field)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("participants", "0023_remember_since_when_seats_are_held"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        *(AddIndexConcurrently(model_name="notification", index=index) for index in INDEXES),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    f"CREATE UNIQUE INDEX CONCURRENTLY notification_of_subject ON participants_notification ({COLUMNS}) "
                    "NULLS NOT DISTINCT",
                    "DROP INDEX CONCURRENTLY IF EXISTS notification_of_subject",
                ),
                migrations.RunSQL(
                    "ALTER TABLE participants_notification "
                    "ADD CONSTRAINT notification_of_subject UNIQUE USING INDEX notification_of_subject",
                    "ALTER TABLE participants_notification DROP CONSTRAINT notification_of_subject",
                ),
            ],
            state_operations=[migrations.AddConstraint(model_name="notification", constraint=BY_SUBJECT)],
        ),
        AddConstraintNotValid(model_name="notification", constraint=IS_OPEN),
        ValidateConstraint(model_name="notification", name="notification_waiting_is_open"),
        migrations.RunSQL(
            "ALTER TABLE participants_notification SET (autovacuum_vacuum_scale_factor = 0, "
            "autovacuum_vacuum_threshold = 20000, autovacuum_vacuum_cost_delay = 0)",
            "ALTER TABLE participants_notification RESET (autovacuum_vacuum_scale_factor, "
            "autovacuum_vacuum_threshold, autovacuum_vacuum_cost_delay)",
        ),
        *(without_index(name, to) for name, to in SUBJECTS.items()),
        migrations.RemoveConstraint(model_name="notification", name="notification_promised_once"),
        RemoveIndexConcurrently(model_name="notification", name="notification_due"),
        RemoveIndexConcurrently(model_name="notification", name="notification_leased"),
        RemoveIndexConcurrently(model_name="notification", name="notification_unsettled"),
    ]
