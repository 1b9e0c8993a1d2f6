"""Exemptions outlive the file: copied out when it goes, found at the desk by name and date of birth."""

import datetime as dt
from typing import TYPE_CHECKING

from django.db import transaction

from kvs.fields import blind_index
from kvs.models import User
from privacy import plan as plans
from privacy.models import ExemptionLookup, ExemptionRecord
from students import rules
from students.models import Exemption, Student

if TYPE_CHECKING:
    from privacy.plan import Plan


def identity_index(first: str, surname: str, year: int | None, month: int | None, day: int | None) -> str:
    """The keyed index of a folded name and a date of birth, however it is spelled in accents and capitals."""
    return blind_index("privacy.exemption", rules.identity_text(first, surname, year, month, day))


def copy_out(plan: "Plan", today: dt.date) -> None:
    """Keep a frozen copy of each exemption in a file that goes (B 5; decisions.md 41). Under every first name it was known by."""
    if not plan.exemptions:
        return
    kept_until = plans.exemption_until(plan.subject.person, today)
    for found in Exemption.objects.filter(pk__in=plan.exemptions).select_related("programme__student"):
        student = found.programme.student
        born = (student.birth_year, student.birth_month, student.birth_day)
        for first in {student.given_names, student.call_name} - {""} or {""}:
            ExemptionRecord.objects.create(
                identity=rules.identity_text(first, student.surname, *born),
                identity_index=identity_index(first, student.surname, *born),
                name=_full_name(student),
                born_on="-".join(f"{part:02}" for part in born if part),
                kind=found.kind,
                body=found.body,
                decided_on=found.decided_on,
                copied_on=today,
                kept_until=kept_until,
            )


def _full_name(student: Student) -> str:
    return " ".join(part for part in (student.given_names or student.call_name, student.infix, student.surname) if part)


@transaction.atomic
def look_up(*, first: str, surname: str, born_on: dt.date, by: User) -> list[ExemptionRecord]:
    """What is kept of the person who stands at the desk; that it was asked is recorded, also when nothing is known."""
    index = identity_index(first, surname, born_on.year, born_on.month, born_on.day)
    records = list(ExemptionRecord.objects.known_as(index))
    found: list[ExemptionRecord | None] = [*records]
    for record in found or [None]:
        ExemptionLookup.objects.create(record=record, by_audit_id=by.audit_id)
    return records
