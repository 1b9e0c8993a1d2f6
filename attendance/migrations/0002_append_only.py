"""Claims only grow."""

from django.db import migrations

from kvs.database import append_only


class Migration(migrations.Migration):
    dependencies = [("attendance", "0001_initial")]
    operations = [append_only("attendance_claim")]
