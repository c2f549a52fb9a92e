"""What withdraws marks ends what was recorded before it, and nothing that comes after."""

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

ATTENDANCE = """
CREATE OR REPLACE VIEW participants_attendance AS
SELECT registration_id || '-' || day_id AS id, registration_id, day_id, session_id, mark, source, recorded_by_id,
       recorded_at, kind, happened_at, gate
FROM (
    SELECT DISTINCT ON (registration_id, day_id) fact.*
    FROM participants_attendancefact fact
    -- An empty correction ends whatever of that cell the server had before it, unless it was undone. An undo takes back
    -- the corrections of one press; so what doors saw in between, and see afterwards, counts.
    WHERE mark <> ''
      AND NOT EXISTS (
        SELECT FROM participants_attendancefact ended
        WHERE ended.mark = '' AND ended.kind = 'correction' AND ended.id > fact.id
          AND ended.registration_id = fact.registration_id AND ended.day_id = fact.day_id
          AND NOT EXISTS (
            SELECT FROM participants_attendancefact undo
            WHERE undo.mark = '' AND undo.kind = 'undo' AND undo.batch = ended.batch
              AND undo.registration_id = ended.registration_id AND undo.day_id = ended.day_id))
      AND NOT EXISTS (
        SELECT FROM participants_attendancefact undo
        WHERE undo.mark = '' AND undo.kind = 'undo' AND undo.batch = fact.batch
          AND undo.registration_id = fact.registration_id AND undo.day_id = fact.day_id)
    -- A correction outranks scans, and one at leaving those at coming. Of corrections the server's latest counts; of
    -- scans the latest at leaving and the earliest at coming, by when they happened. Two of one instant say the same;
    -- their random ids decide which is shown, so that the order of arrival never does.
    ORDER BY registration_id, day_id, CASE kind WHEN 'correction' THEN 0 WHEN 'leaving' THEN 1 ELSE 2 END,
             CASE WHEN kind = 'correction' THEN -id
                  ELSE extract(epoch FROM coalesce(happened_at, device_at, recorded_at))
                       * CASE kind WHEN 'leaving' THEN -1 ELSE 1 END END,
             public_id
) AS latest;
"""
WAS = """
CREATE OR REPLACE VIEW participants_attendance AS
SELECT registration_id || '-' || day_id AS id, registration_id, day_id, session_id, mark, source, recorded_by_id,
       recorded_at, kind, happened_at, gate
FROM (
    SELECT DISTINCT ON (registration_id, day_id) *
    FROM participants_attendancefact
    ORDER BY registration_id, day_id, CASE kind WHEN 'correction' THEN 0 WHEN 'leaving' THEN 1 ELSE 2 END,
             CASE WHEN kind = 'correction' THEN -id
                  ELSE extract(epoch FROM coalesce(happened_at, device_at, recorded_at))
                       * CASE kind WHEN 'leaving' THEN -1 ELSE 1 END END,
             public_id
) AS latest
WHERE mark <> '';
"""


class Migration(migrations.Migration):
    dependencies = [
        ("participants", "0057_find_what_was_missed"),
    ]

    operations = [
        migrations.AlterField(
            model_name="attendancefact",
            name="kind",
            field=models.CharField(
                choices=[
                    ("scan", "Pindai"),
                    ("leaving", "Pindai pulang"),
                    ("correction", "Catatan petugas"),
                    ("undo", "Diurungkan"),
                ],
                max_length=12,
                verbose_name="jenis",
            ),
        ),
        AddConstraintNotValid(
            model_name="attendancefact",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "undo"), _negated=True),
                    models.Q(("batch__isnull", False), ("mark", "")),
                    _connector="OR",
                ),
                name="undo_names_a_press_and_no_mark",
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
                    ("overruled", "Berbeda dengan catatan petugas"),
                ],
                max_length=14,
                verbose_name="alasan",
            ),
        ),
        migrations.RunSQL(ATTENDANCE, WAS),
    ]
