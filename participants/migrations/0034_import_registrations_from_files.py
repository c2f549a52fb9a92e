"""Staff bring lists of people as files."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("participants", "0033_merge_two_records_of_one_person"),
        ("programs", "0008_let_rules_say_how_and_to_whom"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="consent",
            name="channel",
            field=models.CharField(
                choices=[
                    ("web", "Situs ini"),
                    ("desk", "Di meja, di depan petugas"),
                    ("paper", "Di kertas yang disimpan petugas"),
                ],
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
                    ("merged", "Dua catatan dilebur"),
                    ("unmerged", "Peleburan dikembalikan"),
                    ("imported", "Diimpor dari berkas"),
                    ("unimported", "Impor dibatalkan"),
                ],
                max_length=20,
                verbose_name="perbuatan",
            ),
        ),
        migrations.CreateModel(
            name="RegistrationImport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(help_text="Waktu program.", verbose_name="diunggah")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("mapping", "Menunggu kolom dicocokkan"),
                            ("checking", "Sedang diperiksa"),
                            ("checked", "Sudah diperiksa"),
                            ("writing", "Sedang ditulis"),
                            ("done", "Selesai"),
                            ("undone", "Dibatalkan, atau menunggu orang kedua"),
                            ("failed", "Gagal dibaca"),
                        ],
                        default="mapping",
                        max_length=10,
                        verbose_name="keadaan",
                    ),
                ),
                ("columns", models.JSONField(default=list, editable=False)),
                ("mapping", models.JSONField(default=dict, editable=False)),
                ("row_count", models.PositiveIntegerField(default=0, verbose_name="baris")),
                ("rows_done", models.PositiveIntegerField(default=0)),
                ("rows", models.JSONField(default=list, editable=False)),
                ("found", models.JSONField(default=dict, editable=False)),
                ("choices", models.JSONField(default=dict, editable=False)),
                (
                    "made",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list, size=None, verbose_name="pendaftaran"
                    ),
                ),
                ("refused", models.JSONField(default=dict, editable=False)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="oleh",
                    ),
                ),
                (
                    "session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="imports",
                        to="programs.trainingsession",
                        verbose_name="sesi",
                    ),
                ),
            ],
            options={
                "verbose_name": "impor pendaftaran",
                "verbose_name_plural": "impor pendaftaran",
                "ordering": ["-pk"],
            },
        ),
    ]
