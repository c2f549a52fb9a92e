"""Consents to WhatsApp are found by their number, and those whose number is not reached there.

The indexes are built beside whoever writes, in a migration of their own: it can be run once more if that is broken off.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("participants", "0046_remember_numbers_without_whatsapp"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="consent",
            index=models.Index(
                condition=models.Q(("purpose", "whatsapp"), ("withdrawn_at", None)),
                fields=["number"],
                name="consent_whatsapp_number",
            ),
        ),
        AddIndexConcurrently(
            model_name="consent",
            index=models.Index(
                condition=models.Q(("unreached_at__isnull", False)), fields=["participant"], name="consent_unreached"
            ),
        ),
    ]
