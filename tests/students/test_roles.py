"""Somebody with two roles at two places acts in each only where it is held."""

import pytest
from django.urls import reverse

from kvs.models import Location, Membership, Role, User
from students import actions
from students.models import Student
from tests.factories import LONG_AGO, make_everything, make_group, make_lesson, make_student, place, teach
from tests.people import signed_in


def also(user: User, role: Role, location: Location) -> User:
    Membership.objects.create(user=user, role=role, location=location, starts_on=LONG_AGO)
    found: User = User.objects.get(pk=user.pk)
    return found


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("students:card", "student"),
        ("students:enrolment_add", "student"),
        ("students:enrolment_end", "enrolment"),
        ("students:group_edit", "group"),
        ("students:access_add", "group"),
        ("students:assignment_add", "group"),
        ("attendance:lesson_add", "group"),
        ("attendance:lesson_cancel", "lesson"),
    ],
)
def test_finance_elsewhere_lends_nothing_to_the_coordinator(
    name: str, kind: str, bram: User, ineke: User, north: Location, south: Location
) -> None:
    here, there = make_everything(north, ineke), make_everything(south, ineke)
    client = signed_in(also(bram, Role.FINANCE, south))

    assert client.get(reverse("students:detail", args=[there["student"]])).status_code == 200
    assert client.get(reverse(name, args=[here[kind]])).status_code == 200
    assert client.get(reverse(name, args=[there[kind]])).status_code == 404


@pytest.mark.parametrize(("name", "kind"), [("students:edit", "student"), ("students:programme_edit", "programme")])
def test_teaching_elsewhere_lends_nothing_to_administration(
    name: str, kind: str, chris: User, ineke: User, north: Location, south: Location
) -> None:
    there = make_everything(south, ineke)
    group = make_group(south, ineke)
    actions.assign_teacher(teacher=chris, group=group, starts_on=LONG_AGO, by=ineke)
    student = make_student(south, ineke, residence_permit="NL1234567")
    place(student, group, ineke)
    client = signed_in(also(chris, Role.ADMINISTRATION, north))

    seen = client.get(reverse("students:detail", args=[student.pk]))

    assert (seen.status_code, "NL1234567" in seen.content.decode()) == (200, False)
    assert client.get(reverse("students:edit", args=[student.pk])).status_code == 404
    assert client.get(reverse(name, args=[there[kind]])).status_code == 404


def test_staff_who_learns_too_does_not_open_the_register_of_classmates(
    chris: User, anna: User, ineke: User, north: Location
) -> None:
    group, me = make_group(north, ineke), make_student(north, ineke)
    place(me, group, ineke)
    Student.objects.filter(pk=me.pk).update(user=chris)
    teach(anna, group, ineke)
    lesson = make_lesson(group, ineke)
    client = signed_in(also(chris, Role.STUDENT, north))

    codes = [client.get(reverse(f"attendance:{name}", args=[lesson.pk])).status_code for name in ("register", "initials_list")]

    assert codes == [404, 404]


def test_teaching_ends_with_the_role(ineke: User, anna: User, north: Location) -> None:
    group, student = make_group(north, ineke), make_student(north, ineke)
    place(student, group, ineke)
    actions.assign_teacher(teacher=anna, group=group, starts_on=LONG_AGO, by=ineke)
    Membership.objects.filter(user=anna).update(role=Role.SYSTEM_ADMINISTRATOR)

    assert list(Student.objects.visible_to(User.objects.get(pk=anna.pk))) == []


def test_a_change_elsewhere_keeps_the_location_of_intake(north: Location, south: Location, bram: User, ineke: User) -> None:
    student = make_student(south, ineke)
    place(student, make_group(north, ineke), ineke)
    client = signed_in(ineke)
    page = client.get(reverse("students:edit", args=[student.pk])).context["form"]
    typed = {name: field.value() or "" for name, field in ((name, page[name]) for name in page.fields)}

    saved = client.post(reverse("students:edit", args=[student.pk]), typed | {"phone": "0600000009"})

    student.refresh_from_db()
    assert (saved.status_code, student.phone, student.intake_location) == (302, "0600000009", south)
