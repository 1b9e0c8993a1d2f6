"""Whether absence is excused, and who says why afterwards."""

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from attendance.absence import holding_up, with_verdict, without_reason
from attendance.actions import absence as reports
from attendance.actions import reasons as actions
from attendance.hours import Minutes, lesson_lines, total
from attendance.models import AbsenceReason, AbsenceReport, AbsenceSettings, Lesson, Mark
from kvs.models import Location, Role, User
from students.actions import open_account
from students.models import Enrolment, Group
from tests.attendance.test_hours import mark, sign
from tests.factories import make_lesson, note_reasons, staff
from tests.people import Browser, signed_in

ONE_DAY = dt.timedelta(days=1)


def missed(enrolment: Enrolment, by: User, state: str = "absent", days_ago: int = 3) -> Mark:
    """A mark in a signed lesson of some days ago."""
    group = enrolment.group
    lesson = make_lesson(group, by, starts_at=timezone.now() - days_ago * ONE_DAY)
    sign(lesson, by)
    return mark(lesson, enrolment, state, 15 if state in ("late", "left_early") else 0, both=False)


def reported(row: Mark, by: User, status: str = "approved") -> AbsenceReport:
    """A report that covers the lesson of this mark."""
    student, begin = row.enrolment.programme.student, row.lesson.starts_at
    made = reports.report_absence(student=student, starts_at=begin, ends_at=begin + dt.timedelta(hours=2), reason="ill", by=by)
    decided = {} if status != "refused" else {"decided_at": timezone.now(), "decided_by_audit_id": by.audit_id}
    AbsenceReport.objects.filter(pk=made.pk).update(status=status, **decided)
    return made


def verdict(row: Mark) -> str:
    found: str = with_verdict(Mark.objects.filter(pk=row.pk)).values_list("verdict", flat=True).get()  # type: ignore[misc]  # annotated
    return found


@pytest.mark.parametrize(
    ("noted", "state", "status", "said", "expected"),
    [  # decision 164: the reason of this lesson, else an approved report, else unknown; without reasons who told beforehand
        (True, "absent", "", "", "unknown"),
        (True, "reported", "", "", "unknown"),
        (True, "absent", "approved", "", "excused"),
        (True, "reported", "approved", "", "excused"),
        (True, "absent", "asked", "", "unknown"),
        (True, "absent", "refused", "", "unknown"),
        (True, "absent", "approved", "unexcused", "unexcused"),
        (True, "absent", "", "excused", "excused"),
        (True, "reported", "", "unexcused", "unexcused"),
        (True, "absent", "", "unknown", "unknown"),  # a student said it, the school did not answer
        (True, "absent", "approved", "unknown", "excused"),
        (True, "present", "approved", "", ""),
        (True, "late", "", "", ""),
        (False, "absent", "", "", "unexcused"),
        (False, "reported", "", "", "excused"),
        (False, "absent", "approved", "", "excused"),
        (False, "absent", "", "excused", "excused"),  # what was said stays when reasons are switched off
        (False, "reported", "", "unexcused", "unexcused"),
        (False, "left_early", "", "", ""),
    ],
)
def test_verdict(places: list[Enrolment], ineke: User, noted: bool, state: str, status: str, said: str, expected: str) -> None:
    note_reasons()
    row = missed(places[0], ineke, state)
    if status:
        reported(row, ineke, status)
    if said:
        AbsenceReason.objects.create(mark=row, verdict=said, party="office", by_audit_id=ineke.audit_id)
    if not noted:
        AbsenceSettings.objects.update(reasons_from=None)
    assert verdict(row) == expected
    minutes = total(lesson_lines([places[0].programme], timezone.localdate()))
    assert (minutes.excused, minutes.unknown) == (90 * (expected == "excused"), 90 * (expected == "unknown"))
    assert (row in without_reason(Mark.objects.all())) is (expected == "unknown")


def test_absence_before_the_day_of_the_choice_needs_no_reason(places: list[Enrolment], ineke: User) -> None:
    today = timezone.localdate()
    AbsenceSettings.objects.create(reasons_from=today - 3 * ONE_DAY)
    rows = [missed(places[number], ineke, days_ago=ago) for number, ago in ((0, 3), (1, 4))]
    assert [verdict(row) for row in rows] == ["unknown", "unexcused"]


def test_the_sum_of_the_issue_with_an_illness(places: list[Enrolment], group: Group, ineke: User) -> None:
    """Issue 4, section 6: offered 615, attended 430, excused 165; 69,9 % and 95,6 %. The ill lesson has a sick call."""
    note_reasons()
    enrolment = places[0]
    begin = dt.datetime.combine(timezone.localdate() - 10 * ONE_DAY, dt.time(9, 30), timezone.get_default_timezone())

    def lesson(day: int, minutes: int = 165, **fields: str) -> Lesson:
        made = make_lesson(group, ineke, starts_at=begin + day * ONE_DAY, minutes=minutes, **fields)
        sign(made, ineke)
        return made

    mark(lesson(0), enrolment, "present")
    mark(lesson(1), enrolment, "late", 20)
    ill = mark(lesson(2), enrolment, "absent")
    mark(lesson(3, 120, delivery="online"), enrolment, "present")
    before = total(lesson_lines([enrolment.programme], timezone.localdate()))
    reported(ill, ineke)
    sums = total(lesson_lines([enrolment.programme], timezone.localdate()))

    assert before == Minutes(offered=615, attended=430, proven=430, excused=0, unknown=165)
    assert sums == Minutes(offered=615, attended=430, proven=430, excused=165, unknown=0)
    assert (before.unexcused, sums.unexcused) == (20, 20)
    assert [f"{rate:.1f}" for rate in (before.rate_unexcused, sums.rate, sums.rate_unexcused)] == ["69.9", "69.9", "95.6"]


def test_a_cancelled_or_unsigned_lesson_needs_no_reason(places: list[Enrolment], ineke: User) -> None:
    note_reasons()
    cancelled, unsigned = missed(places[0], ineke), missed(places[1], ineke, days_ago=4)
    Lesson.objects.filter(pk=cancelled.lesson_id).update(cancelled=True)
    unsigned.lesson.register.delete()
    assert without_reason(Mark.objects.all()).count() == 0


def test_after_the_days_of_the_school_it_holds_up_the_month(places: list[Enrolment], ineke: User) -> None:
    note_reasons()
    AbsenceSettings.objects.update(unknown_days=14)
    old, young = missed(places[0], ineke, days_ago=15), missed(places[1], ineke, days_ago=14)
    assert set(holding_up(Mark.objects.all(), timezone.localdate())) == {old}
    AbsenceSettings.objects.update(unknown_days=13)
    assert set(holding_up(Mark.objects.all(), timezone.localdate())) == {old, young}


# --- the list of the administration

LIST = "attendance:absence_unknown"


def test_a_whole_set_on_one_screen(places: list[Enrolment], ineke: User) -> None:
    note_reasons()
    rows = [missed(place, ineke, days_ago=2 + number) for number, place in enumerate(places)]
    desk = signed_in(ineke)
    page = desk.get(reverse(LIST))
    assert [line["mark"] for line in page.context["lines"]] == rows[::-1]
    answer = desk.post(reverse(LIST), {str(rows[0].pk): "ill", str(rows[1].pk): "unexcused", str(rows[2].pk): ""}, follow=True)
    assert "2 redenen zijn opgeslagen." in answer.content.decode()
    assert [verdict(row) for row in rows] == ["excused", "unexcused", "unknown"]
    assert {row.reason for row in AbsenceReason.objects.all()} == {"ill", "unexcused"}


def test_group_and_month_narrow_the_list(places: list[Enrolment], ineke: User) -> None:
    note_reasons()
    row = missed(places[0], ineke)
    desk, month = signed_in(ineke), f"{row.lesson.day:%Y-%m}"
    here = f"group={places[0].group_id}&maand="
    queries = (f"maand={month}", "maand=2019-01", here, "group=x", "maand=2026-13", "maand=%00")
    counts = [len(desk.get(f"{reverse(LIST)}?{query}").context["lines"]) for query in queries]
    assert counts == [1, 0, 1, 1, 1, 1]


@pytest.mark.parametrize("code", ["griep", "unknown", "x" * 3000, "\x00"])
def test_a_code_off_the_list_saves_nothing_and_stays(places: list[Enrolment], ineke: User, code: str) -> None:
    note_reasons()
    rows = [missed(place, ineke, days_ago=2 + number) for number, place in enumerate(places)]
    answer = signed_in(ineke).post(reverse(LIST), {str(rows[0].pk): code, str(rows[1].pk): "ill"})
    assert answer.status_code == 422
    assert "Kies een van de redenen in de lijst." in answer.content.decode()
    assert AbsenceReason.objects.count() == 0
    assert {line["mark"]: line["chosen"] for line in answer.context["lines"]}[rows[1]] == "ill"


def test_only_the_administration_of_that_location_sees_and_says(
    places: list[Enrolment], ineke: User, anna: User, bram: User, chris: User, south: Location
) -> None:
    note_reasons()
    row = missed(places[0], ineke)
    far = staff(Role.ADMINISTRATION, south)
    assert [signed_in(user).get(reverse(LIST)).status_code for user in (anna, bram, chris)] == [403, 403, 403]
    assert signed_in(far).get(reverse(LIST)).context["lines"] == []
    signed_in(far).post(reverse(LIST), {str(row.pk): "excused"})
    assert AbsenceReason.objects.count() == 0
    for user in (anna, bram, chris, far):
        assert AbsenceReason.objects.visible_to(user).count() == 0


def test_what_a_student_said_waits_as_a_proposal(places: list[Enrolment], ineke: User) -> None:
    note_reasons()
    row = missed(places[0], ineke)
    student = places[0].programme.student
    me = open_account(student=student, by=ineke)
    actions.give_own_reason(mark=row, student=student, reason="appointment", by=me)
    assert verdict(row) == "unknown"
    desk = signed_in(ineke)
    (line,) = desk.get(reverse(LIST)).context["lines"]
    assert line["chosen"] == "appointment"
    desk.post(reverse(LIST), {str(row.pk): "appointment"})
    assert verdict(row) == "excused"


def test_the_list_asks_the_same_for_one_and_three(
    places: list[Enrolment], ineke: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    note_reasons()
    desk = signed_in(ineke)
    missed(places[0], ineke, days_ago=2)
    desk.get(reverse(LIST))
    with CaptureQueriesContext(connection) as one:
        desk.get(reverse(LIST))
    for number, place in enumerate(places):
        missed(place, ineke, days_ago=5 + number)
    with django_assert_num_queries(len(one)):
        desk.get(reverse(LIST))


def test_a_school_without_reasons_lists_none_and_takes_none(places: list[Enrolment], ineke: User) -> None:
    row = missed(places[0], ineke)
    desk = signed_in(ineke)
    assert "noteert geen redenen" in desk.get(reverse(LIST)).content.decode()
    assert desk.post(reverse(LIST), {str(row.pk): "ill"}).status_code == 422
    assert AbsenceReason.objects.count() == 0


# --- the student


@pytest.fixture
def me(places: list[Enrolment], ineke: User) -> User:
    note_reasons()
    return open_account(student=places[0].programme.student, by=ineke)


def test_a_student_says_why_and_nobody_else(places: list[Enrolment], ineke: User, anna: User, me: User) -> None:
    row = missed(places[0], ineke)
    address = reverse("attendance:own_reason", args=[row.pk])
    mine = signed_in(me)
    assert address in mine.get(reverse("attendance:own_hours")).content.decode()
    assert "weet nog niet of dit geoorloofd is" in mine.get(reverse("attendance:own_hours")).content.decode()
    other = signed_in(open_account(student=places[1].programme.student, by=ineke))
    assert other.post(address, {"reason": "ill"}).status_code == 404
    assert [signed_in(user).post(address, {"reason": "ill"}).status_code for user in (anna, ineke)] == [403, 403]
    assert Browser().get(address).status_code == 302
    assert mine.get(address).status_code == 200
    assert mine.post(address, {}).status_code == 422
    assert mine.post(address, {"reason": "excused"}).status_code == 422
    assert mine.post(address, {"reason": "ill"}).status_code == 302
    assert verdict(row) == "excused"
    assert "Reden: ziek." in mine.get(reverse("attendance:own_hours")).content.decode()


@pytest.mark.parametrize(("days_ago", "days", "may"), [(14, 14, True), (15, 14, False), (1, 0, False)])
def test_until_a_number_of_days(places: list[Enrolment], ineke: User, me: User, days_ago: int, days: int, may: bool) -> None:
    AbsenceSettings.objects.update(student_days=days)
    row = missed(places[0], ineke, days_ago=days_ago)
    address = reverse("attendance:own_reason", args=[row.pk])
    answer = signed_in(me).post(address, {"reason": "ill"}, follow=True).content.decode()
    assert AbsenceReason.objects.filter(mark=row).exists() is may
    assert ("Dat kan hier niet meer" in answer) is not may
    page = signed_in(me).get(f"{reverse('attendance:own_hours')}?maand={row.lesson.day:%Y-%m}").content.decode()
    assert (address in page) is False  # answered, or too late


def test_the_schools_word_stands(places: list[Enrolment], ineke: User, me: User) -> None:
    row = missed(places[0], ineke)
    actions.give_reasons(chosen={row.pk: "unexcused"}, by=ineke)
    with pytest.raises(ValidationError, match="al beantwoord"):
        actions.give_own_reason(mark=row, student=places[0].programme.student, reason="ill", by=me)
    there = missed(places[0], ineke, "present", days_ago=4)
    with pytest.raises(ValidationError, match="niets uit te leggen"):
        actions.give_own_reason(mark=there, student=places[0].programme.student, reason="ill", by=me)


def test_the_reason_is_on_no_page_of_the_teacher(places: list[Enrolment], ineke: User, anna: User, me: User) -> None:
    row = missed(places[0], ineke)
    actions.give_reasons(chosen={row.pk: "birth"}, by=ineke)
    teacher = signed_in(anna)
    pages: list[Any] = [teacher.get(reverse("attendance:register", args=[row.lesson_id])), teacher.get(reverse("students:list"))]
    assert all(page.status_code == 200 and "bevalling" not in page.content.decode() for page in pages)


def test_saying_it_again_changes_nothing(places: list[Enrolment], ineke: User) -> None:
    note_reasons()
    row = missed(places[0], ineke)
    assert [actions.give_reasons(chosen={row.pk: "ill"}, by=ineke) for _time in range(2)] == [1, 0]
    assert AbsenceReason.objects.get().version == 1


def test_who_came_after_all_is_passed_over(places: list[Enrolment], ineke: User) -> None:
    note_reasons()
    row = missed(places[0], ineke, "present")
    assert actions.give_reasons(chosen={row.pk: "ill"}, by=ineke) == 0
