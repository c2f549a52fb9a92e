"""Reminders may have words of staff's own, be anchored to the opening, and mean others than who has a seat."""

from django.db import migrations, models

import programs.models.reminders


class Migration(migrations.Migration):
    dependencies = [
        ("programs", "0006_write_topics_in_english"),
    ]

    operations = [
        migrations.AddField(
            model_name="reminderrule",
            name="body_en",
            field=models.TextField(
                blank=True,
                db_default="",
                default="",
                max_length=1000,
                validators=[programs.models.reminders.check_words],
                verbose_name="isi (Inggris)",
            ),
        ),
        migrations.AddField(
            model_name="reminderrule",
            name="body_id",
            field=models.TextField(
                blank=True,
                db_default="",
                default="",
                help_text="Isian: {nama}, {kota}, {hari}, {tanggal}, {jam}, {tempat}, {materi}. Baris kosong memulai paragraf baru.",
                max_length=1000,
                validators=[programs.models.reminders.check_words],
                verbose_name="isi (Indonesia)",
            ),
        ),
        migrations.AddField(
            model_name="reminderrule",
            name="subject_en",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                max_length=90,
                validators=[programs.models.reminders.check_words],
                verbose_name="judul (Inggris)",
            ),
        ),
        migrations.AddField(
            model_name="reminderrule",
            name="subject_id",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="Kosongkan keempatnya untuk kata-kata baku, yang hanya cocok bagi peserta yang pasti.",
                max_length=90,
                validators=[programs.models.reminders.check_words],
                verbose_name="judul (Indonesia)",
            ),
        ),
        migrations.AlterField(
            model_name="reminderrule",
            name="anchor",
            field=models.CharField(
                choices=[
                    ("registration_opens", "Pendaftaran dibuka"),
                    ("first_day", "Hari pertama"),
                    ("each_day", "Setiap hari"),
                    ("last_day", "Hari terakhir"),
                ],
                max_length=20,
                verbose_name="patokan",
            ),
        ),
        migrations.AlterField(
            model_name="reminderrule",
            name="audience",
            field=models.CharField(
                choices=[
                    ("confirmed", "Peserta yang pasti"),
                    ("unanswered", "Yang pasti dan belum menjawab tetap datang"),
                    ("absent_yesterday", "Yang pasti dan kemarin tidak hadir"),
                    ("awaiting_guardian", "Yang menunggu walinya"),
                    ("queued", "Yang di daftar tunggu"),
                ],
                default="confirmed",
                max_length=20,
                verbose_name="penerima",
            ),
        ),
    ]
