"""What a day of hours outside lessons can hold. Other rows decide that, and rows that were corrected do not count, so no check
or unique constraint can say it: triggers do, under the lock of the student.
"""

from typing import Any

from django.db import models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

MOST_A_DAY = 16 * 60
_STANDING = """
    SELECT {what} FROM attendance_outsidehours entry WHERE entry.day = NEW.day AND entry.minutes > 0
        AND entry.programme_id IN (SELECT id FROM students_programme WHERE student_id = person)
        AND NOT EXISTS (SELECT FROM attendance_outsidehours later WHERE later.corrects_id = entry.id)
"""
# Name of the constraint -> what is wrong with a new row. A correction to 0 minutes is always possible: it takes away.
WRONG = {
    "outside_day_total": f"({_STANDING.format(what='SUM(entry.minutes)')}) > {MOST_A_DAY}",
    "outside_in_programme": """(NEW.at AT TIME ZONE 'Europe/Amsterdam')::date < NEW.day OR EXISTS (
        SELECT FROM students_programme WHERE id = NEW.programme_id
            AND NOT NEW.day BETWEEN starts_on AND COALESCE(ends_on, 'infinity')
    )""",
    "outside_once": f"""EXISTS ({_STANDING.format(what="")} AND entry.id <> NEW.id AND entry.kind = NEW.kind
        AND lower(entry.provider) = lower(NEW.provider) AND entry.evidence = NEW.evidence
        AND lower(entry.reference) = lower(NEW.reference)
    )""",
}
_CREATE = """
CREATE OR REPLACE FUNCTION attendance_{name}() RETURNS trigger LANGUAGE plpgsql AS $body$
DECLARE
    person uuid := (SELECT student_id FROM students_programme WHERE id = NEW.programme_id);
BEGIN
    PERFORM FROM students_student WHERE id = person FOR NO KEY UPDATE;
    IF {wrong} THEN
        RAISE EXCEPTION '{name}' USING ERRCODE = '23514', CONSTRAINT = '{name}';
    END IF;
    RETURN NULL;
END
$body$;
CREATE TRIGGER {name} AFTER INSERT ON attendance_outsidehours FOR EACH ROW WHEN (NEW.minutes > 0)
    EXECUTE FUNCTION attendance_{name}();
"""


class OutsideRule(models.BaseConstraint):
    """One of WRONG, by its name, so that migrations know it and its sentence is found when the database refuses."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, OutsideRule) and self.deconstruct() == other.deconstruct()

    def __hash__(self) -> int:
        return hash(self.name)

    def constraint_sql(self, model: type[models.Model] | None, schema_editor: BaseDatabaseSchemaEditor | None) -> str:
        """Nothing inside CREATE TABLE."""
        return ""

    def create_sql(self, model: type[models.Model] | None, schema_editor: BaseDatabaseSchemaEditor | None) -> str:
        """The trigger with its function."""
        return _CREATE.format(name=self.name, wrong=WRONG[self.name])

    def remove_sql(self, model: type[models.Model] | None, schema_editor: BaseDatabaseSchemaEditor | None) -> str:
        """The same, away."""
        return f"DROP TRIGGER {self.name} ON attendance_outsidehours; DROP FUNCTION attendance_{self.name}();"

    def validate(self, *args: Any, **kwargs: Any) -> None:
        """Not in Python: attendance.actions.hours says it at the field."""
