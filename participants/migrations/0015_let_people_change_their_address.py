"""A person changes the login address alone: codes of two more purposes, and rows that no member of staff wrote."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("participants", "0014_remember_erasures"),
        ("programs", "0005_place_regions_on_the_map"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="addresschange", name="address_change_has_a_reason"),
        migrations.AlterField(
            model_name="addresschange",
            name="reason",
            field=models.CharField(
                blank=True, help_text="Bagaimana identitasnya dipastikan.", max_length=200, verbose_name="alasan"
            ),
        ),
        migrations.AlterField(
            model_name="addresschange",
            name="region",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="programs.region",
                verbose_name="wilayah",
            ),
        ),
        migrations.AlterField(
            model_name="addresschange",
            name="registration",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="address_changes",
                to="participants.registration",
                verbose_name="pendaftaran",
            ),
        ),
        migrations.AlterField(
            model_name="logincode",
            name="purpose",
            field=models.CharField(
                choices=[
                    ("login", "Masuk"),
                    ("recovery", "Membuktikan alamat cadangan"),
                    ("owner", "Memastikan pemilik akun"),
                    ("address", "Membuktikan alamat masuk baru"),
                ],
                db_default="login",
                default="login",
                max_length=10,
            ),
        ),
        migrations.AddConstraint(
            model_name="addresschange",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("reason", ""), _negated=True), ("changed_by", models.F("account")), _connector="OR"
                ),
                name="address_change_by_others_has_a_reason",
            ),
        ),
    ]
