"""Who stands behind a mark, and what that proves."""

from itertools import product

import pytest
from django.utils import timezone

from attendance import rules
from attendance.models import PROVEN, EvidenceSetting, Lesson, Mark
from students.models import Enrolment

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("mode", ["", *EvidenceSetting.Mode.values])
def test_what_the_database_calls_proven_is_what_the_rule_calls_proven(mode: str, lesson: Lesson, places: list[Enrolment]) -> None:
    """Sums ask the database, the law is in the rule: one mark after another in every state, with every evidence."""
    if mode:
        EvidenceSetting.objects.create(mode=mode)
    now = timezone.now()
    for state, (teacher, student, paper) in product(rules.STATES, product((now, None), repeat=3)):
        if teacher or student or paper:
            mark = Mark.objects.create(
                lesson=lesson,
                enrolment=places[0],
                state=state,
                minutes_missed=5 if state in rules.WITH_MINUTES else 0,
                minutes_attended=0,
                teacher_at=teacher,
                student_at=student,
                paper_at=paper,
            )
            said = {"teacher": bool(teacher), "student": bool(student), "paper": bool(paper)}
            proven = rules.proven(state, teacher=bool(teacher), student=bool(student), paper=bool(paper), mode=mode or "both")
            assert Mark.objects.filter(PROVEN).exists() == proven, (state, said)
            mark.delete()
