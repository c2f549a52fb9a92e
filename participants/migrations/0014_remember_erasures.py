"""Erasures are remembered by ids; the retention job may thin out old scans and forget old changes of addresses."""

from django.db import migrations, models

# `portal.retention` is set for one transaction by the job that keeps what people were promised, and by nothing else.
ALLOW_RETENTION = """
CREATE OR REPLACE FUNCTION participants_facts_are_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('portal.retention', true) = 'on' AND OLD.kind = 'scan' AND NEW.device_at IS NULL
        AND (NEW.id, NEW.public_id, NEW.registration_id, NEW.day_id, NEW.session_id, NEW.kind, NEW.source, NEW.mark)
          = (OLD.id, OLD.public_id, OLD.registration_id, OLD.day_id, OLD.session_id, OLD.kind, OLD.source, OLD.mark)
    THEN RETURN NEW; END IF;
    RAISE EXCEPTION 'attendance facts are never changed; record a correction' USING ERRCODE = 'restrict_violation';
END $$;
CREATE OR REPLACE FUNCTION participants_address_changes_are_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('portal.retention', true) = 'on' AND TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RAISE EXCEPTION 'changes of login addresses are never altered or removed' USING ERRCODE = 'restrict_violation';
END $$;
"""
ALLOW_NOTHING = """
CREATE OR REPLACE FUNCTION participants_facts_are_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'attendance facts are never changed; record a correction' USING ERRCODE = 'restrict_violation';
END $$;
CREATE OR REPLACE FUNCTION participants_address_changes_are_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'changes of login addresses are never altered or removed' USING ERRCODE = 'restrict_violation';
END $$;
"""

ERASURES_ARE_FINAL = """
CREATE FUNCTION participants_erasures_are_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'erasures are never altered or removed' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER erasures_are_final BEFORE UPDATE OR DELETE ON participants_erasure
    FOR EACH ROW EXECUTE FUNCTION participants_erasures_are_final();
"""
LET_ERASURES_BE_ALTERED = """
DROP TRIGGER erasures_are_final ON participants_erasure;
DROP FUNCTION participants_erasures_are_final();
"""

# Needs were copied into rows of their own, which die 30 days after the training; the copy must not outlive them.
EMPTY_OLD_NEEDS = "UPDATE participants_participant SET accessibility_needs = '' WHERE accessibility_needs <> ''"


class Migration(migrations.Migration):
    dependencies = [("participants", "0013_end_queues_at_closing")]

    operations = [
        migrations.CreateModel(
            name="Erasure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("person", models.UUIDField()),
                (
                    "cause",
                    models.CharField(
                        choices=[("retention", "Masa simpan habis"), ("withdrawal", "Persetujuan ditarik")],
                        max_length=10,
                    ),
                ),
                ("at", models.DateTimeField(help_text="Programme time.")),
            ],
            options={"ordering": ["pk"]},
        ),
        migrations.RunSQL(ERASURES_ARE_FINAL, LET_ERASURES_BE_ALTERED),
        migrations.RunSQL(ALLOW_RETENTION, ALLOW_NOTHING),
        migrations.RunSQL(EMPTY_OLD_NEEDS, migrations.RunSQL.noop),
    ]
