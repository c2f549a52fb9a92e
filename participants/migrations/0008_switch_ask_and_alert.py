"""Switching, "are you still coming?", and being told when a region opens."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("participants", "0007_ask_for_needs_in_rows_of_their_own"),
        ("programs", "0005_place_regions_on_the_map"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="registration",
            name="coming_answered_at",
            field=models.DateTimeField(
                blank=True,
                help_text="Untuk jadwal yang berlaku sekarang.",
                null=True,
                verbose_name="menjawab tetap datang",
            ),
        ),
        migrations.AlterField(
            model_name="notification",
            name="kind",
            field=models.CharField(
                choices=[
                    ("login_code", "Kode masuk"),
                    ("registered", "Pendaftaran diterima"),
                    ("queued", "Masuk daftar tunggu"),
                    ("promoted", "Dapat kursi"),
                    ("guardian_asked", "Permintaan persetujuan wali"),
                    ("guardian_given", "Wali setuju"),
                    ("guardian_refused", "Wali tidak setuju"),
                    ("guardian_expired", "Wali tidak menjawab"),
                    ("cancelled", "Pendaftaran dibatalkan"),
                    ("session_moved", "Jadwal atau tempat berubah"),
                    ("session_cancelled", "Sesi dibatalkan"),
                    ("reminder", "Pengingat"),
                    ("switched", "Pindah sesi"),
                    ("guardian_moved", "Wali dikabari soal pindah sesi"),
                    ("still_coming", "Tetap datang?"),
                    ("region_open", "Pendaftaran di wilayah dibuka"),
                ],
                max_length=20,
                verbose_name="jenis",
            ),
        ),
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
                    ("session_cancelled", "Sesi dibatalkan"),
                    ("switched", "Pindah sesi"),
                    ("consent_withdrawn", "Persetujuan ditarik"),
                ],
                default="",
                max_length=24,
                verbose_name="alasan dilepas",
            ),
        ),
        migrations.CreateModel(
            name="OpeningAlert",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("asked_at", models.DateTimeField(verbose_name="diminta")),
                ("told_at", models.DateTimeField(null=True, verbose_name="dikabari")),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="opening_alerts",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "region",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="programs.region",
                        verbose_name="wilayah",
                    ),
                ),
            ],
            options={
                "verbose_name": "permintaan kabar pembukaan",
                "verbose_name_plural": "permintaan kabar pembukaan",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("told_at", None)),
                        fields=("account", "region"),
                        name="one_waiting_opening_alert",
                    )
                ],
            },
        ),
    ]
