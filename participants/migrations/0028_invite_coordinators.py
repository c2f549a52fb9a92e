"""Coordinators come by a mailed link that opens once."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("participants", "0027_work_with_cohorts"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="notification",
            name="kind",
            field=models.CharField(
                choices=[
                    ("login_code", "Kode masuk"),
                    ("registered", "Pendaftaran diterima"),
                    ("queued", "Masuk daftar tunggu"),
                    ("promoted", "Kursi ditawarkan"),
                    ("guardian_asked", "Permintaan persetujuan wali"),
                    ("guardian_given", "Wali setuju"),
                    ("guardian_refused", "Wali tidak setuju"),
                    ("guardian_expired", "Wali tidak menjawab"),
                    ("cancelled", "Pendaftaran dibatalkan"),
                    ("session_moved", "Jadwal atau tempat berubah"),
                    ("session_cancelled", "Sesi dibatalkan"),
                    ("reminder", "Pengingat"),
                    ("appeal_answered", "Keberatan dijawab"),
                    ("need_answered", "Kebutuhan dijawab"),
                    ("switched", "Pindah sesi"),
                    ("guardian_moved", "Wali dikabari soal pindah sesi"),
                    ("still_coming", "Tetap datang?"),
                    ("region_open", "Pendaftaran di wilayah dibuka"),
                    ("recovery_set", "Alamat cadangan dipasang"),
                    ("recovery_removed", "Alamat cadangan dihapus"),
                    ("address_changed", "Alamat masuk diganti"),
                    ("consent_withdrawn", "Persetujuan ditarik"),
                    ("broadcast", "Kabar panitia"),
                    ("sample", "Contoh pengingat"),
                    ("staff_invited", "Undangan petugas"),
                ],
                max_length=20,
                verbose_name="jenis",
            ),
        ),
        migrations.CreateModel(
            name="Invitation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("invited_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("accepted_at", models.DateTimeField(null=True)),
                ("withdrawn_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="invitations",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="petugas",
                    ),
                ),
                (
                    "invited_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("accepted_at", None), ("withdrawn_at", None), _connector="OR"),
                        name="invitation_ends_once",
                    )
                ],
            },
        ),
    ]
