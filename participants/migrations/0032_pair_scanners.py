"""Devices at the door, scans as facts with the time at which they happened, and what of them must be looked at."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

TIES = """
ALTER TABLE participants_attendancefact ADD CONSTRAINT attendance_by_a_scanner_of_the_session
    FOREIGN KEY (scanner_id, session_id) REFERENCES participants_scanner (id, session_id);
ALTER TABLE participants_doubtfulscan ADD CONSTRAINT doubt_of_the_registrations_session
    FOREIGN KEY (registration_id, session_id) REFERENCES participants_registration (id, session_id);
ALTER TABLE participants_doubtfulscan ADD CONSTRAINT doubt_on_a_day_of_the_session
    FOREIGN KEY (day_id, session_id) REFERENCES programs_trainingday (id, session_id);
ALTER TABLE participants_doubtfulscan ADD CONSTRAINT doubt_by_a_scanner_of_the_session
    FOREIGN KEY (scanner_id, session_id) REFERENCES participants_scanner (id, session_id);
"""
UNTIE = """
ALTER TABLE participants_attendancefact DROP CONSTRAINT attendance_by_a_scanner_of_the_session;
ALTER TABLE participants_doubtfulscan DROP CONSTRAINT doubt_of_the_registrations_session;
ALTER TABLE participants_doubtfulscan DROP CONSTRAINT doubt_on_a_day_of_the_session;
ALTER TABLE participants_doubtfulscan DROP CONSTRAINT doubt_by_a_scanner_of_the_session;
"""

# Asked at every scan: the server keeps the plan of a function's query, and writing it costs Django nothing.
STILL_IN_CHARGE = """
CREATE FUNCTION participants_still_in_charge(staff bigint, of_region bigint) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM accounts_user u WHERE u.id = staff AND u.is_active AND u.is_staff AND (
            u.is_superuser OR (
                EXISTS (SELECT FROM accounts_user_groups g JOIN auth_group_permissions p USING (group_id)
                        JOIN auth_permission a ON a.id = p.permission_id
                        WHERE g.user_id = u.id AND a.codename = 'record_attendance')
                AND (EXISTS (SELECT FROM programs_coordination c WHERE c.user_id = u.id AND c.region_id = of_region)
                     OR EXISTS (SELECT FROM accounts_user_groups g JOIN auth_group_permissions p USING (group_id)
                                JOIN auth_permission a ON a.id = p.permission_id
                                WHERE g.user_id = u.id AND a.codename = 'see_all_regions')))));
END $$;
"""

ATTENDANCE = """
DROP VIEW participants_attendance;
CREATE VIEW participants_attendance AS
SELECT registration_id || '-' || day_id AS id, registration_id, day_id, session_id, mark, source, recorded_by_id,
       recorded_at, kind, happened_at, gate
FROM (
    SELECT DISTINCT ON (registration_id, day_id) *
    FROM participants_attendancefact
    -- A correction outranks scans, and one at leaving those at coming. Of corrections the server's latest counts; of
    -- scans the latest at leaving and the earliest at coming, by when they happened. Two of one instant say the same;
    -- their random ids decide which is shown, so that the order of arrival never does.
    ORDER BY registration_id, day_id, CASE kind WHEN 'correction' THEN 0 WHEN 'leaving' THEN 1 ELSE 2 END,
             CASE WHEN kind = 'correction' THEN -id
                  ELSE extract(epoch FROM coalesce(happened_at, device_at, recorded_at))
                       * CASE kind WHEN 'leaving' THEN -1 ELSE 1 END END,
             public_id
) AS latest
WHERE mark <> '';
"""
WAS = """
DROP VIEW participants_attendance;
CREATE VIEW participants_attendance AS
SELECT registration_id || '-' || day_id AS id, registration_id, day_id, session_id, mark, source, recorded_by_id, recorded_at
FROM (
    SELECT DISTINCT ON (registration_id, day_id) *
    FROM participants_attendancefact
    ORDER BY registration_id, day_id, (kind = 'correction') DESC,
             CASE WHEN kind = 'correction' THEN -id ELSE extract(epoch FROM coalesce(device_at, recorded_at)) END, id
) AS latest
WHERE mark <> '';
"""


class Migration(migrations.Migration):
    dependencies = [
        ("participants", "0031_schedule_exports"),
        ("programs", "0008_let_rules_say_how_and_to_whom"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="WrongCode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("typed_by", models.CharField(max_length=64)),
                ("typed_at", models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name="attendancefact",
            name="batch",
            field=models.UUIDField(help_text="What one press recorded, to be undone together.", null=True),
        ),
        migrations.AddField(
            model_name="attendancefact",
            name="gate",
            field=models.CharField(blank=True, db_default="", default="", max_length=20, verbose_name="pintu"),
        ),
        migrations.AddField(
            model_name="attendancefact",
            name="happened_at",
            field=models.DateTimeField(null=True, verbose_name="waktu kejadian"),
        ),
        migrations.AlterField(
            model_name="attendancefact",
            name="kind",
            field=models.CharField(
                choices=[("scan", "Pindai"), ("leaving", "Pindai pulang"), ("correction", "Catatan petugas")],
                max_length=12,
                verbose_name="jenis",
            ),
        ),
        migrations.CreateModel(
            name="DoorRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "opens_before",
                    models.PositiveSmallIntegerField(default=120, verbose_name="dibuka sebelum mulai (menit)"),
                ),
                (
                    "late_after",
                    models.PositiveSmallIntegerField(default=15, verbose_name="terlambat setelah mulai (menit)"),
                ),
                (
                    "closes_after",
                    models.PositiveSmallIntegerField(default=60, verbose_name="ditutup setelah selesai (menit)"),
                ),
                ("is_self_open", models.BooleanField(default=False, verbose_name="peserta boleh absen mandiri")),
                (
                    "session",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="door_rule",
                        to="programs.trainingsession",
                        verbose_name="sesi",
                    ),
                ),
            ],
            options={
                "verbose_name": "aturan pintu",
                "verbose_name_plural": "aturan pintu",
            },
        ),
        migrations.CreateModel(
            name="Scanner",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("gate", models.CharField(max_length=20, verbose_name="pintu")),
                ("made_at", models.DateTimeField(verbose_name="dibuat")),
                ("code_until", models.DateTimeField()),
                (
                    "token_hash",
                    models.CharField(help_text="SHA-256 of 256 random bits.", max_length=64, null=True, unique=True),
                ),
                ("paired_at", models.DateTimeField(null=True, verbose_name="dipasangkan")),
                ("withdrawn_at", models.DateTimeField(null=True, verbose_name="dicabut")),
                ("seen_at", models.DateTimeField(null=True, verbose_name="terakhir terhubung")),
                ("minute", models.DateTimeField(null=True)),
                ("asked", models.PositiveIntegerField(default=0)),
                (
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="dibuat oleh",
                    ),
                ),
                (
                    "session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="scanners",
                        to="programs.trainingsession",
                        verbose_name="sesi",
                    ),
                ),
                (
                    "withdrawn_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "pemindai",
                "verbose_name_plural": "pemindai",
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="DoubtfulScan",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(help_text="The scan's own id, made on the device.", unique=True)),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("again", "Tiket yang sama dipindai dua kali"),
                            ("released", "Pendaftarannya sudah dilepas"),
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
                ("device_at", models.DateTimeField(verbose_name="waktu perangkat")),
                (
                    "happened_at",
                    models.DateTimeField(
                        help_text="Programme time: the device's, by its offset.", verbose_name="waktu pindai"
                    ),
                ),
                ("recorded_at", models.DateTimeField(verbose_name="dicatat")),
                (
                    "answer",
                    models.CharField(
                        blank=True,
                        choices=[("", "Belum dilihat"), ("counted", "Dihitung hadir"), ("dismissed", "Tidak dihitung")],
                        default="",
                        max_length=10,
                        verbose_name="putusan",
                    ),
                ),
                ("answered_at", models.DateTimeField(null=True)),
                (
                    "answered_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "day",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="programs.trainingday",
                        verbose_name="hari",
                    ),
                ),
                (
                    "registration",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="doubtful_scans",
                        to="participants.registration",
                        verbose_name="pendaftaran",
                    ),
                ),
                (
                    "session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="doubtful_scans",
                        to="programs.trainingsession",
                        verbose_name="sesi",
                    ),
                ),
                (
                    "scanner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="doubtful_scans",
                        to="participants.scanner",
                        verbose_name="pemindai",
                    ),
                ),
            ],
            options={
                "verbose_name": "pindaian yang perlu dilihat",
                "verbose_name_plural": "pindaian yang perlu dilihat",
                "ordering": ["-pk"],
            },
        ),
        migrations.AddField(
            model_name="attendancefact",
            name="scanner",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="participants.scanner",
                verbose_name="pemindai",
            ),
        ),
        migrations.AddIndex(
            model_name="attendancefact",
            index=models.Index(fields=["session", "id"], name="attendance_since"),
        ),
        migrations.AddConstraint(
            model_name="attendancefact",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "leaving"), _negated=True), ("mark", "left_early"), _connector="OR"
                ),
                name="leaving_says_left_early",
            ),
        ),
        migrations.AddIndex(
            model_name="wrongcode",
            index=models.Index(fields=["typed_by", "typed_at"], name="wrong_codes_of_somebody"),
        ),
        migrations.AddConstraint(
            model_name="scanner",
            constraint=models.UniqueConstraint(fields=("id", "session"), name="scanner_with_its_session"),
        ),
        migrations.AddConstraint(
            model_name="scanner",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("paired_at", None), ("token_hash", None)),
                    models.Q(("paired_at__isnull", False), ("token_hash__isnull", False)),
                    _connector="OR",
                ),
                name="scanner_is_paired_with_a_token",
            ),
        ),
        migrations.AddIndex(
            model_name="doubtfulscan",
            index=models.Index(fields=["session", "answer"], name="doubtful_scans_of_a_session"),
        ),
        migrations.RunSQL(TIES, UNTIE),
        migrations.RunSQL(ATTENDANCE, WAS),
        migrations.RunSQL(STILL_IN_CHARGE, "DROP FUNCTION participants_still_in_charge"),
    ]
