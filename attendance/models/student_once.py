"""A student is in one lesson at a time. Lesson and place together decide that, so no exclusion constraint can say it: two
triggers do, under one lock.
"""

from typing import Any

from django.db import models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from students.models.groups import TIMETABLE_LOCK

NAME = "lesson_student_once"
# The joins run as they are written, each by an index. Left to itself the planner trusts statistics that are not there yet
# while a whole school is being filled: 1,000 lessons in one statement then took minutes instead of half a second.
STEADY_PLAN = {
    "join_collapse_limit": "1",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
}
_STEADY = " ".join(f"SET {name} = {value}" for name, value in STEADY_PLAN.items())
# Both questions come down to: places of one student in two groups, and a lesson of each at the same time.
_CREATE = """
CREATE FUNCTION attendance_lesson_student_once() RETURNS trigger LANGUAGE plpgsql STEADY AS $body$
BEGIN
    IF NEW.cancelled THEN
        RETURN NULL;
    END IF;
    PERFORM pg_advisory_xact_lock(LOCK);
    IF EXISTS (
        SELECT FROM students_enrolment mine
        JOIN students_programme here ON here.id = mine.programme_id
        JOIN students_programme there ON there.student_id = here.student_id
        JOIN students_enrolment theirs ON theirs.programme_id = there.id AND theirs.group_id <> NEW.group_id
        JOIN attendance_lesson other ON other.group_id = theirs.group_id AND NOT other.cancelled
            AND other.starts_at < NEW.ends_at AND other.ends_at > NEW.starts_at
            AND other.starts_at > NEW.starts_at - INTERVAL '1 day'
        WHERE mine.group_id = NEW.group_id
            AND NEW.day BETWEEN mine.starts_on AND COALESCE(mine.ends_on, 'infinity')
            AND other.day BETWEEN theirs.starts_on AND COALESCE(theirs.ends_on, 'infinity')
    ) THEN
        RAISE EXCEPTION 'lesson_student_once: a student would be in two lessons at once'
            USING ERRCODE = '23P01', CONSTRAINT = 'lesson_student_once';
    END IF;
    RETURN NULL;
END
$body$;
CREATE TRIGGER student_once AFTER INSERT OR UPDATE OF group_id, starts_at, ends_at, day, cancelled ON attendance_lesson
    FOR EACH ROW EXECUTE FUNCTION attendance_lesson_student_once();

CREATE FUNCTION attendance_place_student_once() RETURNS trigger LANGUAGE plpgsql STEADY AS $body$
BEGIN
    PERFORM pg_advisory_xact_lock(LOCK);
    IF EXISTS (
        SELECT FROM students_programme here
        JOIN students_programme there ON there.student_id = here.student_id
        JOIN students_enrolment theirs ON theirs.programme_id = there.id AND theirs.group_id <> NEW.group_id
        JOIN attendance_lesson own ON own.group_id = NEW.group_id AND NOT own.cancelled
            AND own.day BETWEEN NEW.starts_on AND COALESCE(NEW.ends_on, 'infinity')
        JOIN attendance_lesson other ON other.group_id = theirs.group_id AND NOT other.cancelled
            AND other.day BETWEEN theirs.starts_on AND COALESCE(theirs.ends_on, 'infinity')
            AND other.starts_at < own.ends_at AND other.ends_at > own.starts_at
            AND other.starts_at > own.starts_at - INTERVAL '1 day'
        WHERE here.id = NEW.programme_id
    ) THEN
        RAISE EXCEPTION 'lesson_student_once: a student would be in two lessons at once'
            USING ERRCODE = '23P01', CONSTRAINT = 'lesson_student_once';
    END IF;
    RETURN NULL;
END
$body$;
CREATE TRIGGER student_once AFTER INSERT OR UPDATE OF programme_id, group_id, starts_on, ends_on ON students_enrolment
    FOR EACH ROW EXECUTE FUNCTION attendance_place_student_once();
""".replace("LOCK", str(TIMETABLE_LOCK)).replace("STEADY", _STEADY)
_REMOVE = """
DROP TRIGGER student_once ON students_enrolment;
DROP FUNCTION attendance_place_student_once();
DROP TRIGGER student_once ON attendance_lesson;
DROP FUNCTION attendance_lesson_student_once();
"""


class StudentOnce(models.BaseConstraint):
    """The constraint, so that migrations know it and its sentence is found when the database refuses."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StudentOnce) and self.deconstruct() == other.deconstruct()

    def __hash__(self) -> int:
        return hash(self.name)

    def constraint_sql(self, model: type[models.Model] | None, schema_editor: BaseDatabaseSchemaEditor | None) -> str:
        """Nothing inside CREATE TABLE."""
        return ""

    def create_sql(self, model: type[models.Model] | None, schema_editor: BaseDatabaseSchemaEditor | None) -> str:
        """Both triggers with their functions."""
        return _CREATE

    def remove_sql(self, model: type[models.Model] | None, schema_editor: BaseDatabaseSchemaEditor | None) -> str:
        """The same, away."""
        return _REMOVE

    def validate(self, *args: Any, **kwargs: Any) -> None:
        """Not in Python: attendance.clashes says what clashes."""
