"""Who a person is to the law: everything about her, nothing about somebody else."""

from kvs.audit import log_access
from kvs.models import AccessEvent, Location, Membership, Role, User
from privacy.subject import Subject, about, acted, find_person, people_models, subject_of
from students.actions import open_account
from students.models import Student
from tests.factories import LONG_AGO, make_group, make_student, place


def found(subject: Subject) -> dict[str, int]:
    return {declared.label: number for declared, rows in about(subject) if (number := rows.count())}


def test_the_people_are_those_the_catalogue_calls_so() -> None:
    assert {model._meta.label for model in people_models()} == {"kvs.User", "students.Student", "students.CaseManager"}


def test_everything_about_a_student_and_nothing_of_a_classmate(ineke: User, north: Location) -> None:
    group = make_group(north, ineke)
    rania, twin = (make_student(north, ineke, surname="Al-Khatib") for _person in range(2))
    for student in (rania, twin):
        place(student, group, ineke)
        open_account(student=student, by=ineke)
    log_access(ineke, Role.ADMINISTRATION, [rania.audit_id], AccessEvent.Kind.DETAIL)
    rania.refresh_from_db()

    counted = found(subject_of(rania))

    assert counted.pop("kvs.AuditEntry") > 0
    assert counted == {
        "kvs.User": 1,
        "kvs.Membership": 1,
        "kvs.AccessEvent": 1,
        "students.Student": 1,
        "students.FieldSource": len(groups_of(rania)),
        "students.Programme": 1,
        "students.Enrolment": 1,
    }


def groups_of(student: Student) -> list[str]:
    return list(student.sources.values_list("group", flat=True))


def test_the_account_of_a_colleague_is_not_part_of_the_students_file(ineke: User, north: Location, anna: User) -> None:
    student = make_student(north, ineke)
    student.user = anna
    student.save()
    Membership.objects.create(user=anna, role=Role.STUDENT, starts_on=LONG_AGO)

    assert subject_of(student) == Subject(student)


def test_what_a_colleague_did_is_about_others(ineke: User, north: Location) -> None:
    student = make_student(north, ineke)
    open_account(student=student, by=ineke)
    group = make_group(north, ineke)
    place(student, group, ineke)

    subject = subject_of(ineke)

    assert found(subject)["kvs.User"] == 1
    assert "students.Student" not in found(subject)
    assert {(declared.label, path) for declared, path, rows in acted(subject) if rows.exists()} <= {
        ("kvs.Membership", "given_by"),
        ("kvs.Card", "issued_by"),
        ("kvs.DeskCode", "issued_by"),
    }


def test_a_person_is_found_by_the_random_id_only_while_there(ineke: User, north: Location) -> None:
    student = make_student(north, ineke)
    assert find_person(student.audit_id) == student
    assert find_person(ineke.audit_id) == ineke
    student.delete()
    assert find_person(student.audit_id) is None
