"""A reminder's rule says when it must be quiet, by which channels it goes, whether before consent, and may be off."""

import datetime

import django.contrib.postgres.fields
from django.db import migrations, models

import programs.models.reminders

# What was meant for those who wait for a guardian was sent to them, and goes on so.
MARK = "UPDATE programs_reminderrule SET before_consent = true WHERE audience = 'awaiting_guardian'"


class Migration(migrations.Migration):
    dependencies = [
        ("programs", "0007_let_staff_write_reminders"),
    ]

    operations = [
        migrations.AddField(
            model_name="reminderrule",
            name="before_consent",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="Anak yang walinya belum menjawab hanya menerima pesan yang ditandai begini. Jangan menyebut apa pun yang baru ditanyakan sesudah wali setuju.",
                verbose_name="juga sebelum wali setuju",
            ),
        ),
        migrations.AddField(
            model_name="reminderrule",
            name="channels",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(
                    choices=[("mail", "Surat"), ("whatsapp", "WhatsApp"), ("sms", "SMS")], max_length=10
                ),
                db_default=models.Value(
                    ["mail", "whatsapp", "sms"],
                    output_field=django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=10), size=None
                    ),
                ),
                default=programs.models.reminders.every_channel,
                help_text="Jalur yang boleh dipakai. Yang tidak punya satu pun di antaranya tidak menerima pengingat ini.",
                size=None,
                verbose_name="jalur",
            ),
        ),
        migrations.AddField(
            model_name="reminderrule",
            name="is_on",
            field=models.BooleanField(
                db_default=True,
                default=True,
                help_text="Yang dimatikan tidak mengirim apa-apa lagi dan bisa dinyalakan kembali.",
                verbose_name="berlaku",
            ),
        ),
        migrations.AddField(
            model_name="reminderrule",
            name="is_optional",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="Suratnya memuat tautan untuk berhenti menerima pengingat ini. Jangan untuk hal yang wajib diketahui.",
                verbose_name="boleh dimatikan penerima",
            ),
        ),
        migrations.AddField(
            model_name="reminderrule",
            name="quiet_from",
            field=models.TimeField(
                db_default=datetime.time(21, 0),
                default=datetime.time(21, 0),
                help_text="Waktu setempat. Yang jatuh pada jam tenang menunggu sampai jam itu selesai, selama masih berguna.",
                verbose_name="jam tenang mulai",
            ),
        ),
        migrations.AddField(
            model_name="reminderrule",
            name="quiet_until",
            field=models.TimeField(
                db_default=datetime.time(7, 0), default=datetime.time(7, 0), verbose_name="jam tenang sampai"
            ),
        ),
        migrations.AlterField(
            model_name="reminderrule",
            name="is_urgent",
            field=models.BooleanField(default=False, verbose_name="boleh pada jam tenang"),
        ),
        migrations.RunSQL(MARK, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="reminderrule",
            constraint=models.CheckConstraint(
                condition=models.Q(("channels__len__gt", 0)), name="reminder_rule_has_a_channel"
            ),
        ),
        migrations.AddConstraint(
            model_name="reminderrule",
            constraint=models.CheckConstraint(
                condition=models.Q(("quiet_from", models.F("quiet_until")), _negated=True),
                name="reminder_rule_quiet_hours_end",
            ),
        ),
    ]
