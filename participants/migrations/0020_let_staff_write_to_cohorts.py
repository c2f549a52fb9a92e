"""Staff write to the people of a session, and see a reminder as its reader does; each mail is a row of the ledger."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("participants", "0019_say_which_mails_came_back"),
        ("programs", "0007_let_staff_write_reminders"),
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
                    ("promoted", "Dapat kursi"),
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
                ],
                max_length=20,
                verbose_name="jenis",
            ),
        ),
        migrations.CreateModel(
            name="Broadcast",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "audience",
                    models.CharField(
                        choices=[
                            ("confirmed", "Peserta yang pasti"),
                            ("awaiting_guardian", "Yang menunggu walinya"),
                            ("queued", "Yang di daftar tunggu"),
                            ("all", "Semua yang terdaftar dan mengantre"),
                        ],
                        max_length=20,
                        verbose_name="penerima",
                    ),
                ),
                ("subject_id", models.CharField(max_length=90, verbose_name="judul (Indonesia)")),
                ("body_id", models.TextField(max_length=1000, verbose_name="isi (Indonesia)")),
                ("subject_en", models.CharField(blank=True, default="", max_length=90, verbose_name="judul (Inggris)")),
                ("body_en", models.TextField(blank=True, default="", max_length=1000, verbose_name="isi (Inggris)")),
                ("form_key", models.UUIDField(unique=True)),
                ("people", models.PositiveIntegerField(verbose_name="orang")),
                ("written_at", models.DateTimeField(verbose_name="ditulis")),
                ("starts_at", models.DateTimeField(verbose_name="mulai dikirim")),
                ("stopped_at", models.DateTimeField(null=True, verbose_name="dihentikan")),
                (
                    "session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="broadcasts",
                        to="programs.trainingsession",
                        verbose_name="sesi",
                    ),
                ),
                (
                    "stopped_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="dihentikan oleh",
                    ),
                ),
                (
                    "written_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="ditulis oleh",
                    ),
                ),
            ],
            options={
                "verbose_name": "kabar panitia",
                "verbose_name_plural": "kabar panitia",
                "ordering": ["-pk"],
                "permissions": [("write_broadcast", "May write to the people of a session")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("stopped_at", None), ("stopped_by", None)),
                            models.Q(("stopped_at__isnull", False), ("stopped_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="broadcast_is_stopped_by_somebody",
                    )
                ],
            },
        ),
    ]
