"""Reasons of absence in the demo school: noted since its first lesson; the last weeks still have some without one.

One client agreed to hear two of them.
"""

import datetime as dt
from random import Random

from django.utils import timezone

from attendance import absence_reasons as reasons
from attendance.actions.absence import day_start
from attendance.models import AbsenceReason, AbsenceReport, AbsenceSettings, Mark, ReasonAgreement
from attendance.models.absence import Party
from kvs.models import User
from students.demo import SEED, first_monday, staff
from students.models import Client, Enrolment

TOLD = ("ill", "ill", "ill", "appointment", "leave", "holiday", "pip_work", "birth")
OFTEN_OPEN = dt.timedelta(days=12)  # younger absence often has no reason yet
LONG_OPEN = dt.timedelta(days=25)  # older absence always has one
ONE_DAY = dt.timedelta(days=1)


def fill(today: dt.date) -> None:
    """Called by attendance.demo. In bulk and without lines in the audit, as there."""
    AbsenceSettings.objects.create(reasons_from=first_monday(today))
    chance, desk = Random(SEED + 7), staff("ineke")  # noqa: S311  # to repeat itself is the point
    away = Mark.objects.absent().select_related("lesson").order_by("lesson__starts_at", "pk")
    said = [row for mark in away if (row := _reason(mark, today, desk, chance))]
    AbsenceReason.objects.bulk_create(said, batch_size=1000)
    AbsenceReport.objects.bulk_create(_reports(today, desk))
    agreed = {"reasons": ["holiday", "appointment"], "source": "Overeenkomst inkoop taallessen, artikel 7"}
    client = Client.objects.filter(kind=Client.Kind.MUNICIPALITY).order_by("name")[:1].get()
    ReasonAgreement.objects.create(client=client, starts_on=first_monday(today), **agreed)


def _reason(mark: Mark, today: dt.date, desk: User, chance: Random) -> AbsenceReason | None:
    age = today - mark.lesson.day
    if age < LONG_OPEN and chance.random() < (0.5 if age < OFTEN_OPEN else 0.1):
        return None
    told = mark.state == Mark.State.REPORTED or chance.random() < 0.3
    code = chance.choice(TOLD) if told else "unexcused"
    known = reasons.reason(code)
    assert known
    at = min(mark.lesson.ends_at + dt.timedelta(days=1), timezone.now())
    said = {"reason": code, "tellable": reasons.tellable(code), "verdict": known.verdict}
    return AbsenceReason(mark=mark, **said, party=Party.OFFICE, by_audit_id=desk.audit_id, at=at)


def _reports(today: dt.date, desk: User) -> list[AbsenceReport]:
    """In one group two are ill today and two ask for time off."""
    here = Enrolment.objects.active_on(today).filter(group__name="NT2 B1 dag 2").select_related("programme__student")
    people = [place.programme.student for place in here.order_by("programme__student__number")[:4]]
    ill = ((-1, None, "ill", "approved"), (0, 1, "ill", "approved"))
    asked = ((12, 17, "holiday", "asked"), (6, 7, "appointment", "asked"))
    return [
        AbsenceReport(
            student=student,
            starts_at=day_start(today + first * ONE_DAY),
            ends_at=None if last is None else day_start(today + last * ONE_DAY),
            reason=code,
            tellable=reasons.tellable(code),
            status=status,
            party=Party.STUDENT if status == "asked" else Party.OFFICE,
            by_audit_id=student.audit_id if status == "asked" else desk.audit_id,
        )
        for student, (first, last, code, status) in zip(people, (*ill, *asked), strict=False)
    ]
