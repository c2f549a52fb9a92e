"""Name the end of a queue when registration closes."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("participants", "0012_keep_drafts"),
    ]

    operations = [
        migrations.AlterField(
            model_name="registration",
            name="release_reason",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", "—"),
                    ("cancelled_by_self", "Dibatalkan peserta"),
                    ("left_queue", "Keluar dari daftar tunggu"),
                    ("offer_declined", "Tawaran kursi dilepas peserta"),
                    ("cancelled_by_staff", "Dibatalkan petugas"),
                    ("guardian_refused", "Wali tidak setuju"),
                    ("guardian_expired", "Wali tidak menjawab pada waktunya"),
                    ("offer_expired", "Tawaran kursi tidak dijawab"),
                    ("registration_closed", "Pendaftaran ditutup"),
                    ("queue_closed", "Daftar tunggu ditutup"),
                    ("session_cancelled", "Sesi dibatalkan"),
                    ("switched", "Pindah sesi"),
                    ("consent_withdrawn", "Persetujuan ditarik"),
                ],
                default="",
                max_length=24,
                verbose_name="alasan dilepas",
            ),
        ),
    ]
