"""Proof on every run: a person with a canary in every column is gone from every place, the namesake is whole."""

import logging

import pytest
from django.urls import reverse
from pytest_django import Settings

from attendance.actions.papers import add_scan, match_scan
from attendance.models import Lesson, LessonScan, Scan
from kvs.jobs import run_job
from kvs.models import Job, Location, Role, User
from kvs.pdf import make_pdf
from privacy.models import Erasure
from reporting.actions import make_report
from students import actions
from students.models import Client, Group, Programme, Student
from tests.factories import LONG_AGO, make_student, place, staff
from tests.people import Browser, signed_in
from tests.privacy.erasing import fill
from tests.privacy.proof import BOOKS, look_everywhere, look_in_the_heap, plant
from tests.students.importing import book, send
from tests.whole_school import WholeSchool, ask_for_report, make_school

SURNAME = "Kanariehaddad"  # of both: it is no needle


@pytest.fixture
def wim(school: object) -> User:
    """Management: the second person."""
    return staff(Role.MANAGEMENT, email="wim@voorbeeld.test", surname="Dekker")


class Proof:
    """X and the namesake Y in a school where everything that can happen to them has happened."""

    def __init__(self, north: Location, by: User) -> None:
        self.school: WholeSchool = make_school(north, by)
        self.x = Student.objects.get(pk=self.school.keys["student"])
        self.y = self._namesake(north, by)
        programme = Programme.objects.get(pk=self.school.keys["programme"])
        actions.record_exemption(programme=programme, version=0, by=by, kind="medical", body="duo", decided_on=LONG_AGO)
        self.of_x, self.of_y = plant(self.x, 1), plant(self.y, 50)
        Student.objects.filter(pk__in=[self.x.pk, self.y.pk]).update(surname=SURNAME)
        for needles in (self.of_x, self.of_y):
            self.surname = [needle for needle, label in needles.items() if label == "students.Student.surname"]
            for needle in self.surname:
                del needles[needle]
        self.x.refresh_from_db()
        self._happen(north, by)

    def _namesake(self, north: Location, by: User) -> Student:
        student = make_student(north, by)
        group = actions_group(self.x)
        enrolment = place(student, group, by)
        fill(student, enrolment, "999990020", by)
        client = Client.objects.get(pk=self.school.keys["client"])
        actions.add_contract(programme=enrolment.programme, by=by, client=client, starts_on=LONG_AGO)
        return student

    def _happen(self, north: Location, by: User) -> None:
        """A report, a spreadsheet, a session, a failed sign-in, a half-typed form."""
        make_report(ask_for_report(self.school), lambda done, total, doing: None)
        x = self.x
        of_paper = make_pdf(f'<html lang="nl"><title>lijst</title><p>{x.number}</p></html>', "paper.css")
        teacher, lesson = (
            self.school.people[Role.TEACHER],
            Lesson.objects.filter(register__signed_at__isnull=False).latest("starts_at"),
        )
        match_scan(scan=add_scan(content=of_paper, by=teacher), lessons=[lesson], by=teacher)
        add_scan(content=of_paper, by=teacher)  # nobody said yet of which lesson it is
        rows = [[SURNAME, x.call_name, f"{x.birth_day}-{x.birth_month}-{x.birth_year}", x.email, x.phone]]
        head = ("Achternaam", "Voornaam", "Geb.datum", "E-mail", "Telefoon")
        send(signed_in(self.school.office), book(rows, head=head), location=north.pk)
        assert x.user
        signed_in(User.objects.get(pk=x.user.pk)).get(reverse("attendance:portal"))
        Browser().post(reverse("student_login"), {"number": x.number, "pin": "000000"})


def actions_group(student: Student) -> Group:
    return student.programmes.get().enrolments.get().group


def erase_in_the_browser(student: Student, officer: User, second: User) -> None:
    signed_in(officer).post(reverse("privacy:erasure_student", args=[student.pk]), {"reason": "request"})
    erasure = Erasure.objects.latest("prepared_at")
    said = {"sure": "on", "looked": "on"}
    answer = signed_in(second).post(reverse("privacy:erasure_approve", args=[erasure.pk]), said)
    assert answer.status_code == 302, answer.content.decode()
    erasure.refresh_from_db()
    assert erasure.job
    run_job(erasure.job)


@pytest.mark.django_db(transaction=True)
def test_nothing_of_the_person_is_left_and_the_namesake_is_whole(
    north: Location, ineke: User, dana: User, wim: User, caplog: pytest.LogCaptureFixture, settings: Settings
) -> None:
    caplog.set_level(logging.DEBUG)
    proof = Proof(north, ineke)
    before = look_everywhere([*proof.of_x, *proof.of_y], caplog.text)
    seen = set().union(*before.values())
    assert {label for needle, label in (proof.of_x | proof.of_y).items() if needle not in seen} == set()  # control 1
    in_scans = [number for number, label in proof.of_x.items() if label == "students.Student.number"]
    assert set(in_scans) & before["public.kvs_sealedcontent"]  # control: a PDF that only the seal hides
    assert LessonScan.objects.filter(scan__isnull=False).count() == 2
    x_user, x_page = proof.x.user, reverse("students:detail", args=[proof.x.pk])

    erase_in_the_browser(proof.x, dana, wim)

    assert Erasure.objects.latest("prepared_at").state == "done", Job.objects.latest("requested_at").error
    after = look_everywhere([*proof.of_x, *proof.of_y], caplog.text)
    mine = {place: {proof.of_x[needle] for needle in hits & proof.of_x.keys()} for place, hits in after.items()}
    kept = {"given_names", "call_name", "infix"}, {"kind", "body", "decided_on"}  # what the plan keeps of an exemption, sealed
    of_the_exemption = {f"students.Student.{name}" for name in kept[0]} | {f"students.Exemption.{name}" for name in kept[1]}
    of_the_books = {label for label in proof.of_x.values() if label.startswith(BOOKS)}  # frozen copies, for seven years
    assert len(of_the_books) >= 5
    statistics = mine.pop("(SELECT * FROM pg_stats)")  # that PostgreSQL has of the rows that stay
    assert of_the_exemption <= statistics <= of_the_exemption | of_the_books
    assert {place: labels for place, labels in mine.items() if labels} == {
        "public.privacy_exemptionrecord": of_the_exemption,
        "public.privacy_financialrecord": of_the_books,
    }
    assert proof.of_y.keys() <= set().union(*after.values())
    in_the_heap = {proof.of_x[needle] for needle in look_in_the_heap(proof.of_x)}
    assert in_the_heap <= of_the_books  # what is not sealed there
    assert proof.of_y.keys() & look_in_the_heap(proof.of_y)  # control: the heap is where the namesake still is
    assert signed_in(dana).get(x_page).status_code == 404
    assert (Scan.objects.count(), LessonScan.objects.filter(scan=None).count()) == (0, 2)  # that there was one stays
    assert x_user
    assert not User.objects.filter(pk=x_user.pk).exists()
