"""Attendance files know their layout, are built as jobs and kept for a day; roles know their personal columns."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("participants", "0029_say_once_what_silence_means"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ExportPart",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("content", models.BinaryField()),
            ],
            options={
                "ordering": ["number"],
            },
        ),
        migrations.AlterModelOptions(
            name="attendanceexport",
            options={
                "ordering": ["-at"],
                "permissions": [
                    ("export_personal", "Can export personal columns"),
                    ("export_addresses", "Can export mail addresses"),
                ],
                "verbose_name": "berkas kehadiran",
                "verbose_name_plural": "berkas kehadiran",
            },
        ),
        migrations.AddField(
            model_name="attendanceexport",
            name="asked",
            field=models.JSONField(default=dict, help_text="The filter, as it is asked again when the file is built."),
        ),
        migrations.AddField(
            model_name="attendanceexport",
            name="attempts",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="attendanceexport",
            name="delimiter",
            field=models.CharField(default=",", help_text="Of CSV.", max_length=1),
        ),
        migrations.AddField(
            model_name="attendanceexport",
            name="fetched_at",
            field=models.DateTimeField(null=True, verbose_name="terakhir diunduh"),
        ),
        migrations.AddField(
            model_name="attendanceexport",
            name="judged_at",
            field=models.DateTimeField(null=True, verbose_name="diputuskan"),
        ),
        migrations.AddField(
            model_name="attendanceexport",
            name="judged_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="diputuskan oleh",
            ),
        ),
        migrations.AddField(
            model_name="attendanceexport",
            name="language",
            field=models.CharField(default="id", help_text="Of the headings and words in the file.", max_length=2),
        ),
        migrations.AddField(
            model_name="attendanceexport",
            name="layout",
            field=models.CharField(
                choices=[("people", "Satu baris per peserta"), ("days", "Satu baris per peserta dan hari")],
                default="people",
                max_length=6,
                verbose_name="susunan",
            ),
        ),
        migrations.AddField(
            model_name="attendanceexport",
            name="people",
            field=models.PositiveIntegerField(default=0, verbose_name="jumlah peserta"),
        ),
        migrations.AddField(
            model_name="attendanceexport",
            name="personal",
            field=models.JSONField(default=list, verbose_name="kolom pribadi"),
        ),
        migrations.AddField(
            model_name="attendanceexport",
            name="ready_at",
            field=models.DateTimeField(null=True, verbose_name="siap"),
        ),
        migrations.AddField(
            model_name="attendanceexport",
            name="regions",
            field=models.JSONField(
                default=list, help_text="Whose people are in the file: who may fetch it sees them all."
            ),
        ),
        migrations.AddField(
            model_name="attendanceexport",
            name="rows_done",
            field=models.PositiveIntegerField(default=0, help_text="How far the worker is."),
        ),
        migrations.AddField(
            model_name="attendanceexport",
            name="rows_sha256",
            field=models.CharField(
                blank=True,
                help_text="SHA-256 dari baris-barisnya, seperti di berkas.",
                max_length=64,
                verbose_name="sidik jari baris",
            ),
        ),
        migrations.AddField(
            model_name="attendanceexport",
            name="state",
            field=models.CharField(
                choices=[
                    ("asked", "Menunggu persetujuan orang kedua"),
                    ("queued", "Menunggu giliran"),
                    ("running", "Sedang dibuat"),
                    ("ready", "Siap diunduh"),
                    ("given", "Diberikan langsung"),
                    ("gone", "Berkas sudah dihapus"),
                    ("declined", "Tidak disetujui"),
                    ("refused", "Ditolak: haknya sudah tidak ada"),
                    ("failed", "Gagal dibuat"),
                ],
                default="given",
                max_length=10,
                verbose_name="keadaan",
            ),
        ),
        migrations.AlterField(
            model_name="attendanceexport",
            name="sha256",
            field=models.CharField(
                db_index=True, help_text="SHA-256 dari isi berkas.", max_length=64, verbose_name="sidik jari"
            ),
        ),
        migrations.AddIndex(
            model_name="attendanceexport",
            index=models.Index(
                condition=models.Q(("state__in", ["queued", "running", "ready"])),
                fields=["state"],
                name="export_under_way",
            ),
        ),
        migrations.AddConstraint(
            model_name="attendanceexport",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("judged_by", None), models.Q(("judged_by", models.F("by")), _negated=True), _connector="OR"
                ),
                name="second_yes_is_a_second_person",
            ),
        ),
        migrations.AddField(
            model_name="exportpart",
            name="export",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="parts", to="participants.attendanceexport"
            ),
        ),
        migrations.AddConstraint(
            model_name="exportpart",
            constraint=models.UniqueConstraint(fields=("export", "number"), name="export_part_once"),
        ),
    ]
