"""Somebody who says that they cannot come to a day need not say why. What old code writes fits the wider rule too."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [
        ("participants", "0048_remember_numbers_tried_again"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="appeal", name="appeal_says_something"),
        migrations.AddConstraint(
            model_name="appeal",
            constraint=models.CheckConstraint(
                name="appeal_says_something", condition=~Q(code="") & (~Q(text="") | Q(code__startswith="absence_"))
            ),
        ),
    ]
