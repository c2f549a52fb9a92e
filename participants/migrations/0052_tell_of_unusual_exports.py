"""A file remembers that with it its asker took unusually much personal data, and the message about it has a kind."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("participants", "0051_name_absences_as_absences"),
    ]

    operations = [
        migrations.AddField(
            model_name="attendanceexport",
            name="alarmed_at",
            field=models.DateTimeField(
                help_text="When others were told how much its asker took within a day.",
                null=True,
                verbose_name="di luar kebiasaan sejak",
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
    ]
