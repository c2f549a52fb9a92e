"""Appeals and accessibility requests: what people ask of staff, and the messages that tell them the answer."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

TIE = """
ALTER TABLE participants_appeal ADD CONSTRAINT appeal_about_a_registration_of_its_session
    FOREIGN KEY (registration_id, session_id) REFERENCES participants_registration (id, session_id);
"""
UNTIE = "ALTER TABLE participants_appeal DROP CONSTRAINT appeal_about_a_registration_of_its_session;"

GUARDIAN_FIRST = """
CREATE FUNCTION participants_guardian_first() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM participants_registration
               WHERE id = NEW.registration_id AND guardian NOT IN ('not_needed', 'given')) THEN
        RAISE EXCEPTION 'a minor is asked only after the guardian''s yes' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guardian_first BEFORE INSERT OR UPDATE OF registration_id, need ON participants_accessibilityrequest
    FOR EACH ROW EXECUTE FUNCTION participants_guardian_first();
"""
DROP_GUARDIAN_FIRST = """
DROP TRIGGER guardian_first ON participants_accessibilityrequest;
DROP FUNCTION participants_guardian_first();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("participants", "0005_send_to_accounts"),
        ("programs", "0003_name_staff_permissions"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
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
                    ("promoted", "Dapat kursi"),
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
                ],
                max_length=20,
                verbose_name="jenis",
            ),
        ),
        migrations.CreateModel(
            name="AccessibilityRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("need", models.CharField(max_length=500, verbose_name="kebutuhan")),
                ("version", models.PositiveIntegerField(default=1, verbose_name="versi")),
                ("asked_at", models.DateTimeField(verbose_name="diminta")),
                (
                    "kind",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "Belum dijawab"),
                            ("can", "Bisa disiapkan"),
                            ("partly", "Bisa sebagian"),
                            ("cannot", "Tidak bisa disiapkan"),
                        ],
                        default="",
                        max_length=8,
                        verbose_name="jawaban",
                    ),
                ),
                ("answer", models.CharField(blank=True, default="", max_length=1000, verbose_name="penjelasan")),
                ("answered_at", models.DateTimeField(null=True, verbose_name="dijawab")),
                (
                    "answered_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="dijawab oleh",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="diurus oleh",
                    ),
                ),
                (
                    "registration",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="accessibility_request",
                        to="participants.registration",
                        verbose_name="pendaftaran",
                    ),
                ),
            ],
            options={
                "verbose_name": "kebutuhan aksesibilitas",
                "verbose_name_plural": "kebutuhan aksesibilitas",
                "permissions": [("answer_accessibilityrequest", "Can take and answer an accessibility request")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("need", ""), _negated=True), name="accessibility_request_says_something"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("answer", ""), ("answered_at", None), ("answered_by", None), ("kind", "")),
                            models.Q(
                                models.Q(("kind", ""), _negated=True),
                                models.Q(("answer", ""), _negated=True),
                                ("answered_at__isnull", False),
                                ("answered_by__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="accessibility_answer_is_whole",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Appeal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("code", models.CharField(max_length=40, verbose_name="alasan")),
                ("text", models.CharField(max_length=1000, verbose_name="keberatan")),
                ("asked_at", models.DateTimeField(verbose_name="diajukan")),
                (
                    "verdict",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "Belum dijawab"),
                            ("granted", "Diterima"),
                            ("declined", "Tidak diterima"),
                            ("explained", "Dijelaskan"),
                        ],
                        default="",
                        max_length=10,
                        verbose_name="putusan",
                    ),
                ),
                ("answer", models.CharField(blank=True, default="", max_length=1000, verbose_name="jawaban")),
                ("answered_at", models.DateTimeField(null=True, verbose_name="dijawab")),
                (
                    "answered_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="dijawab oleh",
                    ),
                ),
                (
                    "registration",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="appeals",
                        to="participants.registration",
                        verbose_name="pendaftaran",
                    ),
                ),
                (
                    "session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="programs.trainingsession",
                        verbose_name="sesi",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="appeals",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="akun",
                    ),
                ),
            ],
            options={
                "verbose_name": "keberatan",
                "verbose_name_plural": "keberatan",
                "permissions": [("answer_appeal", "Can answer an appeal")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("answered_at", None)),
                        fields=("user", "session", "code"),
                        name="one_open_appeal_per_decision",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("answer", ""), ("answered_at", None), ("answered_by", None), ("verdict", "")),
                            models.Q(
                                models.Q(("verdict", ""), _negated=True),
                                models.Q(("answer", ""), _negated=True),
                                ("answered_at__isnull", False),
                                ("answered_by__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="appeal_answer_is_whole",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("text", ""), _negated=True), models.Q(("code", ""), _negated=True)
                        ),
                        name="appeal_says_something",
                    ),
                ],
            },
        ),
        migrations.RunSQL(TIE, UNTIE),
        migrations.RunSQL(GUARDIAN_FIRST, DROP_GUARDIAN_FIRST),
    ]
