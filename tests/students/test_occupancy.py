"""How full the groups are: the counts, the totals, who may look."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from kvs.models import Location, Role, User
from students import actions
from students.models import Enrolment
from students.views.occupancy import Places
from tests.factories import LONG_AGO, make_group, make_student, place, staff
from tests.people import signed_in

pytestmark = pytest.mark.django_db
URL = reverse("students:occupancy")
TODAY = timezone.localdate()
DAY, WEEK = dt.timedelta(days=1), dt.timedelta(weeks=1)


@pytest.mark.parametrize(("who", "expected"), [("bram", 200), ("ineke", 200), ("anna", 403), ("dana", 403), ("sami", 403)])
def test_who_may_look(who: str, expected: int, request: pytest.FixtureRequest) -> None:
    assert signed_in(request.getfixturevalue(who)).get(URL).status_code == expected


def test_who_is_there_who_comes_and_who_goes(north: Location, ineke: User) -> None:
    group = make_group(north, ineke, capacity=5)
    stays, leaves, longer, gone = (place(make_student(north, ineke), group, ineke) for _student in range(4))
    for row, last in ((leaves, TODAY + DAY), (longer, TODAY + 4 * WEEK), (gone, TODAY - DAY)):
        Enrolment.objects.filter(pk=row.pk).update(ends_on=last)
    for first in (TODAY + DAY, TODAY + 4 * WEEK, TODAY + 4 * WEEK + DAY):
        place(make_student(north, ineke), group, ineke, starts_on=first)

    (site,) = signed_in(ineke).get(URL).context["sites"]

    ((_group, places),) = site.rows
    assert places == site.total == Places(capacity=5, placed=3, leaving=1, coming=2, later=1)
    assert (places.free, places.free_soon) == (2, 1)
    assert stays.pk


def test_too_many_students_is_below_zero() -> None:
    assert Places(capacity=2, placed=3).free == -1


def test_a_programme_without_a_group_waits(north: Location, ineke: User, bram: User) -> None:
    group = make_group(north, ineke)
    place(make_student(north, ineke), group, ineke)
    place(make_student(north, ineke), group, ineke, starts_on=TODAY + WEEK)
    stopped = place(make_student(north, ineke), group, ineke)
    Enrolment.objects.filter(pk=stopped.pk).update(ends_on=TODAY - DAY)
    actions.start_programme(student=make_student(north, ineke), by=ineke, law="none", starts_on=LONG_AGO)

    (site,) = signed_in(bram).get(URL).context["sites"]

    assert site.without_group == 2


def test_groups_by_location_and_name_with_totals(north: Location, south: Location, ineke: User) -> None:
    for location, name, capacity in ((south, "A", 10), (north, "b", 12), (north, "A2", 8)):
        make_group(location, ineke, name=name, capacity=capacity)
    make_group(north, ineke, name="Voorbij", ends_on=TODAY - DAY)
    wim = staff(Role.MANAGEMENT)

    context = signed_in(wim).get(URL).context

    found = [(site.location.name, [group.name for group, _places in site.rows]) for site in context["sites"]]
    assert found == [("Noord", ["A2", "b"]), ("Zuid", ["A"])]
    assert [site.total.capacity for site in context["sites"]] == [20, 10]
    assert context["total"].capacity == 30


def test_another_location_is_not_shown(north: Location, south: Location, ineke: User) -> None:
    make_group(north, ineke, name="Geheim")
    actions.start_programme(student=make_student(north, ineke), by=ineke, law="none", starts_on=LONG_AGO)

    response = signed_in(staff(Role.COORDINATOR, south)).get(URL)

    assert response.context["sites"] == []
    assert b"Geheim" not in response.content


def test_more_groups_cost_no_more_queries(north: Location, ineke: User, bram: User) -> None:
    def cost() -> int:
        place(make_student(north, ineke), make_group(north, ineke), ineke)
        browser = signed_in(bram)
        browser.get(URL)
        with CaptureQueriesContext(connection) as found:
            browser.get(URL)
        return len(found)

    assert len({cost() for _group in range(3)}) == 1


def test_fewer_places_than_students_is_saved_and_said(north: Location, ineke: User) -> None:
    group = make_group(north, ineke, name="Z-route 4", capacity=5)
    for first in (LONG_AGO, LONG_AGO, TODAY + WEEK):
        place(make_student(north, ineke), group, ineke, starts_on=first)
    gone = place(make_student(north, ineke), group, ineke)
    Enrolment.objects.filter(pk=gone.pk).update(ends_on=TODAY - DAY)
    url, browser = reverse("students:group_edit", args=[group.pk]), signed_in(ineke)
    typed = {"name": group.name, "location": str(group.location_id), "kind": "nt2", "starts_on": group.starts_on.isoformat()}
    for version, (capacity, said) in enumerate(((3, False), (2, True)), start=group.version):
        text = browser.post(url, typed | {"capacity": str(capacity), "version": str(version)}, follow=True).text
        assert ("De groep heeft 2 plaatsen en er zijn of komen 3 cursisten in." in text) is said
        group.refresh_from_db()
        assert group.capacity == capacity
