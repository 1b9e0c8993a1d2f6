"""Restriction (AVG art. 18) and objection (art. 21): kept, not used, not changed; and whoever makes a report is told how many."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from attendance.actions import Row as Marked
from attendance.actions import save_register
from attendance.models import Mark
from exams.actions import Cell, add_attempt, change_attempt, record_levels, record_results, remove_attempt
from exams.models import ExamAttempt, LevelMeasurement
from kvs import catalogue
from kvs.models import AuditEntry, Location, Organisation, Role, User
from privacy.actions.erasure import prepare_erasure
from privacy.actions.restrictions import decide_objection, lift, object_to, withdraw_objection
from privacy.models import Erasure, Objection, Restriction
from privacy.models.restrictions import waiting_for
from reporting.reports import duo, municipality, progress, results, survey
from reporting.withheld import categories_of
from students.actions import (
    add_contract,
    change_programme,
    change_student,
    end_enrolment,
    enrol_student,
    open_account,
    record_exemption,
)
from students.actions.corrections import correct_own_data
from students.models import Contract, Enrolment, Exemption, Student
from students.models.people import RESTRICTABLE
from tests.factories import limit, make_group, make_lesson, make_student, place, staff, teach
from tests.people import signed_in
from tests.reporting.duo_school import (
    DuoSchool,
    make_coded,  # noqa: F401  # a fixture
    make_duo,  # noqa: F401  # a fixture
)
from tests.reporting.duo_school import made as duo_made
from tests.reporting.test_blik_op_werk import (
    made as list_made,
)

TODAY = timezone.localdate


@pytest.fixture
def rania(ineke: User, north: Location) -> Student:
    return make_student(north, ineke, call_name="Rania", surname="Al-Khatib", street="Dorpsstraat")


def lifted(restriction: Restriction, by: User) -> Restriction:
    return lift(restriction=restriction, version=restriction.version, told_on=TODAY(), told_how="desk", by=by)


# --- the acceptance of issue 3


def test_who_objects_to_the_survey_and_has_exams_restricted(coded: DuoSchool, ineke: User, dana: User) -> None:
    """Absent from the survey, in DUO's file with the same hours, marked by her teacher, and the maker reads how many."""
    moved = Student.objects.get(pk=coded.people["moved"].pk)
    Student.objects.filter(pk=moved.pk).update(phone="06-11111111")
    coded.places["moved"].programme.route = "b1"
    before = duo_made(ineke, leave_out=True)
    mine = [row for row in before.tables[0].rows if row.person == moved.audit_id]
    add_attempt(
        programme=coded.places["moved"].programme,
        by=ineke,
        part="le",
        level="b1",
        taken_on=dt.date(2025, 3, 1),
        result="passed",
        told_by="student",
    )
    year = dt.date(2025, 1, 1)
    assert moved.audit_id in list_made(survey.REPORT, ineke, year).people
    assert moved.audit_id in list_made(results.REPORT, ineke, year).people

    moved.refresh_from_db()
    account = open_account(student=moved, by=ineke)
    moved.refresh_from_db()
    correct_own_data(student=moved, version=moved.version, by=account, changes={"no_survey": True})
    limit(moved, dana, "exams")

    assert moved.audit_id not in list_made(survey.REPORT, ineke, year).people
    listed = list_made(results.REPORT, ineke, year)
    assert moved.audit_id not in listed.people
    assert ("1", "beperkt") in listed.figures
    after = duo_made(ineke, leave_out=True)
    assert [row for row in after.tables[0].rows if row.person == moved.audit_id] == mine != []
    assert not [text for number, text in after.figures if text == "beperkt"]
    lesson = make_lesson(coded.group, ineke)
    save_register(lesson=lesson, rows=[Marked(coded.places["moved"].pk, "absent")], rest_present=False, by=coded.teacher)
    assert Mark.objects.get(lesson=lesson, enrolment=coded.places["moved"]).state == "absent"
    page = signed_in(ineke).get(reverse("reporting:student_progress", args=[moved.pk])).content.decode()
    assert "Het gebruik van gegevens op deze pagina is beperkt" in page
    assert "beperkt: Examens" in page
    assert reverse("exams:attempt_add", args=[coded.places["moved"].programme.pk]) not in page


# --- what a report uses decides who is left out


def test_each_report_knows_what_it_uses() -> None:
    """By hand, from the columns of each: a new column with another category makes somebody think."""
    assert {report.REPORT.code: categories_of(report.REPORT) for report in (municipality, progress, duo, results, survey)} == {
        "municipality": ("attendance", "identity", "programme"),
        "progress": ("attendance", "exams", "identity", "learning", "programme"),
        "duo": ("attendance", "bsn", "identity", "programme"),
        "results": ("attendance", "exams", "identity", "programme"),
        "survey": ("contact", "identity", "programme"),
    }


@pytest.mark.parametrize("category", ["attendance", "identity"])
def test_restricted_attendance_keeps_somebody_out_of_the_files_of_duo_and_the_municipality(
    coded: DuoSchool, ineke: User, dana: User, category: str
) -> None:
    moved = coded.people["moved"]
    limit(moved, dana, category)

    made = duo_made(ineke, leave_out=True)
    assert moved.audit_id not in made.people
    assert ("1", "beperkt") in made.figures
    month = municipality.REPORT.build(
        {"client": coded.utrecht, "month": dt.date(2025, 10, 1)}, ineke, lambda done, total, doing: None
    )
    assert moved.audit_id not in month.people
    assert [number for number, text in month.figures if text == "beperkt"] == ["1"]
    course = progress.REPORT.build(
        {"client": coded.utrecht, "month": dt.date(2025, 10, 1)}, ineke, lambda done, total, doing: None
    )
    assert moved.audit_id not in course.people
    assert [number for number, text in course.figures if text == "beperkt"] == ["1"]


def test_an_objection_stops_its_purpose_the_same_minute_and_no_other(coded: DuoSchool, ineke: User) -> None:
    moved = coded.people["moved"]
    account = open_account(student=moved, by=ineke)
    month = {"client": coded.utrecht, "month": dt.date(2025, 10, 1)}

    made = object_to(student=moved, purpose="client_reports", by=account)

    assert moved.audit_id not in municipality.REPORT.build(month, ineke, lambda done, total, doing: None).people
    assert moved.audit_id in duo_made(ineke, leave_out=True).people
    withdraw_objection(objection=made, by=account)
    assert moved.audit_id in municipality.REPORT.build(month, ineke, lambda done, total, doing: None).people


# --- no edit


@pytest.mark.parametrize(
    ("category", "changes", "stays"),
    [
        ("contact", {"street": "Kerkstraat"}, {"surname": "Haddad"}),
        ("identity", {"surname": "Haddad"}, {"street": "Kerkstraat"}),
        ("background", {"school_years": 6}, {"city": "Zwolle"}),
        ("residence", {"residence_permit": "NX000001K"}, {"city": "Zwolle"}),
    ],
)
def test_what_is_restricted_is_not_changed_and_the_rest_is(
    rania: Student, ineke: User, dana: User, category: str, changes: dict[str, object], stays: dict[str, object]
) -> None:
    limit(rania, dana, category)

    with pytest.raises(ValidationError, match="beperkt"):
        change_student(student=rania, version=rania.version, by=ineke, changes={**stays, **changes})
    rania.refresh_from_db()
    saved = change_student(student=rania, version=rania.version, by=ineke, changes=stays)

    assert {name: getattr(saved, name) for name in stays} == stays


def test_the_form_says_why_and_keeps_what_was_typed(rania: Student, ineke: User, dana: User) -> None:
    limit(rania, dana, "contact")
    browser = signed_in(ineke)
    url = reverse("students:edit", args=[rania.pk])
    form = browser.get(url).context["form"]
    data = {name: form[name].value() for name in form.fields}
    sent = {name: "" if value is None or value is False else value for name, value in data.items()}

    answer = browser.post(url, {**sent, "street": "Kerkstraat"})

    assert answer.status_code == 422
    assert "Het gebruik van &#x27;Hoe wij u bereiken&#x27; van deze cursist is beperkt." in answer.content.decode()
    assert 'value="Kerkstraat"' in answer.content.decode()


def test_restricted_exams_and_levels_stay_as_they_are(ineke: User, north: Location, dana: User) -> None:
    student, twin = make_student(north, ineke), make_student(north, ineke)
    group = make_group(north, ineke)
    programme, other = place(student, group, ineke).programme, place(twin, group, ineke).programme
    attempt = add_attempt(programme=programme, by=ineke, part="nt2_1_le", level="b1", taken_on=TODAY(), told_by="student")
    limit(student, dana, "exams", "learning")
    attempt.refresh_from_db()
    attempt.programme.student.refresh_from_db()
    passed = {"result": "passed", "reason": "", "told_by": "letter"}
    refused: list[Callable[[], object]] = [
        lambda: change_attempt(attempt=attempt, version=attempt.version, by=ineke, changes={"told_by": "letter"}),
        lambda: remove_attempt(attempt=attempt, version=attempt.version, by=ineke),
        lambda: add_attempt(programme=programme, by=ineke, part="nt2_1_lu", level="b1", taken_on=TODAY(), told_by="student"),
        lambda: record_levels(day=TODAY(), kind="interim", cells={(programme.pk, "reading"): Cell({"level": "a2_1"})}, by=ineke),
        lambda: record_results(
            part="nt2_1_lu",
            level="b1",
            day=TODAY(),
            cells={programme.pk: Cell(passed), other.pk: Cell(passed)},
            by=ineke,
        ),
    ]
    for act in refused:
        with pytest.raises(ValidationError, match="beperkt"):
            act()
    assert list(ExamAttempt.objects.filter(programme=programme).values_list("result", flat=True)) == [attempt.result]
    assert not LevelMeasurement.objects.exists()
    assert not ExamAttempt.objects.filter(programme=other).exists()
    page = signed_in(ineke).get(reverse("exams:measure_group", args=[group.pk]))
    assert [line.programme for line in page.context["lines"]] == [other]
    assert f"niets worden ingevuld: {student.full_name}." in page.content.decode()


def test_a_restricted_programme_keeps_its_law(ineke: User, north: Location, dana: User) -> None:
    programme = place(make_student(north, ineke), make_group(north, ineke), ineke).programme
    limit(programme.student, dana, "programme")

    with pytest.raises(ValidationError, match="beperkt"):
        change_programme(programme=programme, version=programme.version, by=ineke, changes={"law": "wi2021"})


def test_a_restricted_programme_keeps_its_place(ineke: User, north: Location, dana: User) -> None:
    enrolment = place(make_student(north, ineke), make_group(north, ineke), ineke)
    limit(enrolment.programme.student, dana, "programme")

    with pytest.raises(ValidationError, match="beperkt"):
        end_enrolment(enrolment=enrolment, version=enrolment.version, ends_on=TODAY(), by=ineke)
    enrolment.refresh_from_db()
    assert enrolment.ends_on is None


def test_a_restricted_programme_gets_no_place_exemption_or_contract(ineke: User, north: Location, dana: User) -> None:
    """Each refused by the action itself, whoever calls it; another student of the group is not in the way."""
    group, twin = make_group(north, ineke), place(make_student(north, ineke), make_group(north, ineke), ineke).programme
    programme = place(make_student(north, ineke), make_group(north, ineke), ineke).programme
    limit(programme.student, dana, "programme")
    exempted: dict[str, Any] = {"version": 0, "kind": "medical", "body": "duo", "decided_on": TODAY(), "by": ineke}
    acts: list[Callable[[Any], object]] = [
        lambda one: enrol_student(programme=one, group=group, starts_on=TODAY(), by=ineke),
        lambda one: record_exemption(programme=one, **exempted),
        lambda one: add_contract(programme=one, starts_on=TODAY(), by=ineke),
    ]
    for act in acts:
        with pytest.raises(ValidationError, match=r"'Uw cursus' van deze cursist is beperkt\. Er is niets gewijzigd\."):
            act(programme)
        act(twin)
    assert Enrolment.objects.filter(programme=programme).count() == 1
    assert not Exemption.objects.filter(programme=programme).exists()
    assert not Contract.objects.filter(programme=programme).exists()


def test_the_forms_of_place_and_exemption_say_that_it_is_restricted(ineke: User, bram: User, north: Location, dana: User) -> None:
    group, enrolment = make_group(north, ineke), place(make_student(north, ineke), make_group(north, ineke), ineke)
    programme = enrolment.programme
    limit(programme.student, dana, "programme")
    today = TODAY().isoformat()
    asked = [
        (bram, "enrolment_add", programme.student_id, {"programme": programme.pk, "group": group.pk, "starts_on": today}),
        (ineke, "exemption", programme.pk, {"kind": "medical", "body": "duo", "decided_on": today, "version": 0}),
    ]
    for who, name, pk, typed in asked:
        answer = signed_in(who).post(reverse(f"students:{name}", args=[pk]), typed)
        assert answer.status_code == 422
        assert "van deze cursist is beperkt. Er is niets gewijzigd." in answer.content.decode()


def test_todays_register_of_a_restricted_programme_is_taken(anna: User, ineke: User, north: Location, dana: User) -> None:
    group = make_group(north, ineke)
    enrolment = place(make_student(north, ineke), group, ineke)
    teach(anna, group, ineke)
    limit(enrolment.programme.student, dana, "programme")
    lesson = make_lesson(group, ineke)

    save_register(lesson=lesson, rows=[Marked(enrolment.pk, "absent")], rest_present=False, by=anna)

    assert Mark.objects.get(lesson=lesson).state == "absent"


# --- restricting and lifting


def test_two_restrictions_add_up_and_lifting_one_leaves_the_other(rania: Student, dana: User) -> None:
    first, second = limit(rania, dana, "exams", "contact"), limit(rania, dana, "contact", "learning")
    rania.refresh_from_db()
    assert rania.restricted == ["contact", "exams", "learning"]

    lifted(first, dana)

    rania.refresh_from_db()
    assert rania.restricted == ["contact", "learning"]
    lifted(second, dana)
    rania.refresh_from_db()
    assert rania.restricted == []
    lines = AuditEntry.objects.filter(subject_audit_id=rania.audit_id, model="students.student", fields=["restricted"])
    assert lines.count() == 4


def test_a_restricted_file_is_not_erased_until_the_restriction_is_lifted(rania: Student, dana: User) -> None:
    row = limit(rania, dana, "exams")
    rania.refresh_from_db()

    erasure = prepare_erasure(person=rania, reason=Erasure.Reason.REQUEST, by=dana)
    assert erasure.state == Erasure.State.HELD

    lifted(row, dana)
    erasure.refresh_from_db()
    assert erasure.state == Erasure.State.PREPARED


@pytest.mark.parametrize(
    ("told_on", "sentence"),
    [(dt.timedelta(days=1), "Vertel het eerst aan de cursist"), (dt.timedelta(days=-3), "vóór het begin")],
)
def test_the_student_is_told_before_it_is_lifted(rania: Student, dana: User, told_on: dt.timedelta, sentence: str) -> None:
    row = limit(rania, dana)

    with pytest.raises(ValidationError) as refused:
        lift(restriction=row, version=row.version, told_on=TODAY() + told_on, told_how="desk", by=dana)

    assert sentence in refused.value.messages[0]
    assert Restriction.objects.in_force().count() == 1


def test_the_database_refuses_a_restriction_lifted_in_silence(rania: Student, dana: User) -> None:
    row = limit(rania, dana)
    wrongs: list[dict[str, Any]] = [
        {"lifted_at": timezone.now()},
        {"categories": []},
        {"categories": ["health"]},
        {"ground": "because"},
    ]
    for wrong in wrongs:
        with pytest.raises(IntegrityError), transaction.atomic():
            Restriction.objects.filter(pk=row.pk).update(**wrong)


def test_only_categories_of_the_catalogue_can_be_restricted() -> None:
    """Every category a student's own rows hold, but for what is not the student's to restrict: traces, account and requests."""
    labels = ("students.Student", "students.Programme", "attendance.Mark", "exams.ExamAttempt", "exams.LevelMeasurement")
    held = {field.category.code for model in catalogue.load().models if model.label in labels for field in model.personal}
    assert {*RESTRICTABLE} == held


# --- objections


def test_an_objection_is_made_once_decided_once_and_can_be_taken_back(rania: Student, ineke: User, dana: User) -> None:
    made = object_to(student=rania, purpose="quality", by=ineke)
    with pytest.raises(ValidationError, match="al bekend"):
        object_to(student=rania, purpose="quality", by=ineke)
    with pytest.raises(ValidationError):
        object_to(student=rania, purpose="teaching", by=ineke)
    rania.refresh_from_db()
    assert (rania.objections, waiting_for(dana)) == (["quality"], 1)

    decide_objection(objection=made, outcome="refused", by=dana)

    rania.refresh_from_db()
    assert (rania.objections, waiting_for(dana)) == ([], 0)
    with pytest.raises(ValidationError, match="intussen"):
        decide_objection(objection=made, outcome="upheld", by=dana)
    again = object_to(student=rania, purpose="quality", by=ineke)
    decide_objection(objection=again, outcome="upheld", by=dana)
    rania.refresh_from_db()
    assert rania.objections == ["quality"]
    withdraw_objection(objection=again, by=ineke)
    withdraw_objection(objection=again, by=ineke)
    rania.refresh_from_db()
    assert rania.objections == []


# --- pages


def test_the_officer_restricts_and_lifts(rania: Student, dana: User) -> None:
    browser = signed_in(dana)
    url = reverse("privacy:restriction_add", args=[rania.pk])
    empty = browser.post(url, {"categories": [], "ground": "", "review_on": ""})
    assert (empty.status_code, set(empty.context["form"].errors)) == (422, {"categories", "ground", "review_on"})
    past = browser.post(url, {"categories": ["exams"], "ground": "claim", "review_on": TODAY().isoformat()})
    assert set(past.context["form"].errors) == {"review_on"}

    sent = {"categories": ["exams"], "ground": "claim", "review_on": (TODAY() + dt.timedelta(days=28)).isoformat()}
    assert browser.post(url, sent)["Location"] == reverse("privacy:student", args=[rania.pk])

    row = Restriction.objects.get()
    assert (row.categories, row.ground, row.set_by) == (["exams"], "claim", dana)
    lift_url = reverse("privacy:restriction_lift", args=[row.pk])
    answer = browser.post(lift_url, {"version": row.version, "told_on": TODAY().isoformat(), "told_how": "letter"})
    assert "is opgeheven" in browser.get(answer["Location"]).content.decode()
    assert browser.get(lift_url).status_code == 404


def test_a_student_says_no_and_takes_it_back(rania: Student, ineke: User, dana: User) -> None:
    browser = signed_in(open_account(student=rania, by=ineke))
    url = reverse("privacy:own_objections")

    browser.post(url, {"purpose": "client_reports", "act": "no"})
    browser.post(url, {"purpose": "nonsense", "act": "no"})

    rania.refresh_from_db()
    assert rania.objections == ["client_reports"]
    listed = signed_in(dana).get(reverse("privacy:restrictions")).content.decode()
    assert rania.list_name in listed
    assert reverse("privacy:objection_decide", args=[Objection.objects.get().pk]) in listed
    browser.post(url, {"purpose": "client_reports", "act": "back"})
    rania.refresh_from_db()
    assert rania.objections == []


def test_only_the_privacy_officer_of_that_location_stops_a_purpose(
    rania: Student, ineke: User, dana: User, south: Location, school: Organisation
) -> None:
    url = reverse("privacy:objection_add", args=[rania.pk])
    stranger = staff(Role.PRIVACY_OFFICER, south)
    assert signed_in(ineke).post(url, {"purpose": "quality"}).status_code == 403
    assert signed_in(stranger).post(url, {"purpose": "quality"}).status_code == 404
    assert not Objection.objects.exists()
    signed_in(dana).post(url, {"purpose": "quality"})
    assert Objection.objects.get().student == rania


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_runs_the_same_queries_whatever_its_length(north: Location, ineke: User, dana: User, number: int) -> None:
    for _row in range(number):
        student = make_student(north, ineke)
        limit(student, dana)
        object_to(student=student, purpose="quality", by=ineke)
    browser = signed_in(dana)
    browser.get(reverse("privacy:restrictions"))

    with CaptureQueriesContext(connection) as queries:
        assert browser.get(reverse("privacy:restrictions")).status_code == 200

    assert len(queries) == 8
