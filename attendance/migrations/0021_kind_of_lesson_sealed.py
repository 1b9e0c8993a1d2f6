"""Registers signed until now have seal 1: their digest holds the time and length of the lesson, not its kind."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("attendance", "0020_lapses_and_rooms")]
    operations = [
        migrations.AddField("register", "seal", models.PositiveSmallIntegerField(default=1)),
        migrations.AddConstraint(
            "register", models.CheckConstraint(condition=Q(seal__range=(1, 2)), name="register_seal")
        ),
    ]
