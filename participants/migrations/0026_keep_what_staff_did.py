"""What staff do is kept, and the database lets nobody alter it."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

DEEDS_ARE_FINAL = """
CREATE FUNCTION participants_deeds_are_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('portal.retention', true) = 'on' AND TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RAISE EXCEPTION 'what staff did is never altered or removed' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER deeds_are_final BEFORE UPDATE OR DELETE ON participants_deed
    FOR EACH ROW EXECUTE FUNCTION participants_deeds_are_final();
"""
LET_DEEDS_BE_ALTERED = """
DROP TRIGGER deeds_are_final ON participants_deed;
DROP FUNCTION participants_deeds_are_final();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("participants", "0025_name_offers_as_offers"),
        ("programs", "0008_let_rules_say_how_and_to_whom"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Deed",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(help_text="Waktu program.", verbose_name="waktu")),
                ("network", models.CharField(blank=True, default="", max_length=43, verbose_name="jaringan")),
                (
                    "what",
                    models.CharField(
                        choices=[
                            ("added", "Ditambahkan"),
                            ("changed", "Diubah"),
                            ("removed", "Dihapus"),
                            ("resized", "Kapasitas diubah"),
                            ("rescheduled", "Jadwal atau tempat diubah"),
                            ("cancelled", "Dibatalkan"),
                            ("corrected", "Dibetulkan"),
                            ("address_replaced", "Alamat masuk diganti"),
                            ("answered", "Dijawab"),
                            ("taken", "Diambil untuk diurus"),
                            ("told", "Kabar ditulis kepada peserta"),
                            ("stopped", "Kabar dihentikan"),
                        ],
                        max_length=20,
                        verbose_name="perbuatan",
                    ),
                ),
                ("table", models.CharField(max_length=60, verbose_name="tabel")),
                ("row", models.CharField(max_length=40, verbose_name="baris")),
                ("changed", models.JSONField(default=dict, verbose_name="yang berubah")),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="oleh",
                    ),
                ),
                (
                    "region",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="programs.region",
                        verbose_name="wilayah",
                    ),
                ),
                (
                    "session",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="programs.trainingsession",
                        verbose_name="sesi",
                    ),
                ),
            ],
            options={
                "verbose_name": "perbuatan petugas",
                "verbose_name_plural": "perbuatan petugas",
                "ordering": ["-pk"],
                "indexes": [
                    models.Index(fields=["table", "row"], name="deeds_about_a_row"),
                    models.Index(fields=["session", "-id"], name="deeds_of_a_session"),
                ],
            },
        ),
        migrations.RunSQL(DEEDS_ARE_FINAL, LET_DEEDS_BE_ALTERED),
    ]
