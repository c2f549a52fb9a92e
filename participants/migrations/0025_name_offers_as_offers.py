"""A promotion is called an offer, and the question for the gender by its usual Indonesian name."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("participants", "0024_find_messages_by_fewer_indexes"),
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
                ],
                max_length=20,
                verbose_name="jenis",
            ),
        ),
        migrations.AlterField(
            model_name="participant",
            name="gender",
            field=models.CharField(
                blank=True,
                choices=[("", "Tidak ingin menyebutkan"), ("female", "Perempuan"), ("male", "Laki-laki")],
                default="",
                max_length=6,
                verbose_name="jenis kelamin",
            ),
        ),
    ]
