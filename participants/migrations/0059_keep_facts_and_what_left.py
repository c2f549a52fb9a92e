"""Facts, notes, answered scans and the list of what left stay as they were written, and no table of them is emptied."""

from django.db import migrations

# `portal.retention` is set for one transaction by whoever forgets people or keeps what was promised, by nothing else.
FACTS_STAY = """
CREATE OR REPLACE FUNCTION participants_facts_are_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('portal.retention', true) = 'on' AND OLD.kind IN ('scan', 'leaving') THEN
        IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
        IF NEW.device_at IS NULL
            AND (NEW.id, NEW.public_id, NEW.registration_id, NEW.day_id, NEW.session_id, NEW.kind, NEW.source, NEW.mark)
              = (OLD.id, OLD.public_id, OLD.registration_id, OLD.day_id, OLD.session_id, OLD.kind, OLD.source, OLD.mark)
        THEN RETURN NEW; END IF;
    END IF;
    RAISE EXCEPTION 'attendance facts are never changed; record a correction' USING ERRCODE = 'restrict_violation';
END $$;
CREATE OR REPLACE TRIGGER facts_are_final BEFORE UPDATE OR DELETE ON participants_attendancefact
    FOR EACH ROW EXECUTE FUNCTION participants_facts_are_final();
"""
FACTS_MAY_GO = """
CREATE OR REPLACE FUNCTION participants_facts_are_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('portal.retention', true) = 'on' AND OLD.kind = 'scan' AND NEW.device_at IS NULL
        AND (NEW.id, NEW.public_id, NEW.registration_id, NEW.day_id, NEW.session_id, NEW.kind, NEW.source, NEW.mark)
          = (OLD.id, OLD.public_id, OLD.registration_id, OLD.day_id, OLD.session_id, OLD.kind, OLD.source, OLD.mark)
    THEN RETURN NEW; END IF;
    RAISE EXCEPTION 'attendance facts are never changed; record a correction' USING ERRCODE = 'restrict_violation';
END $$;
CREATE OR REPLACE TRIGGER facts_are_final BEFORE UPDATE ON participants_attendancefact
    FOR EACH ROW EXECUTE FUNCTION participants_facts_are_final();
"""

# What was asked for never changes, what came of it once; only how far the work is does.
EXPORTS_STAY = """
CREATE FUNCTION participants_exports_are_final() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE may_change text[] := ARRAY['state', 'rows_done', 'attempts', 'failed_at', 'fetched_at'];
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF current_setting('portal.retention', true) = 'on' THEN RETURN OLD; END IF;
        RAISE EXCEPTION 'what left the portal stays on its list' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.schedule_id IS NULL THEN may_change := may_change || 'schedule_id'::text; END IF;
    IF OLD.judged_by_id IS NULL THEN may_change := may_change || ARRAY['judged_by_id', 'judged_at']; END IF;
    IF OLD.alarmed_at IS NULL THEN may_change := may_change || 'alarmed_at'::text; END IF;
    IF OLD.ready_at IS NULL THEN may_change := may_change || 'ready_at'::text; END IF;
    IF OLD.sha256 = '' THEN
        may_change := may_change || ARRAY['columns', 'regions', 'row_count', 'people', 'sha256', 'rows_sha256'];
    END IF;
    IF to_jsonb(NEW) - may_change = to_jsonb(OLD) - may_change THEN RETURN NEW; END IF;
    RAISE EXCEPTION 'who took what, when and why, is never altered' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER exports_are_final BEFORE UPDATE OR DELETE ON participants_attendanceexport
    FOR EACH ROW EXECUTE FUNCTION participants_exports_are_final();
"""
EXPORTS_MAY_GO = """
DROP TRIGGER exports_are_final ON participants_attendanceexport;
DROP FUNCTION participants_exports_are_final();
"""

DOUBTS_STAY = """
CREATE FUNCTION participants_doubts_are_answered_once() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE may_change text[] := ARRAY['answer', 'answered_by_id', 'answered_at'];
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('portal.retention', true) = 'on' THEN RETURN OLD; END IF;
    IF TG_OP = 'UPDATE' AND OLD.answer = '' AND to_jsonb(NEW) - may_change = to_jsonb(OLD) - may_change THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a doubtful scan is answered once and stays' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER doubts_are_answered_once BEFORE UPDATE OR DELETE ON participants_doubtfulscan
    FOR EACH ROW EXECUTE FUNCTION participants_doubts_are_answered_once();
"""
DOUBTS_MAY_GO = """
DROP TRIGGER doubts_are_answered_once ON participants_doubtfulscan;
DROP FUNCTION participants_doubts_are_answered_once();
"""

NOTES_STAY = """
CREATE FUNCTION participants_notes_are_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('portal.retention', true) = 'on' THEN RETURN OLD; END IF;
    RAISE EXCEPTION 'a note stays as it was written' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER notes_are_final BEFORE UPDATE OR DELETE ON participants_note
    FOR EACH ROW EXECUTE FUNCTION participants_notes_are_final();
"""
NOTES_MAY_GO = """
DROP TRIGGER notes_are_final ON participants_note;
DROP FUNCTION participants_notes_are_final();
"""

KEPT = ("attendancefact", "attendanceexport", "doubtfulscan", "note", "deed", "addresschange", "erasure")
NONE_IS_EMPTIED = """
CREATE FUNCTION participants_is_never_emptied() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is never emptied', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
""" + "".join(
    f"CREATE TRIGGER is_never_emptied BEFORE TRUNCATE ON participants_{table} "
    "FOR EACH STATEMENT EXECUTE FUNCTION participants_is_never_emptied();\n"
    for table in KEPT
)
ANY_IS_EMPTIED = (
    "".join(f"DROP TRIGGER is_never_emptied ON participants_{table};\n" for table in KEPT)
    + "DROP FUNCTION participants_is_never_emptied();"
)


class Migration(migrations.Migration):
    dependencies = [("participants", "0058_let_scans_count_after_an_undo")]

    operations = [
        migrations.RunSQL(FACTS_STAY, FACTS_MAY_GO),
        migrations.RunSQL(EXPORTS_STAY, EXPORTS_MAY_GO),
        migrations.RunSQL(DOUBTS_STAY, DOUBTS_MAY_GO),
        migrations.RunSQL(NOTES_STAY, NOTES_MAY_GO),
        migrations.RunSQL(NONE_IS_EMPTIED, ANY_IS_EMPTIED),
    ]
