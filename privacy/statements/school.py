"""What this school set and what its text says, read from the database."""

from django.conf import settings

from attendance.models import AbsenceSettings
from kvs.retention import CHANGEABLE, chosen_periods
from privacy.models import PolicyStatement
from privacy.models.terms import settings_of_school
from privacy.statements.kinds import Answer, School


def this_school() -> School:
    """The settings a policy text speaks of. Three queries."""
    terms, chosen = settings_of_school(), chosen_periods()
    return School(
        periods={code: chosen.get(code, retention.period) for code, retention in CHANGEABLE.items()},
        answer_days=terms.answer_days,
        extension_days=terms.extension_days,
        backup_days=settings.BACKUP_DAYS,
        cookies=1 if settings.CSRF_USE_SESSIONS else 2,  # the session, and else the form token beside it
        second_step=not settings.DEMO,
        notes_reasons=AbsenceSettings.current().reasons_from is not None,
    )


def said() -> dict[str, Answer]:
    """What the school filled in, by the key of the statement. One query."""
    return {row.key: row.answer for row in PolicyStatement.objects.all()}
