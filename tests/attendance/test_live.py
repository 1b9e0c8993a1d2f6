"""What an open register hears of the students while the teacher works."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from attendance.actions import Row, confirm_presence, save_register
from attendance.actions.corrections import keep_away
from attendance.models import Lesson
from kvs.models import AccessEvent, Location, Role, User, WebSession
from students import actions
from students.models import Enrolment
from tests.factories import staff
from tests.people import Browser, signed_in


@pytest.fixture
def address(lesson: Lesson) -> str:
    return reverse("attendance:live", args=[lesson.pk])


def confirm(place: Enrolment, lesson: Lesson, by: User, device: str = "") -> None:
    user = actions.open_account(student=place.programme.student, by=by)
    confirm_presence(lesson=lesson, student=place.programme.student, by=user, device=device)


def test_only_who_sees_the_register_hears(
    address: str, anna: User, ineke: User, north: Location, south: Location, places: list[Enrolment], lesson: Lesson
) -> None:
    confirm(places[0], lesson, ineke)
    pupil = signed_in(User.objects.get(student=places[0].programme.student))

    assert [signed_in(user).get(address).status_code for user in (anna, ineke)] == [200, 200]
    for stranger in (staff(Role.TEACHER, north), staff(Role.TEACHER, south), staff(Role.COORDINATOR, south)):
        assert signed_in(stranger).get(address).status_code == 404
    assert pupil.get(address).status_code == 403
    assert Browser().get(address).status_code == 302


def test_what_students_said_and_that_somebody_read_it(
    address: str, anna: User, ineke: User, places: list[Enrolment], lesson: Lesson
) -> None:
    browser = signed_in(anna)
    assert browser.get(address).json() == {"confirmed": 0, "rows": {}}
    save_register(lesson=lesson, rows=[Row(places[0].pk, "absent")], by=anna)
    device = "a" * 64
    for place, mark in ((places[0], device), (places[1], device), (places[2], "")):
        confirm(place, lesson, ineke, mark)

    told = browser.get(address).json()

    assert told["confirmed"] == 3
    rows = [told["rows"][str(place.pk)] for place in places]
    assert [(row["same_device"], row["mismatch"]) for row in rows] == [(True, True), (True, False), (False, False)]
    stands = [(row["state"], row["minutes"], row["version"]) for row in rows]  # as a reload would show it
    assert stands == [("absent", 0, 1), ("present", 0, 1), ("present", 0, 1)]
    seen = AccessEvent.objects.filter(viewer_audit_id=anna.audit_id).values_list("subject_audit_id", flat=True)
    assert set(seen) == {place.programme.student.audit_id for place in places}


def test_a_contradiction_that_was_decided_is_none_any_more(
    address: str, anna: User, ineke: User, places: list[Enrolment], lesson: Lesson
) -> None:
    browser = signed_in(anna)
    save_register(lesson=lesson, rows=[Row(places[0].pk, "absent"), Row(places[1].pk, "absent")], by=anna)
    for place in places[:2]:
        confirm(place, lesson, ineke)
    keep_away(lesson=lesson, enrolment=places[0].pk, reason="not_seen", by=anna)

    rows = browser.get(address).json()["rows"]

    assert [rows[str(place.pk)]["mismatch"] for place in places[:2]] == [False, True]


def test_a_constant_number_of_questions(address: str, anna: User, ineke: User, places: list[Enrolment], lesson: Lesson) -> None:
    browser = signed_in(anna)

    def asked() -> int:
        with CaptureQueriesContext(connection) as found:
            browser.get(address, headers={"X-Requested-With": "poll"})
        return len(found)

    confirm(places[0], lesson, ineke)
    asked()
    few = asked()
    for place in places[1:]:
        confirm(place, lesson, ineke)
    assert asked() == few


def test_hearing_keeps_nobody_signed_in(address: str, anna: User) -> None:
    browser = signed_in(anna)
    seen = WebSession.objects.get().started_at.replace(year=2020)
    WebSession.objects.update(last_seen=seen)

    answer = browser.get(address, headers={"X-Requested-With": "poll"})

    assert answer.status_code == 302
    assert WebSession.objects.get().level == WebSession.Level.LOCKED


def test_a_register_that_is_open_asks_and_a_signed_one_does_not(address: str, anna: User, lesson: Lesson) -> None:
    browser = signed_in(anna)
    page = reverse("attendance:register", args=[lesson.pk])
    assert f'data-live-url="{address}"' in browser.get(page).content.decode()

    browser.post(page, {"action": "sign"})

    assert "data-live-url" not in browser.get(page).content.decode()
