"""Which tickets were replaced, by which, when and by whom: in a transaction of its own, since a key to accounts waits for
whoever writes one, and nobody should meanwhile wait to read a registration.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import participants.models.searches


class Migration(migrations.Migration):
    dependencies = [
        ("participants", "0053_replace_tickets"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="TicketChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("old", models.UUIDField(unique=True)),
                ("new", models.UUIDField(unique=True)),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "registration",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="ticket_changes",
                        to="participants.registration",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "indexes": [models.Index(participants.models.searches.TicketNumber("new"), name="ticket_change_code")],
            },
        ),
    ]
