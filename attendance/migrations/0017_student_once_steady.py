from django.db import migrations

from attendance.models.student_once import FUNCTIONS


class Migration(migrations.Migration):
    """A school that has the two functions already asks as a new one does."""

    dependencies = [("attendance", "0016_evidence_settings")]

    operations = [migrations.RunSQL(FUNCTIONS, migrations.RunSQL.noop)]
