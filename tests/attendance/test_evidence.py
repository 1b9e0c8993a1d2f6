"""Who stands behind a mark, and what that proves."""

from itertools import product

import pytest
from django.utils import timezone

from attendance import rules
from attendance.models import PROVEN, Lesson, Mark
from students.models import Enrolment

pytestmark = pytest.mark.django_db


def test_what_the_database_calls_proven_is_what_the_rule_calls_proven(lesson: Lesson, places: list[Enrolment]) -> None:
    """Sums ask the database, pages ask the mark: one mark after another in every state, with every evidence."""
    now = timezone.now()
    for state, parties in product(rules.STATES, product((now, None), repeat=3)):
        if any(parties):
            mark = Mark.objects.create(
                lesson=lesson,
                enrolment=places[0],
                state=state,
                minutes_missed=5 if state in rules.WITH_MINUTES else 0,
                minutes_attended=0,
                **dict(zip(("teacher_at", "student_at", "paper_at"), parties, strict=True)),
            )
            assert Mark.objects.filter(PROVEN).exists() == mark.is_proven, (state, parties)
            mark.delete()
