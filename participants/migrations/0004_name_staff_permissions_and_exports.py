"""Permissions of staff over people get their names; every file that leaves the portal gets a row."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("participants", "0003_find_login_codes_by_browser"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="attendancefact",
            options={
                "ordering": ["pk"],
                "permissions": [
                    ("record_attendance", "Can record attendance"),
                    ("export_attendance", "Can export attendance"),
                ],
                "verbose_name": "catatan kehadiran",
                "verbose_name_plural": "catatan kehadiran",
            },
        ),
        migrations.AlterModelOptions(
            name="registration",
            options={
                "permissions": [("cancel_registration", "Can cancel a registration")],
                "verbose_name": "pendaftaran",
                "verbose_name_plural": "pendaftaran",
            },
        ),
        migrations.CreateModel(
            name="AttendanceExport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(verbose_name="waktu")),
                (
                    "format",
                    models.CharField(choices=[("csv", "CSV"), ("xlsx", "XLSX")], max_length=4, verbose_name="format"),
                ),
                ("filter", models.JSONField(verbose_name="saringan")),
                ("columns", models.JSONField(verbose_name="kolom")),
                ("reason", models.CharField(blank=True, max_length=200, verbose_name="alasan")),
                ("row_count", models.PositiveIntegerField(verbose_name="jumlah baris")),
                (
                    "sha256",
                    models.CharField(help_text="SHA-256 dari isi berkas.", max_length=64, verbose_name="sidik jari"),
                ),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="oleh",
                    ),
                ),
            ],
            options={
                "verbose_name": "berkas kehadiran",
                "verbose_name_plural": "berkas kehadiran",
                "ordering": ["-at"],
            },
        ),
    ]
