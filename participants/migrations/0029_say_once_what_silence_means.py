"""What holds of whoever was not recorded is said in one place, for pages, files and totals alike."""

from django.db import migrations

SILENCE = """
CREATE FUNCTION participants_silence(day date, time_zone text, now timestamptz) RETURNS text LANGUAGE sql IMMUTABLE
    -- Absent once the local day is over, and nothing before.
    RETURN CASE WHEN day < (now AT TIME ZONE time_zone)::date THEN 'absent' ELSE '' END;
"""


class Migration(migrations.Migration):
    dependencies = [("participants", "0028_invite_coordinators")]

    operations = [migrations.RunSQL(SILENCE, "DROP FUNCTION participants_silence(date, text, timestamptz)")]
