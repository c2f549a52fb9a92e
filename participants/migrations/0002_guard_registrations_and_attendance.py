"""Seats counted, rows tied to their region, attendance derived: kept by the database whoever writes."""

from django.db import migrations

TIES = """
ALTER TABLE participants_registration ADD CONSTRAINT registration_in_its_sessions_program_and_region
    FOREIGN KEY (session_id, program_id, region_id) REFERENCES programs_trainingsession (id, program_id, region_id);
ALTER TABLE participants_attendancefact ADD CONSTRAINT attendance_of_the_registrations_session
    FOREIGN KEY (registration_id, session_id) REFERENCES participants_registration (id, session_id);
ALTER TABLE participants_attendancefact ADD CONSTRAINT attendance_on_a_day_of_the_session
    FOREIGN KEY (day_id, session_id) REFERENCES programs_trainingday (id, session_id);
"""
UNTIE = """
ALTER TABLE participants_registration DROP CONSTRAINT registration_in_its_sessions_program_and_region;
ALTER TABLE participants_attendancefact DROP CONSTRAINT attendance_of_the_registrations_session;
ALTER TABLE participants_attendancefact DROP CONSTRAINT attendance_on_a_day_of_the_session;
"""

COUNT_SEATS = """
CREATE FUNCTION participants_count_seats() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP IN ('UPDATE', 'DELETE') AND OLD.place IN ('seat', 'offered')
        AND (TG_OP = 'DELETE' OR NEW.place NOT IN ('seat', 'offered') OR NEW.session_id <> OLD.session_id) THEN
        UPDATE programs_trainingsession SET seats_taken = seats_taken - 1 WHERE id = OLD.session_id;
    END IF;
    IF TG_OP IN ('INSERT', 'UPDATE') AND NEW.place IN ('seat', 'offered')
        AND (TG_OP = 'INSERT' OR OLD.place NOT IN ('seat', 'offered') OR NEW.session_id <> OLD.session_id) THEN
        UPDATE programs_trainingsession SET seats_taken = seats_taken + 1 WHERE id = NEW.session_id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER count_seats AFTER INSERT OR UPDATE OR DELETE ON participants_registration
    FOR EACH ROW EXECUTE FUNCTION participants_count_seats();
"""
DROP_COUNT_SEATS = """
DROP TRIGGER count_seats ON participants_registration;
DROP FUNCTION participants_count_seats();
"""

FACTS_ARE_FINAL = """
CREATE FUNCTION participants_facts_are_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'attendance facts are never changed; record a correction' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER facts_are_final BEFORE UPDATE ON participants_attendancefact
    FOR EACH ROW EXECUTE FUNCTION participants_facts_are_final();
"""
DROP_FACTS_ARE_FINAL = """
DROP TRIGGER facts_are_final ON participants_attendancefact;
DROP FUNCTION participants_facts_are_final();
"""

ATTENDANCE = """
CREATE VIEW participants_attendance AS
SELECT registration_id || '-' || day_id AS id, registration_id, day_id, session_id, mark, source, recorded_by_id, recorded_at
FROM (
    SELECT DISTINCT ON (registration_id, day_id) *
    FROM participants_attendancefact
    -- A correction outranks scans; of corrections the server's latest counts, of scans the earliest on the device's clock.
    ORDER BY registration_id, day_id, (kind = 'correction') DESC,
             CASE WHEN kind = 'correction' THEN -id ELSE extract(epoch FROM coalesce(device_at, recorded_at)) END, id
) AS latest
WHERE mark <> '';
"""


class Migration(migrations.Migration):
    dependencies = [("participants", "0001_initial"), ("programs", "0002_guard_seats_and_regions")]

    operations = [
        migrations.RunSQL(TIES, UNTIE),
        migrations.RunSQL(COUNT_SEATS, DROP_COUNT_SEATS),
        migrations.RunSQL(FACTS_ARE_FINAL, DROP_FACTS_ARE_FINAL),
        migrations.RunSQL(ATTENDANCE, "DROP VIEW participants_attendance"),
    ]
