"""Staff add people at the desk, group them, take notes, and let a second person decide on many places."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("participants", "0026_keep_what_staff_did"),
        ("programs", "0007_let_staff_write_reminders"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="registration",
            options={
                "permissions": [
                    ("cancel_registration", "Can cancel a registration"),
                    ("work_with_cohort", "Can add, move, seat, group and take notes of people of a session"),
                ],
                "verbose_name": "pendaftaran",
                "verbose_name_plural": "pendaftaran",
            },
        ),
        migrations.AddField(
            model_name="registration",
            name="group_number",
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="kelompok"),
        ),
        migrations.AlterField(
            model_name="consent",
            name="channel",
            field=models.CharField(
                choices=[("web", "Situs ini"), ("desk", "Di meja, di depan petugas")],
                default="web",
                max_length=10,
                verbose_name="saluran",
            ),
        ),
        migrations.AlterField(
            model_name="deed",
            name="what",
            field=models.CharField(
                choices=[
                    ("added", "Ditambahkan"),
                    ("changed", "Diubah"),
                    ("removed", "Dihapus"),
                    ("resized", "Kapasitas diubah"),
                    ("rescheduled", "Jadwal atau tempat diubah"),
                    ("cancelled", "Dibatalkan"),
                    ("corrected", "Dibetulkan"),
                    ("address_replaced", "Alamat masuk diganti"),
                    ("answered", "Dijawab"),
                    ("taken", "Diambil untuk diurus"),
                    ("told", "Kabar ditulis kepada peserta"),
                    ("stopped", "Kabar dihentikan"),
                    ("walked_in", "Ditambahkan di tempat"),
                    ("confirmed", "Diberi kursi"),
                    ("switched", "Dipindahkan ke sesi lain"),
                    ("grouped", "Kelompok diubah"),
                    ("divided", "Dibagi dalam kelompok"),
                    ("noted", "Catatan ditulis"),
                    ("asked", "Persetujuan orang kedua diminta"),
                    ("approved", "Disetujui sebagai orang kedua"),
                    ("declined", "Ditolak sebagai orang kedua"),
                    ("invited", "Diundang"),
                    ("joined", "Undangan diterima"),
                    ("withdrawn", "Akses dicabut"),
                ],
                max_length=20,
                verbose_name="perbuatan",
            ),
        ),
        migrations.CreateModel(
            name="Note",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("text", models.TextField(max_length=500, verbose_name="catatan")),
                ("written_at", models.DateTimeField(verbose_name="ditulis")),
                (
                    "registration",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notes",
                        to="participants.registration",
                        verbose_name="pendaftaran",
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
                "verbose_name": "catatan petugas",
                "verbose_name_plural": "catatan petugas",
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="Approval",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("cancel_people", "Batalkan pendaftaran banyak orang"),
                            ("cancel_session", "Batalkan sesi"),
                        ],
                        max_length=20,
                        verbose_name="perbuatan",
                    ),
                ),
                (
                    "people",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), size=None, verbose_name="pendaftaran"
                    ),
                ),
                ("reason", models.CharField(max_length=200, verbose_name="alasan")),
                ("asked_at", models.DateTimeField(verbose_name="diminta")),
                ("expires_at", models.DateTimeField(verbose_name="berlaku sampai")),
                (
                    "verdict",
                    models.CharField(
                        blank=True,
                        choices=[("", "Menunggu orang kedua"), ("yes", "Disetujui"), ("no", "Ditolak")],
                        default="",
                        max_length=3,
                        verbose_name="putusan",
                    ),
                ),
                ("decided_at", models.DateTimeField(null=True, verbose_name="diputuskan")),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="diminta oleh",
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="diputuskan oleh",
                    ),
                ),
                (
                    "session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="approvals",
                        to="programs.trainingsession",
                        verbose_name="sesi",
                    ),
                ),
            ],
            options={
                "verbose_name": "persetujuan orang kedua",
                "verbose_name_plural": "persetujuan orang kedua",
                "ordering": ["-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("decided_by", models.F("asked_by")), _negated=True),
                        name="approval_by_a_second_person",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_at", None), ("decided_by", None), ("verdict", "")),
                            models.Q(
                                models.Q(("verdict", ""), _negated=True),
                                ("decided_at__isnull", False),
                                ("decided_by__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="approval_is_decided_by_somebody",
                    ),
                ],
            },
        ),
    ]
