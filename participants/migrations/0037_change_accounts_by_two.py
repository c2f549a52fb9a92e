"""Links belong to the address they were mailed to, and what one manager of accounts may not do alone waits for another."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# Invitations from before went to the address that the account has, as far as anybody knows.
KNOWN = "UPDATE participants_invitation i SET email = u.email FROM accounts_user u WHERE u.id = i.account_id"


class Migration(migrations.Migration):
    dependencies = [
        ("participants", "0036_name_the_history"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="invitation",
            name="email",
            field=models.EmailField(db_default="", default="", max_length=254),
        ),
        migrations.AddField(
            model_name="invitation",
            name="renews",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.RunSQL(KNOWN, migrations.RunSQL.noop),
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
                    ("linked", "Tautan kata sandi dikirim"),
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
                    ("merged", "Dua akun dijadikan satu"),
                    ("consent_withdrawn", "Persetujuan ditarik"),
                    ("broadcast", "Kabar panitia"),
                    ("sample", "Contoh pengingat"),
                    ("staff_invited", "Undangan petugas"),
                    ("password_link", "Tautan kata sandi baru"),
                    ("staff_changed", "Akun petugas diubah"),
                    ("staff_address", "Alamat petugas diganti"),
                    ("export_ready", "Berkas kehadiran siap"),
                ],
                max_length=20,
                verbose_name="jenis",
            ),
        ),
        migrations.CreateModel(
            name="AccountRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("role", "Beri peran"),
                            ("factor", "Lepas faktor kedua"),
                            ("address", "Ganti alamat email"),
                        ],
                        max_length=10,
                    ),
                ),
                ("role", models.CharField(blank=True, default="", max_length=150)),
                ("email", models.EmailField(blank=True, default="", max_length=254)),
                ("old_email", models.EmailField(blank=True, default="", max_length=254)),
                ("asked_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                (
                    "verdict",
                    models.CharField(
                        blank=True,
                        choices=[("", "Menunggu pengelola akun lain"), ("yes", "Disetujui"), ("no", "Ditolak")],
                        default="",
                        max_length=3,
                    ),
                ),
                ("decided_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="requests",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_by", models.F("asked_by")), _negated=True),
                            models.Q(("asked_by", models.F("account")), _negated=True),
                            models.Q(("decided_by", models.F("account")), _negated=True),
                        ),
                        name="account_request_by_three_people",
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
                        name="account_request_is_decided_by_somebody",
                    ),
                ],
            },
        ),
    ]
