"""A participant may prove a second address and come in by it."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import portal.accounts.models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_remember_language"),
    ]

    operations = [
        migrations.CreateModel(
            name="RecoveryAddress",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("email", models.EmailField(max_length=254)),
                ("proven_at", models.DateTimeField()),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="recovery",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        portal.accounts.models.AddressKey("email"),
                        name="recovery_address_unique_whatever_case_and_width",
                    )
                ],
            },
        ),
    ]
