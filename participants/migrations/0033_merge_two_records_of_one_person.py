"""Two records of one person become one, and two again while there is time."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("participants", "0032_pair_scanners"),
        ("programs", "0008_let_rules_say_how_and_to_whom"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Merge",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(help_text="Waktu program.", verbose_name="dilebur")),
                ("chosen", models.JSONField(default=list, verbose_name="diambil dari yang dilebur")),
                ("before", models.JSONField(default=dict, editable=False)),
                ("moved", models.JSONField(default=dict, editable=False)),
                ("undo_until", models.DateTimeField(null=True, verbose_name="bisa dikembalikan sampai")),
                ("undone_at", models.DateTimeField(null=True, verbose_name="dikembalikan")),
            ],
            options={
                "verbose_name": "peleburan catatan",
                "verbose_name_plural": "peleburan catatan",
                "ordering": ["-pk"],
                "permissions": [("merge_people", "Can merge two records of one person, and undo it")],
            },
        ),
        migrations.AddField(
            model_name="participant",
            name="merged_into",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="merged",
                to="participants.participant",
                verbose_name="dilebur ke",
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
                    ("export_ready", "Berkas kehadiran siap"),
                ],
                max_length=20,
                verbose_name="jenis",
            ),
        ),
        migrations.AddIndex(
            model_name="participant",
            index=models.Index(
                condition=models.Q(("phone", ""), _negated=True), fields=["phone"], name="participant_phone"
            ),
        ),
        migrations.AddIndex(
            model_name="participant",
            index=models.Index(fields=["birth_date"], name="participant_birth_date"),
        ),
        migrations.AddField(
            model_name="merge",
            name="by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="oleh",
            ),
        ),
        migrations.AddField(
            model_name="merge",
            name="gone",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="participants.participant",
                verbose_name="catatan yang dilebur",
            ),
        ),
        migrations.AddField(
            model_name="merge",
            name="kept",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="participants.participant",
                verbose_name="catatan yang tetap",
            ),
        ),
        migrations.AddField(
            model_name="merge",
            name="region",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="programs.region",
                verbose_name="wilayah",
            ),
        ),
        migrations.AddField(
            model_name="merge",
            name="undone_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="dikembalikan oleh",
            ),
        ),
        migrations.AddConstraint(
            model_name="merge",
            constraint=models.UniqueConstraint(
                condition=models.Q(("undone_at", None)), fields=("gone",), name="merged_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="merge",
            constraint=models.CheckConstraint(
                condition=models.Q(("kept", models.F("gone")), _negated=True), name="merge_of_two_records"
            ),
        ),
        migrations.AddConstraint(
            model_name="merge",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("undone_at", None), ("undone_by", None)),
                    models.Q(("undo_until", None), ("undone_at__isnull", False), ("undone_by__isnull", False)),
                    _connector="OR",
                ),
                name="merge_is_undone_by_somebody",
            ),
        ),
    ]
