"""A student is in one lesson at a time. Lesson and place together decide that, so no exclusion constraint can say it: two
triggers do, under one lock.
"""

from typing import Any

from django.apps import apps
from django.db import models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from students.models.groups import TIMETABLE_LOCK

NAME = "lesson_student_once"
# Both questions come down to: places of one student in two groups, and a lesson of each at the same time. They are asked a
# table at a time, most often to find nobody with a second group: as one join they took minutes for 1,000 lessons whenever
# the plan was made while the tables were empty, as they are when a whole school is filled in one go.
FUNCTIONS = """
CREATE OR REPLACE FUNCTION attendance_lesson_student_once() RETURNS trigger LANGUAGE plpgsql AS $body$
DECLARE
    people uuid[];
    programmes uuid[];
BEGIN
    IF NEW.cancelled THEN
        RETURN NULL;
    END IF;
    PERFORM pg_advisory_xact_lock(LOCK);
    programmes := ARRAY(
        SELECT programme_id FROM students_enrolment
        WHERE group_id = NEW.group_id AND NEW.day BETWEEN starts_on AND COALESCE(ends_on, 'infinity')
    );
    people := ARRAY(SELECT student_id FROM students_programme WHERE id = ANY (programmes));
    programmes := ARRAY(SELECT id FROM students_programme WHERE student_id = ANY (people));
    PERFORM FROM students_enrolment WHERE programme_id = ANY (programmes) AND group_id <> NEW.group_id;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    IF EXISTS (
        SELECT FROM students_enrolment theirs
        JOIN attendance_lesson other ON other.group_id = theirs.group_id AND NOT other.cancelled
            AND other.starts_at < NEW.ends_at AND other.ends_at > NEW.starts_at
            AND other.starts_at > NEW.starts_at - INTERVAL '1 day'
            AND other.day BETWEEN theirs.starts_on AND COALESCE(theirs.ends_on, 'infinity')
        WHERE theirs.programme_id = ANY (programmes) AND theirs.group_id <> NEW.group_id
    ) THEN
        RAISE EXCEPTION 'lesson_student_once: a student would be in two lessons at once'
            USING ERRCODE = '23P01', CONSTRAINT = 'lesson_student_once';
    END IF;
    RETURN NULL;
END
$body$;

CREATE OR REPLACE FUNCTION attendance_place_student_once() RETURNS trigger LANGUAGE plpgsql AS $body$
DECLARE
    programmes uuid[];
    clash uuid;
BEGIN
    PERFORM pg_advisory_xact_lock(LOCK);
    programmes := ARRAY(
        SELECT id FROM students_programme
        WHERE student_id = (SELECT student_id FROM students_programme WHERE id = NEW.programme_id)
    );
    PERFORM FROM students_enrolment WHERE programme_id = ANY (programmes) AND group_id <> NEW.group_id;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    SELECT other.id INTO clash FROM students_enrolment theirs
    JOIN attendance_lesson own ON own.group_id = NEW.group_id AND NOT own.cancelled
        AND own.day BETWEEN NEW.starts_on AND COALESCE(NEW.ends_on, 'infinity')
    JOIN attendance_lesson other ON other.group_id = theirs.group_id AND NOT other.cancelled
        AND other.day BETWEEN theirs.starts_on AND COALESCE(theirs.ends_on, 'infinity')
        AND other.starts_at < own.ends_at AND other.ends_at > own.starts_at
        AND other.starts_at > own.starts_at - INTERVAL '1 day'
    WHERE theirs.programme_id = ANY (programmes) AND theirs.group_id <> NEW.group_id
    ORDER BY other.starts_at LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'lesson_student_once: a student would be in two lessons at once'
            USING ERRCODE = '23P01', CONSTRAINT = 'lesson_student_once', DETAIL = clash::text;
    END IF;
    RETURN NULL;
END
$body$;
""".replace("LOCK", str(TIMETABLE_LOCK))
_TRIGGERS = """
CREATE TRIGGER student_once AFTER INSERT OR UPDATE OF group_id, starts_at, ends_at, day, cancelled ON attendance_lesson
    FOR EACH ROW EXECUTE FUNCTION attendance_lesson_student_once();
CREATE TRIGGER student_once AFTER INSERT OR UPDATE OF programme_id, group_id, starts_on, ends_on ON students_enrolment
    FOR EACH ROW EXECUTE FUNCTION attendance_place_student_once();
"""
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
        return FUNCTIONS + _TRIGGERS

    def remove_sql(self, model: type[models.Model] | None, schema_editor: BaseDatabaseSchemaEditor | None) -> str:
        """The same, away."""
        return _REMOVE

    def sentence_of(self, detail: str) -> str:
        """The refusal in words, with the lesson in the other group that the trigger names in `detail`."""
        lessons = apps.get_model("attendance", "Lesson").objects
        other = lessons.select_related("group").filter(pk=detail).first() if detail else None
        if other is None:
            return str(self.violation_error_message)
        begins, ends = timezone.localtime(other.starts_at), timezone.localtime(other.ends_at)
        return _(
            "A student would have two lessons at the same time: there is a lesson of %(group)s on %(day)s, %(from)s – %(until)s. "
            "See the timetables of both groups."
        ) % {
            "group": other.group.name,
            "day": date_format(begins, "l j F Y"),
            "from": date_format(begins, "TIME_FORMAT"),
            "until": date_format(ends, "TIME_FORMAT"),
        }

    def validate(self, *args: Any, **kwargs: Any) -> None:
        """Not in Python: attendance.clashes says what clashes."""
