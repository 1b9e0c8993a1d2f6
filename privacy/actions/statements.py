"""What records what the school's policy text says."""

from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from kvs.editing import last_change
from kvs.models import Organisation, User
from privacy.models import PolicyStatement
from privacy.statements.kinds import Answer


@transaction.atomic
def record_statements(*, answers: Mapping[str, Answer | None], version: int, by: User) -> int:
    """Record what the text says on these questions, None being nothing; how many answers changed.

    `version`: `version_of` these questions when they were read. Raises ValidationError, "stale" when somebody saved since.
    """
    Organisation.objects.select_for_update().first()  # the row of the school is the lock: answers come in by the chapter
    rows = {row.key: row for row in PolicyStatement.objects.filter(key__in=answers)}
    if rows and version_of(rows) != version:
        raise ValidationError(
            _("%(who)s changed this too, at %(at)s. Your changes are below and not saved: compare, then save again."),
            code="stale",
            params={**last_change(*rows.values()), "version": version_of(rows)},
        )
    return sum(_record(rows.get(key) or PolicyStatement(key=key), answer) for key, answer in answers.items())


def version_of(rows: Mapping[str, PolicyStatement]) -> int:
    """How often anything in these rows was saved; a row never goes, so it only grows."""
    return sum(row.version for row in rows.values())


def _record(row: PolicyStatement, answer: Answer | None) -> bool:
    if answer is None or answer == row.answer:
        return False  # who leaves a question open takes nothing back
    row.said, row.number, row.unit = sorted(answer.codes), answer.number, answer.unit
    row.version += 1
    row.full_clean()
    row.save()
    return True
