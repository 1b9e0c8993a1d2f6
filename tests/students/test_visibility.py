"""Who sees which student, group and place, on which day."""

import datetime as dt

import pytest
from django.utils import timezone

from kvs.models import Location, Membership, Role, User
from students import actions
from students.models import Enrolment, Group, Programme, Student
from tests.factories import LONG_AGO, make_group, make_student, place, staff


def days(number: int) -> dt.date:
    """A day relative to today."""
    return timezone.localdate() + dt.timedelta(days=number)


def again(user: User) -> User:
    """The account as a new request reads it: memberships are read once per instance."""
    found: User = User.objects.get(pk=user.pk)
    return found


def sees(user: User, student: Student) -> bool:
    return student in Student.objects.visible_to(again(user))


def test_office_sees_students_of_the_own_location(north: Location, south: Location, ineke: User, bram: User) -> None:
    here, there = make_student(north, ineke), make_student(south, ineke)

    assert set(Student.objects.visible_to(bram)) == {here}
    assert there not in Student.objects.visible_to(bram)


def test_office_sees_who_takes_lessons_here_though_taken_in_elsewhere(
    north: Location, south: Location, ineke: User, bram: User
) -> None:
    student = make_student(south, ineke)
    place(student, make_group(north, ineke), ineke)

    assert sees(bram, student)


def test_all_locations_means_all(north: Location, south: Location, ineke: User, dana: User) -> None:
    students = {make_student(north, ineke), make_student(south, ineke)}
    groups = {make_group(north, ineke), make_group(south, ineke)}

    assert set(Student.objects.visible_to(dana)) == students
    assert set(Group.objects.visible_to(dana)) == groups


def test_system_administrator_sees_nobody(north: Location, ineke: User, sami: User) -> None:
    make_student(north, ineke)

    assert list(Student.objects.visible_to(sami)) == []


def test_student_sees_the_own_file_only(north: Location, ineke: User) -> None:
    mine, other = make_student(north, ineke), make_student(north, ineke)
    mine.user = staff(Role.STUDENT, north)
    mine.save()

    assert list(Student.objects.visible_to(mine.user)) == [mine]
    assert other not in Student.objects.visible_to(mine.user)


@pytest.mark.parametrize(
    ("teaches", "placed", "expected"),
    [
        ((-100, None), (-50, None), True),
        ((-100, 0), (-50, None), True),
        ((-100, -1), (-50, None), False),  # the assignment is over
        ((1, None), (-50, None), False),  # not begun
        ((-10, None), (-50, -20), False),  # the student left before this teacher came
        ((-10, None), (-50, -10), True),  # they shared one day
        ((-10, 5), (6, None), False),  # the student comes after the assignment
    ],
)
def test_teacher_sees_who_shared_the_period(
    north: Location,
    ineke: User,
    anna: User,
    teaches: tuple[int, int | None],
    placed: tuple[int, int | None],
    expected: bool,
) -> None:
    group, student = make_group(north, ineke), make_student(north, ineke)
    place(student, group, ineke, starts_on=days(placed[0]), ends_on=None if placed[1] is None else days(placed[1]))
    ends = None if teaches[1] is None else days(teaches[1])
    actions.assign_teacher(teacher=anna, group=group, starts_on=days(teaches[0]), ends_on=ends, by=ineke)

    assert sees(anna, student) == expected


def test_teacher_of_another_group_is_a_stranger(north: Location, ineke: User, anna: User, chris: User) -> None:
    group, student = make_group(north, ineke), make_student(north, ineke)
    place(student, group, ineke)
    actions.assign_teacher(teacher=anna, group=group, starts_on=LONG_AGO, by=ineke)

    assert (sees(anna, student), sees(chris, student)) == (True, False)


@pytest.mark.parametrize(("starts", "ends", "expected"), [(-1, 1, True), (0, 0, True), (-5, -1, False), (1, 5, False)])
def test_substitute_sees_the_group_until_the_date(
    north: Location, ineke: User, chris: User, starts: int, ends: int, expected: bool
) -> None:
    group, student = make_group(north, ineke), make_student(north, ineke)
    place(student, group, ineke)
    actions.give_group_access(
        user=chris, group=group, starts_on=days(starts), ends_on=days(ends), reason="vervangt Anna", by=ineke
    )

    assert sees(chris, student) == expected
    assert (group in Group.objects.visible_to(again(chris))) == expected


def test_auditor_sees_the_sample_only(north: Location, ineke: User) -> None:
    auditor = staff(Role.TEACHER, north)
    Membership.objects.filter(user=auditor).update(role=Role.AUDITOR, ends_on=days(10))
    sampled, other = make_group(north, ineke), make_group(north, ineke)
    inside, outside = make_student(north, ineke), make_student(north, ineke)
    place(inside, sampled, ineke)
    place(outside, other, ineke)
    actions.give_group_access(user=auditor, group=sampled, starts_on=days(0), ends_on=days(10), reason="steekproef", by=ineke)

    assert set(Student.objects.visible_to(again(auditor))) == {inside}


def test_what_hangs_on_a_student_follows_the_student(north: Location, ineke: User, anna: User, chris: User) -> None:
    group, student = make_group(north, ineke), make_student(north, ineke)
    enrolment = place(student, group, ineke)
    actions.assign_teacher(teacher=anna, group=group, starts_on=LONG_AGO, by=ineke)

    for model in (Programme, Enrolment):
        assert model.objects.visible_to(again(anna)).count() == 1
        assert model.objects.visible_to(again(chris)).count() == 0
    assert enrolment in Enrolment.objects.visible_to(again(anna))


def test_teacher_does_not_see_places_in_groups_of_colleagues(north: Location, ineke: User, anna: User) -> None:
    mine, other = make_group(north, ineke), make_group(north, ineke)
    student = make_student(north, ineke)
    here = place(student, mine, ineke)
    actions.enrol_student(programme=here.programme, group=other, starts_on=LONG_AGO, by=ineke)
    actions.assign_teacher(teacher=anna, group=mine, starts_on=LONG_AGO, by=ineke)

    assert list(Enrolment.objects.visible_to(again(anna))) == [here]
