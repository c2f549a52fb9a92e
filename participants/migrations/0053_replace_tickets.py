"""A ticket can be replaced: which ones were, by which, when and by whom."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import participants.models.searches


class Migration(migrations.Migration):
    dependencies = [
        ("participants", "0052_tell_of_unusual_exports"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="registration",
            name="ticket_id",
            field=models.UUIDField(
                editable=False,
                help_text="Names the ticket that replaced the first; that is named by `public_id`.",
                null=True,
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
                    ("ticket_replaced", "Tiket diganti"),
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
            model_name="doubtfulscan",
            name="reason",
            field=models.CharField(
                choices=[
                    ("again", "Tiket yang sama dipindai dua kali"),
                    ("released", "Pendaftarannya sudah dilepas"),
                    ("replaced", "Tiketnya sudah diganti"),
                    ("not_confirmed", "Belum peserta pasti"),
                    ("other_session", "Tiket sesi lain"),
                    ("not_a_ticket", "Bukan tiket kami"),
                    ("unknown", "Tidak ada di sesi ini"),
                    ("not_today", "Bukan hari sesi ini"),
                    ("outside_hours", "Di luar jam pintu"),
                    ("ahead", "Jam perangkat tidak benar"),
                ],
                max_length=14,
                verbose_name="alasan",
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
                    ("guardian_misdirected", "Surat wali salah alamat"),
                    ("cancelled", "Pendaftaran dibatalkan"),
                    ("session_moved", "Jadwal atau tempat berubah"),
                    ("session_cancelled", "Sesi dibatalkan"),
                    ("reminder", "Pengingat"),
                    ("appeal_answered", "Keberatan dijawab"),
                    ("absence_answered", "Kabar tidak datang dijawab"),
                    ("need_answered", "Kebutuhan dijawab"),
                    ("switched", "Pindah sesi"),
                    ("guardian_moved", "Wali dikabari soal pindah sesi"),
                    ("ticket_replaced", "Tiket diganti"),
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
                    ("exports_unusual", "Unduhan di luar kebiasaan"),
                ],
                max_length=20,
                verbose_name="jenis",
            ),
        ),
        migrations.CreateModel(
            name="TicketChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("old", models.UUIDField(unique=True)),
                ("new", models.UUIDField(unique=True)),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "registration",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="ticket_changes",
                        to="participants.registration",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "indexes": [models.Index(participants.models.searches.TicketNumber("new"), name="ticket_change_code")],
            },
        ),
    ]
