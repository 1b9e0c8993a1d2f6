"""Sheets and forms as people use them, strangers included."""

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from exams.actions import Cell, record_levels, record_results
from exams.models import EXAM_READERS, LEARNING_READERS, ExamAttempt, LevelMeasurement
from kvs import catalogue
from kvs.models import Location, Role, User
from students.models import Group, Programme
from tests.exams.conftest import placed
from tests.factories import make_everything, staff
from tests.page_forms import read
from tests.people import signed_in

pytestmark = pytest.mark.django_db


def address(group: Group, day: dt.date | None = None) -> str:
    return reverse("exams:measure_group", args=[group.pk]) + (f"?op={day}" if day else "")


def sheet(programme: Programme, day: dt.date, **levels: str) -> dict[str, Any]:
    return {
        "measured_on": str(day),
        "kind": "interim",
        **{f"{skill}-{programme.pk}": level for skill, level in levels.items()},
    }


def exam_sheet(exam: str, day: dt.date) -> dict[str, Any]:
    return {"examen": exam, "op": str(day), "told_by": "letter"}


def test_a_teacher_enters_the_levels_of_her_class(group: Group, abdi: Programme, chen: Programme, anna: User) -> None:
    today = timezone.localdate()
    typed = sheet(abdi, today, reading="a2_1", writing="a1_2") | {f"speaking-{chen.pk}": "b1_1"}

    answer = signed_in(anna).post(address(group), typed)

    assert answer["Location"] == reverse("students:group", args=[group.pk])
    rows = LevelMeasurement.objects.order_by("skill").values_list("programme", "skill", "level", "measured_on", "assessor")
    assert list(rows) == [
        (abdi.pk, "reading", "a2_1", today, anna.pk),
        (chen.pk, "speaking", "b1_1", today, anna.pk),
        (abdi.pk, "writing", "a1_2", today, anna.pk),
    ]


def test_the_sheet_of_a_day_shows_what_was_measured(group: Group, abdi: Programme, anna: User) -> None:
    day = timezone.localdate() - dt.timedelta(days=40)
    record_levels(day=day, kind="intake", cells={(abdi.pk, "reading"): Cell({"level": "a1_1"})}, by=anna)

    page = signed_in(anna).get(address(group, day))

    form = page.context["form"]
    assert (form[f"reading-{abdi.pk}"].value(), form[f"v-reading-{abdi.pk}"].value()) == ("a1_1", "1")
    assert form["kind"].value() == "intake"


def test_a_stranger_finds_no_group_and_no_programme(group: Group, abdi: Programme, chris: User) -> None:
    browser = signed_in(chris)
    posted = sheet(abdi, timezone.localdate(), reading="c1")

    assert browser.get(address(group)).status_code == 404
    assert browser.post(address(group), posted).status_code == 404
    assert browser.post(reverse("exams:measure_programme", args=[abdi.pk]), posted).status_code == 404
    assert not LevelMeasurement.objects.exists()


def test_a_student_of_another_group_is_no_cell_of_the_sheet(
    group: Group, abdi: Programme, anna: User, south: Location, ineke: User
) -> None:
    other = Programme.objects.get(pk=make_everything(south, ineke)["programme"])
    before = LevelMeasurement.objects.count()

    signed_in(anna).post(address(group), sheet(other, timezone.localdate(), listening="c1"))

    assert LevelMeasurement.objects.count() == before


@pytest.mark.parametrize("wrong", ["z9", "\x00", "a1_1; drop", "🎓" * 50])
def test_a_level_that_does_not_exist_is_told_at_its_cell(group: Group, abdi: Programme, anna: User, wrong: str) -> None:
    typed = sheet(abdi, timezone.localdate(), reading=wrong, writing="a1_2")

    page = signed_in(anna).post(address(group), typed)

    assert page.status_code == 422
    assert list(page.context["form"].errors) == [f"reading-{abdi.pk}"]
    assert page.context["form"][f"writing-{abdi.pk}"].value() == "a1_2"
    assert not LevelMeasurement.objects.exists()


@pytest.mark.parametrize("version", ["-1", "x", "9" * 30, "\x00"])
def test_a_version_that_is_nonsense_saves_nothing(group: Group, abdi: Programme, anna: User, version: str) -> None:
    typed = sheet(abdi, timezone.localdate(), reading="a1_2") | {f"v-reading-{abdi.pk}": version}

    assert signed_in(anna).post(address(group), typed).status_code == 422
    assert not LevelMeasurement.objects.exists()


def test_who_saves_second_is_told_and_may_save_again(group: Group, abdi: Programme, anna: User, bram: User) -> None:
    today = timezone.localdate()
    record_levels(day=today, kind="interim", cells={(abdi.pk, "reading"): Cell({"level": "a1_1"})}, by=bram)

    page = signed_in(anna).post(address(group), sheet(abdi, today, reading="b1_1"))

    cell = page.context["form"][f"reading-{abdi.pk}"]
    assert page.status_code == 422
    assert cell.errors == ["Bram Smit vulde intussen A1.1 in. Sla nog eens op als u het uwe wilt."]
    assert cell.value() == "b1_1"
    version = page.context["form"][f"v-reading-{abdi.pk}"].value()
    again = sheet(abdi, today, reading="b1_1") | {f"v-reading-{abdi.pk}": version}
    assert signed_in(anna).post(address(group), again).status_code == 302
    assert LevelMeasurement.objects.get().level == "b1_1"


def shown(page: Any) -> dict[str, Any]:
    """What the form with the cells sends when nobody touches it; the date that is visible must stand in that form."""
    forms, _tags = read(page.content.decode(), "")
    sheets = [form for form in forms if "shows" in form.controls]
    dates = [control for form in forms for control in form.controls.values() if control.kind == "date"]
    assert (len(sheets), len(dates)) == (1, 1)
    assert dates[0] in sheets[0].controls.values()
    return {name: value for name, value in sheets[0].values().items() if name != "toon"}


@pytest.mark.parametrize("single", [False, True], ids=["group", "student"])
def test_the_day_that_is_visible_is_the_day_that_is_stored(group: Group, abdi: Programme, anna: User, single: bool) -> None:
    place = reverse("exams:measure_programme", args=[abdi.pk]) if single else address(group)
    browser, day = signed_in(anna), timezone.localdate() - dt.timedelta(days=8)
    typed = shown(browser.get(place)) | {"measured_on": str(day), f"reading-{abdi.pk}": "a2_1"}

    answer = browser.post(place, typed, follow=True)

    assert LevelMeasurement.objects.get().measured_on == day
    assert f"1 niveau van {date_format(day)} is opgeslagen" in answer.content.decode()


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("2099-01-01", "Deze dag moet nog komen."),
        ("1900-01-01", "Dit is van voor het jaar 2000. Klopt het jaar?"),
        ("", "Dit veld is verplicht."),
    ],
)
def test_a_day_that_cannot_be_is_told_at_the_date(group: Group, abdi: Programme, anna: User, typed: str, sentence: str) -> None:
    browser = signed_in(anna)
    sent = shown(browser.get(address(group))) | {"measured_on": typed, f"reading-{abdi.pk}": "a2_1"}

    for button in ({}, {"toon": "1"}):
        page = browser.post(address(group), sent | button)

        assert page.status_code == 422
        assert page.context["form"].errors == {"measured_on": [sentence]}
        assert page.context["form"][f"reading-{abdi.pk}"].value() == "a2_1"
    assert not LevelMeasurement.objects.exists()


def test_a_sheet_turned_to_a_day_with_levels_shows_them_before_it_saves(
    group: Group, abdi: Programme, chen: Programme, anna: User
) -> None:
    today, day = timezone.localdate(), timezone.localdate() - dt.timedelta(days=8)
    before = {(abdi.pk, "reading"): Cell({"level": "a1_1"}), (chen.pk, "reading"): Cell({"level": "a1_2"})}
    record_levels(day=day, kind="interim", cells=before, by=anna)
    record_levels(day=today, kind="interim", cells={(abdi.pk, "writing"): Cell({"level": "b1_1"})}, by=anna)
    browser = signed_in(anna)
    typed = shown(browser.get(address(group))) | {"measured_on": str(day), f"reading-{abdi.pk}": "a2_1"}

    page = browser.post(address(group), typed)

    form = page.context["form"]
    assert page.status_code == 422
    assert form.errors["measured_on"][0].startswith(f"Het blad toont nu {date_format(day)}, met wat u invulde.")
    assert form.errors[f"reading-{abdi.pk}"] == ["Hier staat al A1.1. Sla nog eens op als u het uwe wilt."]
    cells = [form[name].value() for name in (f"reading-{abdi.pk}", f"writing-{abdi.pk}", f"reading-{chen.pk}")]
    assert cells == ["a2_1", "", "a1_2"]  # typed; of today only; of that day
    assert LevelMeasurement.objects.get(programme=abdi, skill="reading").level == "a1_1"

    assert browser.post(address(group), shown(page)).status_code == 302

    rows = LevelMeasurement.objects.order_by("measured_on", "level").values_list("programme", "skill", "level", "measured_on")
    assert list(rows) == [
        (chen.pk, "reading", "a1_2", day),
        (abdi.pk, "reading", "a2_1", day),
        (abdi.pk, "writing", "b1_1", today),
    ]


def test_showing_another_day_goes_there_and_loses_nothing_that_was_typed(group: Group, abdi: Programme, anna: User) -> None:
    browser, day = signed_in(anna), timezone.localdate() - dt.timedelta(days=8)
    other = shown(browser.get(address(group))) | {"measured_on": str(day), "toon": "1"}

    assert browser.post(address(group), other)["Location"] == address(group, day)
    page = browser.post(address(group), other | {f"reading-{abdi.pk}": "a2_1"})

    assert page.context["form"][f"reading-{abdi.pk}"].value() == "a2_1"
    assert not LevelMeasurement.objects.exists()


@pytest.mark.parametrize("shows", ["", "x", "le:b1", "9" * 40, "2026-02-30"])
def test_what_a_sheet_says_it_shows_may_be_nonsense(group: Group, abdi: Programme, anna: User, shows: str) -> None:
    today = timezone.localdate()

    for more in ({}, {"toon": "1"}):
        signed_in(anna).post(address(group), sheet(abdi, today, reading="a1_1") | {"shows": shows} | more)

    assert LevelMeasurement.objects.get().measured_on == today


@pytest.mark.parametrize("typed", ["2999-01-01", "0000-00-00", "gisteren", "1066-10-14", "\x00"])
def test_an_odd_day_in_the_address_is_no_error(group: Group, abdi: Programme, anna: User, typed: str) -> None:
    page = signed_in(anna).get(reverse("exams:measure_group", args=[group.pk]), {"op": typed})

    assert page.status_code == 200


@pytest.mark.parametrize("number", [1, 3])
def test_a_sheet_asks_the_same_for_one_and_three(group: Group, north: Location, anna: User, ineke: User, number: int) -> None:
    for name in range(number):
        programme = placed(north, group, ineke, f"Cursist {name}", "none")
        cells = {(programme.pk, "reading"): Cell({"level": "a1_1"})}
        record_levels(day=timezone.localdate(), kind="interim", cells=cells, by=anna)
    browser = signed_in(anna)
    browser.get(address(group))

    with CaptureQueriesContext(connection) as queries:
        browser.get(address(group))

    assert len(queries) == 9


def test_results_of_a_class(group: Group, abdi: Programme, chen: Programme, bram: User) -> None:
    day = timezone.localdate() - dt.timedelta(days=10)
    place = reverse("exams:group_results", args=[group.pk]) + f"?examen=nt2_1_le:b1&op={day}"
    typed = exam_sheet("nt2_1_le:b1", day) | {
        f"result-{abdi.pk}": "passed",
        f"result-{chen.pk}": "none",
        f"reason-{chen.pk}": "absent",
    }

    assert signed_in(bram).post(place, typed).status_code == 302

    rows = ExamAttempt.objects.order_by("result").values_list("programme", "result", "reason", "taken_on")
    assert list(rows) == [(chen.pk, "none", "absent", day), (abdi.pk, "passed", "", day)]


def test_a_wrong_line_of_results_is_told_there(group: Group, abdi: Programme, chen: Programme, bram: User) -> None:
    day = timezone.localdate() - dt.timedelta(days=10)
    place = reverse("exams:group_results", args=[group.pk]) + f"?examen=le:b1&op={day}"

    typed = exam_sheet("le:b1", day) | {f"result-{abdi.pk}": "passed", f"result-{chen.pk}": "passed"}
    page = signed_in(bram).post(place, typed)

    assert page.status_code == 422
    assert page.context["form"].errors == {f"result-{chen.pk}": ["Dit examen hoort niet bij de wet van dit traject."]}
    assert not ExamAttempt.objects.exists()


def test_the_exam_and_day_that_are_visible_are_stored(group: Group, abdi: Programme, bram: User) -> None:
    old, day = (timezone.localdate() - dt.timedelta(days=days) for days in (20, 10))
    place = reverse("exams:group_results", args=[group.pk]) + f"?examen=le:b1&op={old}"
    browser = signed_in(bram)
    typed = shown(browser.get(place)) | {"op": str(day), "examen": "lu:a2", f"result-{abdi.pk}": "passed"}

    answer = browser.post(place, typed, follow=True)

    row = ExamAttempt.objects.get()
    assert (row.part, row.level, row.taken_on) == ("lu", "a2", day)
    assert f"1 uitslag van {row.exam} op {date_format(day)} is opgeslagen" in answer.content.decode()


def test_results_turned_to_a_day_with_results_show_them_before_saving(
    group: Group, abdi: Programme, chen: Programme, bram: User
) -> None:
    old, day = (timezone.localdate() - dt.timedelta(days=days) for days in (20, 10))
    place = reverse("exams:group_results", args=[group.pk]) + f"?examen=nt2_1_le:b1&op={old}"
    browser = signed_in(bram)
    there = {"result": "failed", "reason": "", "told_by": "letter"}
    record_results(part="nt2_1_le", level="b1", day=day, cells={abdi.pk: Cell(there), chen.pk: Cell(there)}, by=bram)
    typed = shown(browser.get(place)) | {"op": str(day), f"result-{abdi.pk}": "passed"}

    page = browser.post(place, typed)

    assert page.status_code == 422
    assert set(page.context["form"].errors) == {"op", f"result-{abdi.pk}"}
    assert page.context["form"][f"result-{chen.pk}"].value() == "failed"
    assert browser.post(place, shown(page)).status_code == 302
    assert dict(ExamAttempt.objects.values_list("programme", "result")) == {abdi.pk: "passed", chen.pk: "failed"}


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("2099-01-01", "Dit is meer dan twee jaar vooruit. Klopt het jaar?"),
        ("1900-01-01", "Dit is van voor het jaar 2000. Klopt het jaar?"),
        ("", "Dit veld is verplicht."),
    ],
)
def test_a_day_no_exam_can_be_on_is_told_at_the_date(
    group: Group, abdi: Programme, bram: User, typed: str, sentence: str
) -> None:
    place = reverse("exams:group_results", args=[group.pk]) + f"?examen=le:b1&op={timezone.localdate()}"
    browser = signed_in(bram)

    page = browser.post(place, shown(browser.get(place)) | {"op": typed, f"result-{abdi.pk}": "open"})
    attempt = {"exam": "knm:", "taken_on": typed, "result": "open", "told_by": "letter"}
    one = browser.post(reverse("exams:attempt_add", args=[abdi.pk]), attempt)

    assert (page.status_code, page.context["form"].errors) == (422, {"op": [sentence]})
    assert (one.status_code, one.context["form"].errors["taken_on"]) == (422, [sentence])
    assert not ExamAttempt.objects.exists()


def test_an_attempt_is_noted_changed_and_removed(abdi: Programme, bram: User) -> None:
    browser = signed_in(bram)
    day = timezone.localdate() - dt.timedelta(days=10)
    typed = {"exam": "knm:", "taken_on": str(day), "result": "open", "told_by": "student"}

    added = browser.post(reverse("exams:attempt_add", args=[abdi.pk]), typed)

    attempt = ExamAttempt.objects.get()
    edit, remove = (reverse(f"exams:attempt_{verb}", args=[attempt.pk]) for verb in ("edit", "remove"))
    assert added["Location"] == reverse("reporting:student_progress", args=[abdi.student_id])
    assert browser.post(edit, typed | {"result": "passed", "version": "1"}).status_code == 302
    assert ExamAttempt.objects.get().result == "passed"
    refused = browser.post(remove, {"word": "weg", "version": "2"})
    assert (refused.status_code, ExamAttempt.objects.count()) == (422, 1)
    assert browser.post(remove, {"word": "verwijderen", "version": "2"}).status_code == 302
    assert not ExamAttempt.objects.exists()


def test_readers_are_those_of_the_catalogue() -> None:
    levels, exams = catalogue.field_for(LevelMeasurement, "level"), catalogue.field_for(ExamAttempt, "result")

    assert levels.category.readable_by == set(LEARNING_READERS)
    assert exams.category.readable_by == set(EXAM_READERS)


def test_who_sees_which_levels(abdi: Programme, anna: User, north: Location, chris: User) -> None:
    record_levels(day=timezone.localdate(), kind="interim", cells={(abdi.pk, "reading"): Cell({"level": "a1_1"})}, by=anna)
    people = {role: staff(role, north) for role in Role if role not in (Role.STUDENT, Role.TEACHER)}

    seeing = {role for role, user in people.items() if LevelMeasurement.objects.visible_to(user).exists()}

    assert seeing == {Role.ADMINISTRATION, Role.COORDINATOR, Role.PRIVACY_OFFICER}
    assert LevelMeasurement.objects.visible_to(anna).count() == 1
    assert LevelMeasurement.objects.visible_to(chris).count() == 0
