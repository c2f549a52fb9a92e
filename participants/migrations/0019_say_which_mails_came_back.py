"""A mail that came back is called so, and an open question to a guardian says when its address refused it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("participants", "0018_find_what_is_not_settled"),
    ]

    operations = [
        migrations.AddField(
            model_name="guardianrequest",
            name="bounced_at",
            field=models.DateTimeField(
                help_text="A mail server said that there is no such address.",
                null=True,
                verbose_name="alamatnya menolak surat sejak",
            ),
        ),
        migrations.AlterField(
            model_name="notification",
            name="state",
            field=models.CharField(
                choices=[
                    ("due", "Menunggu waktunya"),
                    ("sending", "Sedang dikirim"),
                    ("sent", "Terkirim"),
                    ("retrying", "Akan dicoba lagi"),
                    ("failed", "Gagal"),
                    ("missed", "Terlewat"),
                    ("cancelled", "Tidak jadi dikirim"),
                    ("unknown", "Tidak diketahui"),
                    ("bounced", "Ditolak"),
                ],
                default="due",
                max_length=10,
                verbose_name="keadaan",
            ),
        ),
    ]
