"""A consent to WhatsApp remembers since when its number is not reached there."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("participants", "0045_give_imports_up"),
    ]

    operations = [
        migrations.AddField(
            model_name="consent",
            name="unreached_at",
            field=models.DateTimeField(
                editable=False,
                help_text="Nomornya tidak memakai WhatsApp, atau tidak mau menerima pesan kami di sana.",
                null=True,
                verbose_name="tidak sampai lewat WhatsApp sejak",
            ),
        ),
    ]
