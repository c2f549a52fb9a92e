"""What people say of days on which they cannot come is no objection: names, and a kind of message, of its own."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("participants", "0050_name_missed_days_by_their_dates"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="appeal",
            options={
                "permissions": [("answer_appeal", "Can answer an appeal")],
                "verbose_name": "keberatan atau kabar tidak datang",
                "verbose_name_plural": "keberatan dan kabar tidak datang",
            },
        ),
        migrations.AlterField(
            model_name="appeal",
            name="text",
            field=models.CharField(max_length=1000, verbose_name="yang ditulis"),
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
                ],
                max_length=20,
                verbose_name="jenis",
            ),
        ),
    ]
