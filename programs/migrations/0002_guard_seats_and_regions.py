"""What must never be false about sessions, kept by the database whoever writes."""

from django.db import migrations

SEAT_LIMIT = """
CREATE FUNCTION programs_keep_seat_limit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.seats_taken := 0;
        NEW.seat_limit := NEW.capacity;
        RETURN NEW;
    END IF;
    -- Only the trigger that counts registrations may change the counter: a stale copy saved by anybody is put right.
    IF pg_trigger_depth() < 2 THEN
        NEW.seats_taken := OLD.seats_taken;
    END IF;
    NEW.seat_limit := OLD.seat_limit;
    IF NEW.capacity <> OLD.capacity OR NEW.seats_taken < OLD.seats_taken THEN
        NEW.seat_limit := greatest(NEW.capacity, NEW.seats_taken);
    END IF;
    NEW.queue_issued := greatest(NEW.queue_issued, OLD.queue_issued);
    NEW.schedule_version := greatest(NEW.schedule_version, OLD.schedule_version);
    RETURN NEW;
END $$;
CREATE TRIGGER keep_seat_limit BEFORE INSERT OR UPDATE ON programs_trainingsession
    FOR EACH ROW EXECUTE FUNCTION programs_keep_seat_limit();
"""

DROP_SEAT_LIMIT = """
DROP TRIGGER keep_seat_limit ON programs_trainingsession;
DROP FUNCTION programs_keep_seat_limit();
"""

VENUE_IN_REGION = """
ALTER TABLE programs_trainingsession ADD CONSTRAINT session_venue_in_its_region
    FOREIGN KEY (venue_id, region_id) REFERENCES programs_venue (id, region_id) DEFERRABLE INITIALLY DEFERRED;
"""


class Migration(migrations.Migration):
    dependencies = [("programs", "0001_initial")]

    operations = [
        migrations.RunSQL(SEAT_LIMIT, DROP_SEAT_LIMIT),
        migrations.RunSQL(
            VENUE_IN_REGION, "ALTER TABLE programs_trainingsession DROP CONSTRAINT session_venue_in_its_region"
        ),
    ]
