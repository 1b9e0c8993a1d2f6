from django.db import migrations

from attendance.models.student_once import STEADY_PLAN

FUNCTIONS = ("attendance_lesson_student_once", "attendance_place_student_once")


class Migration(migrations.Migration):
    """A school that has the two functions already plans their questions as a new one does."""

    dependencies = [("attendance", "0016_evidence_settings")]

    operations = [
        migrations.RunSQL(
            [f"ALTER FUNCTION {function}() SET {name} = {value}" for function in FUNCTIONS for name, value in STEADY_PLAN.items()],
            migrations.RunSQL.noop,
        )
    ]
