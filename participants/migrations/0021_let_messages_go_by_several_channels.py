"""A message may go by WhatsApp or SMS, to whoever agreed; its row says by which way, and whether it arrived.

The indexes are built beside whoever writes, so the old code goes on sending.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("participants", "0020_let_staff_write_to_cohorts"),
    ]

    operations = [
        migrations.AddField(
            model_name="consent",
            name="number",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="Nomor yang untuknya persetujuan ini diberikan; hanya untuk WhatsApp.",
                max_length=16,
                verbose_name="nomor",
            ),
        ),
        migrations.AddField(
            model_name="notification",
            name="arrived_at",
            field=models.DateTimeField(
                help_text="When its provider said that it was delivered, programme time.",
                null=True,
                verbose_name="sampai",
            ),
        ),
        migrations.AddField(
            model_name="notification",
            name="channel",
            field=models.CharField(
                blank=True,
                choices=[("mail", "Surat"), ("whatsapp", "WhatsApp"), ("sms", "SMS")],
                db_default="",
                default="",
                help_text="Yang terakhir dipakai, atau yang berikutnya setelah satu saluran gagal.",
                max_length=10,
                verbose_name="saluran",
            ),
        ),
        migrations.AddField(
            model_name="notification",
            name="sent_as",
            field=models.CharField(
                blank=True, db_default="", default="", help_text="What the provider calls the message.", max_length=200
            ),
        ),
        migrations.AlterField(
            model_name="consent",
            name="purpose",
            field=models.CharField(
                choices=[
                    ("training", "Mengikuti pelatihan"),
                    ("statistics", "Statistik kementerian"),
                    ("partner_contact", "Dihubungi mitra"),
                    ("whatsapp", "Kabar lewat WhatsApp"),
                ],
                max_length=20,
                verbose_name="tujuan",
            ),
        ),
        AddIndexConcurrently(
            model_name="notification",
            index=models.Index(
                condition=models.Q(("sent_as", ""), _negated=True), fields=["sent_as"], name="notification_sent_as"
            ),
        ),
        AddIndexConcurrently(
            model_name="notification",
            index=models.Index(
                condition=models.Q(("state__in", ["failed", "bounced"])),
                fields=["registration"],
                name="notification_lost",
            ),
        ),
    ]
