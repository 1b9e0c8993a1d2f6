"""What goes on now: which lessons, which numbers, who may look, and what it says when nothing goes on."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from attendance.actions import Row, confirm_presence, save_register
from attendance.actions.planning import cancel_lesson
from attendance.models import Lesson
from attendance.views.inspection import Entry
from kvs.models import AccessEvent, Location, Role, User
from students import actions
from students.models import Enrolment, Group
from tests.attendance.test_actions import student_account
from tests.attendance.test_views import page
from tests.factories import LONG_AGO, make_group, make_lesson, make_student, place, staff
from tests.people import signed_in

pytestmark = pytest.mark.django_db
URL = reverse("attendance:inspection")
HOUR = dt.timedelta(hours=1)


def numbers(entry: Entry) -> tuple[int, int, int, int]:
    return entry.expected, entry.confirmed, entry.marked, entry.present


@pytest.mark.parametrize(("who", "expected"), [("bram", 200), ("ineke", 200), ("anna", 403), ("dana", 403), ("sami", 403)])
def test_who_may_look(who: str, expected: int, lesson: Lesson, request: pytest.FixtureRequest) -> None:
    assert signed_in(request.getfixturevalue(who)).get(URL).status_code == expected


def test_another_location_is_not_shown(lesson: Lesson, south: Location) -> None:
    stranger = staff(Role.COORDINATOR, south)

    response = signed_in(stranger).get(URL)

    assert response.context["sites"] == []
    assert "NT2 B1 dag 2" not in page(response)


def test_an_auditor_sees_the_groups_that_were_opened(lesson: Lesson, group: Group, north: Location, ineke: User) -> None:
    make_lesson(make_group(north, ineke, name="Z-route 9"), ineke)
    olga = staff(Role.AUDITOR, north)
    until = timezone.localdate() + dt.timedelta(days=9)
    actions.give_group_access(user=olga, group=group, starts_on=LONG_AGO, ends_on=until, reason="Steekproef", by=ineke)

    text = page(signed_in(olga).get(URL))

    assert ("NT2 B1 dag 2" in text, "Z-route 9" in text) == (True, False)


def test_expected_confirmed_and_marked(lesson: Lesson, places: list[Enrolment], anna: User, bram: User) -> None:
    confirm_presence(lesson=lesson, student=places[0].programme.student, by=student_account(places[0]))
    save_register(lesson=lesson, rows=[Row(places[1].pk, "late", 10), Row(places[2].pk, "absent")], by=anna)

    (site,) = signed_in(bram).get(URL).context["sites"]

    assert [numbers(entry) for entry in site.going] == [(3, 1, 2, 1)]


def test_only_this_moment_and_cancelled_apart(group: Group, lesson: Lesson, north: Location, ineke: User, bram: User) -> None:
    now = timezone.now()
    make_lesson(group, ineke, starts_at=now - 5 * HOUR)
    make_lesson(make_group(north, ineke, name="Straks"), ineke, starts_at=now + HOUR)
    off = make_lesson(make_group(north, ineke, name="Vervalt"), ineke)
    cancel_lesson(lesson=off, version=1, by=ineke)

    (site,) = signed_in(bram).get(URL).context["sites"]

    assert [entry.lesson.pk for entry in site.going] == [lesson.pk]
    assert [row.pk for row in site.cancelled] == [off.pk]
    assert site.following
    assert site.following.group.name == "Straks"


def test_nothing_now_says_when_the_next_lesson_is(group: Group, ineke: User, bram: User) -> None:
    lesson = make_lesson(group, ineke, starts_at=timezone.now() + 30 * HOUR)
    begin = timezone.localtime(lesson.starts_at)

    text = page(signed_in(bram).get(URL))

    assert f"om {begin:%H:%M}: NT2 B1 dag 2." in text
    assert "Er is nu geen les" in text


def test_no_lessons_at_all(bram: User) -> None:
    assert "Er is geen les bezig en er staat er geen in het rooster" in page(signed_in(bram).get(URL))


def test_no_student_is_named_or_recorded(lesson: Lesson, places: list[Enrolment], bram: User) -> None:
    text = page(signed_in(bram).get(URL))

    assert not [place for place in places if place.programme.student.surname in text]
    assert not AccessEvent.objects.filter(viewer_audit_id=bram.audit_id).exists()


def test_more_lessons_cost_no_more_queries(lesson: Lesson, north: Location, ineke: User, bram: User) -> None:
    browser = signed_in(bram)
    browser.get(URL)
    costs = []
    for _time in range(2):
        with CaptureQueriesContext(connection) as found:
            browser.get(URL)
        costs.append(len(found))
        for _number in range(3):
            group = make_group(north, ineke)
            place(make_student(north, ineke), group, ineke)
            make_lesson(group, ineke)

    assert costs[0] == costs[1]
