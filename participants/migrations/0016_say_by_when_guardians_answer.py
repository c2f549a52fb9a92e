"""The help of a deadline speaks to people, not of a setting. Nothing changes in the database."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("participants", "0015_let_people_change_their_address"),
    ]

    operations = [
        migrations.AlterField(
            model_name="guardianrequest",
            name="expires_at",
            field=models.DateTimeField(
                help_text="Paling lambat saat pendaftaran ditutup.", verbose_name="berlaku sampai"
            ),
        ),
    ]
