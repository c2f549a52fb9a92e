"""An empty password is one that a form destroyed: whoever has none gets one that nothing fits, and no row has one again."""

from django.db import migrations, models

UNUSABLE = "UPDATE accounts_user SET password = '!' || replace(gen_random_uuid()::text, '-', '') WHERE password = ''"


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_remember_addresses_that_refuse"),
    ]

    operations = [
        migrations.RunSQL(UNUSABLE, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(("password", ""), _negated=True), name="user_password_is_not_empty"
            ),
        ),
    ]
