"""Attendance files that named staff get a link to, daily or weekly."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("participants", "0030_build_exports_as_jobs"),
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
                    ("export_ready", "Berkas kehadiran siap"),
                ],
                max_length=20,
                verbose_name="jenis",
            ),
        ),
        migrations.CreateModel(
            name="ExportSchedule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=80, verbose_name="nama")),
                (
                    "layout",
                    models.CharField(
                        choices=[("people", "Satu baris per peserta"), ("days", "Satu baris per peserta dan hari")],
                        default="people",
                        max_length=6,
                        verbose_name="susunan",
                    ),
                ),
                (
                    "format",
                    models.CharField(
                        choices=[("csv", "CSV"), ("xlsx", "XLSX")], default="xlsx", max_length=4, verbose_name="format"
                    ),
                ),
                (
                    "weekday",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        choices=[
                            (0, "Senin"),
                            (1, "Selasa"),
                            (2, "Rabu"),
                            (3, "Kamis"),
                            (4, "Jumat"),
                            (5, "Sabtu"),
                            (6, "Minggu"),
                        ],
                        help_text="Kosong: setiap hari.",
                        null=True,
                        verbose_name="hari",
                    ),
                ),
                ("at", models.TimeField(verbose_name="jam (WIB)")),
                ("is_active", models.BooleanField(default=True, verbose_name="aktif")),
                ("last_slot", models.DateTimeField(editable=False, null=True, verbose_name="terakhir")),
                (
                    "program",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="programs.program",
                        verbose_name="edisi",
                    ),
                ),
                (
                    "readers",
                    models.ManyToManyField(
                        help_text="Mendapat tautan lewat email.",
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="penerima",
                    ),
                ),
                (
                    "region",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="programs.region",
                        verbose_name="wilayah",
                    ),
                ),
            ],
            options={
                "verbose_name": "berkas terjadwal",
                "verbose_name_plural": "berkas terjadwal",
                "ordering": ["name"],
            },
        ),
        migrations.AddField(
            model_name="attendanceexport",
            name="schedule",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="participants.exportschedule",
                verbose_name="jadwal",
            ),
        ),
    ]
