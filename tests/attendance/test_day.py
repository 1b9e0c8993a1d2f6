"""The day on one page: which lessons, whose, and what it says when there are none."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from attendance.actions.planning import cancel_lesson
from attendance.models import Closure
from kvs.models import Location, User
from students.models import Enrolment, Group
from tests.attendance.test_views import page
from tests.factories import make_group, make_lesson
from tests.people import signed_in

pytestmark = pytest.mark.django_db
URL = reverse("attendance:calendar_day")
DAY = timezone.localdate() + dt.timedelta(days=9)


def at(hour: int, day: dt.date = DAY) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(hour), timezone.get_default_timezone())


def shown(user: User, day: object = DAY) -> list[tuple[str, list[str]]]:
    sites = signed_in(user).get(URL, {"dag": str(day)}).context["sites"]
    return [(location.name, [lesson.group.name for lesson in lessons]) for location, lessons in sites]


@pytest.mark.parametrize(("who", "expected"), [("anna", 200), ("bram", 200), ("dana", 200), ("sami", 403)])
def test_who_may_look(who: str, expected: int, request: pytest.FixtureRequest) -> None:
    assert signed_in(request.getfixturevalue(who)).get(URL).status_code == expected


def test_lessons_of_the_day_by_location_and_time(
    group: Group, north: Location, south: Location, anna: User, chris: User, ineke: User, dana: User
) -> None:
    make_lesson(group, ineke, starts_at=at(13))
    off = make_lesson(group, ineke, starts_at=at(9))
    cancel_lesson(lesson=off, version=1, by=ineke)
    make_lesson(group, ineke, starts_at=at(9, DAY + dt.timedelta(days=1)))
    make_lesson(make_group(south, ineke, name="Elders"), ineke, starts_at=at(10))
    make_lesson(make_group(north, ineke, name="Buren"), ineke, starts_at=at(11))

    own = ["NT2 B1 dag 2", "NT2 B1 dag 2"]
    assert shown(dana) == [("Noord", [own[0], "Buren", own[1]]), ("Zuid", ["Elders"])]
    assert shown(ineke) == [("Noord", [own[0], "Buren", own[1]])]
    assert shown(anna) == [("Noord", own)]
    assert shown(chris) == []


@pytest.mark.parametrize("day", ["x", "0001-01-01", "9999-12-31", "2026-02-30", ""])
def test_an_odd_day_is_today(day: str, bram: User) -> None:
    response = signed_in(bram).get(URL, {"dag": day})

    assert (response.status_code, response.context["day"]) == (200, timezone.localdate())


def test_an_empty_day_says_so_and_why(bram: User) -> None:
    Closure.objects.create(name="Herfstvakantie", starts_on=DAY, ends_on=DAY)

    text = page(signed_in(bram).get(URL, {"dag": str(DAY)}))

    assert "Geen lessen op deze dag" in text
    assert "Herfstvakantie" in text


def test_more_lessons_cost_no_more_queries(group: Group, places: list[Enrolment], ineke: User, bram: User) -> None:
    def cost() -> int:
        browser = signed_in(bram)
        browser.get(URL, {"dag": str(DAY)})
        with CaptureQueriesContext(connection) as found:
            browser.get(URL, {"dag": str(DAY)})
        return len(found)

    make_lesson(group, ineke, starts_at=at(8))
    before = cost()
    for hour in (10, 12, 14, 16):
        make_lesson(group, ineke, starts_at=at(hour))

    assert cost() == before
