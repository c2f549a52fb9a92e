"""The door sees crowds and lets each ask pay its way; codes have a purpose; changed login addresses are kept for good."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

CHANGES_ARE_FINAL = """
CREATE FUNCTION participants_address_changes_are_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'changes of login addresses are never altered or removed' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER address_changes_are_final BEFORE UPDATE OR DELETE ON participants_addresschange
    FOR EACH ROW EXECUTE FUNCTION participants_address_changes_are_final();
"""
LET_CHANGES_BE_ALTERED = """
DROP TRIGGER address_changes_are_final ON participants_addresschange;
DROP FUNCTION participants_address_changes_are_final();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("participants", "0008_switch_ask_and_alert"),
        ("programs", "0005_place_regions_on_the_map"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="AddressChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("old_email", models.EmailField(max_length=254, verbose_name="alamat lama")),
                ("new_email", models.EmailField(max_length=254, verbose_name="alamat baru")),
                (
                    "reason",
                    models.CharField(
                        help_text="Bagaimana identitasnya dipastikan.", max_length=200, verbose_name="alasan"
                    ),
                ),
                ("changed_at", models.DateTimeField(verbose_name="waktu")),
            ],
            options={
                "verbose_name": "penggantian alamat",
                "verbose_name_plural": "penggantian alamat",
                "ordering": ["-pk"],
                "permissions": [("replace_login_address", "Can replace the login address of a participant")],
            },
        ),
        migrations.CreateModel(
            name="SpentProof",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("nonce", models.CharField(max_length=64, unique=True)),
                ("spent_at", models.DateTimeField(help_text="Machine time.")),
            ],
        ),
        migrations.CreateModel(
            name="WaitingTurn",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("network_hash", models.CharField(max_length=64)),
                ("usable_from", models.DateTimeField()),
                ("used_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.AddField(
            model_name="logincode",
            name="account",
            field=models.ForeignKey(
                help_text="Who asked from inside; nobody at the door.",
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="logincode",
            name="network_hash",
            field=models.CharField(
                db_default="",
                default="",
                help_text="Keyed hash of the asking network. Crowds are seen by it.",
                max_length=64,
            ),
        ),
        migrations.AddField(
            model_name="logincode",
            name="purpose",
            field=models.CharField(
                choices=[("login", "Masuk"), ("recovery", "Membuktikan alamat cadangan")],
                db_default="login",
                default="login",
                max_length=10,
            ),
        ),
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
                    ("recovery_set", "Alamat cadangan dipasang"),
                    ("recovery_removed", "Alamat cadangan dihapus"),
                    ("address_changed", "Alamat masuk diganti"),
                ],
                max_length=20,
                verbose_name="jenis",
            ),
        ),
        migrations.AddIndex(
            model_name="logincode",
            index=models.Index(fields=["network_hash", "asked_at"], name="login_code_network"),
        ),
        migrations.AddConstraint(
            model_name="logincode",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("account", None), ("purpose", "login")),
                    models.Q(models.Q(("purpose", "login"), _negated=True), models.Q(("account", None), _negated=True)),
                    _connector="OR",
                ),
                name="login_code_knows_its_account_unless_at_the_door",
            ),
        ),
        migrations.AddField(
            model_name="addresschange",
            name="account",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="akun",
            ),
        ),
        migrations.AddField(
            model_name="addresschange",
            name="changed_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="diganti oleh",
            ),
        ),
        migrations.AddField(
            model_name="addresschange",
            name="region",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="programs.region",
                verbose_name="wilayah",
            ),
        ),
        migrations.AddField(
            model_name="addresschange",
            name="registration",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="address_changes",
                to="participants.registration",
                verbose_name="pendaftaran",
            ),
        ),
        migrations.AddIndex(
            model_name="waitingturn",
            index=models.Index(fields=["network_hash", "usable_from"], name="waiting_turn_line"),
        ),
        migrations.AddConstraint(
            model_name="addresschange",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="address_change_has_a_reason"
            ),
        ),
        migrations.RunSQL(CHANGES_ARE_FINAL, LET_CHANGES_BE_ALTERED),
    ]
