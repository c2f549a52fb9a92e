"""The door looks up the newest code of a browser at every guess."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("participants", "0002_guard_registrations_and_attendance")]

    operations = [
        migrations.AddIndex(
            model_name="logincode",
            index=models.Index(fields=["browser_hash"], name="login_code_browser"),
        ),
    ]
