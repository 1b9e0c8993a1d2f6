"""A teacher's day, the register page and the paper list, as a browser gets them."""

import datetime as dt
import re
import uuid
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from attendance.actions import Row, confirm_presence, save_register, sign_register
from attendance.actions.planning import cancel_lesson
from attendance.models import Claim, Lesson, Mark, Register
from kvs.models import AccessEvent, Location, User, WebSession
from students.models import Enrolment, Group
from tests.attendance.test_actions import student_account
from tests.factories import make_group, make_lesson, make_student, place, teach
from tests.people import Browser, sign_in, signed_in

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)


def page(response: Any) -> str:
    """The text of a page, without tags and double spaces."""
    html = re.sub(r"<(script|style|svg).*?</\1>", " ", response.content.decode(), flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def url(lesson: Lesson, name: str = "register") -> str:
    return reverse(f"attendance:{name}", args=[lesson.pk])


def posted(rows: dict[str, tuple[str, str, int]], action: str = "save") -> dict[str, str]:
    """Fields of the register form; keys are enrolment ids."""
    data = {"action": action}
    for enrolment, (state, minutes, version) in rows.items():
        data |= {f"{enrolment}-state": state, f"{enrolment}-minutes": minutes, f"{enrolment}-version": str(version)}
    return data


def fetch(browser: Browser, lesson: Lesson, data: dict[str, str]) -> Any:
    return browser.post(url(lesson), data, headers={"X-Requested-With": "fetch"})


# --- register: who


@pytest.mark.parametrize("name", ["register", "initials_list"])
@pytest.mark.parametrize(
    ("who", "expected"), [("anna", 200), ("bram", 200), ("ineke", 200), ("dana", 200), ("chris", 404), ("sami", 403)]
)
def test_who_may_open_a_register(name: str, who: str, expected: int, lesson: Lesson, request: pytest.FixtureRequest) -> None:
    assert signed_in(request.getfixturevalue(who)).get(url(lesson, name)).status_code == expected


def test_a_student_does_not_see_the_register_of_the_class(lesson: Lesson, places: list[Enrolment]) -> None:
    browser = signed_in(student_account(places[0]))

    assert [browser.get(url(lesson, name)).status_code for name in ("register", "initials_list")] == [403, 403]


@pytest.mark.parametrize(("who", "expected"), [("bram", 403), ("ineke", 403), ("dana", 403), ("chris", 404)])
@pytest.mark.parametrize("action", ["save", "rest_present", "sign"])
def test_who_may_not_save_or_sign(action: str, who: str, expected: int, lesson: Lesson, request: pytest.FixtureRequest) -> None:
    response = signed_in(request.getfixturevalue(who)).post(url(lesson), {"action": action})

    assert (response.status_code, Mark.objects.count(), Register.objects.count()) == (expected, 0, 0)


def test_the_office_reads_and_gets_no_buttons(lesson: Lesson, bram: User) -> None:
    response = signed_in(bram).get(url(lesson))

    assert "Alleen de docent van deze les vult de presentielijst in en tekent." in page(response)
    assert b'name="action"' not in response.content


def test_reading_is_recorded_for_each_student_once_a_day(lesson: Lesson, places: list[Enrolment], anna: User) -> None:
    browser = signed_in(anna)
    for name in ("register", "register", "initials_list"):
        browser.get(url(lesson, name))

    seen = AccessEvent.objects.filter(viewer_audit_id=anna.audit_id).values_list("subject_audit_id", "kind", "viewer_role")
    assert sorted(seen) == sorted((place.programme.student.audit_id, "list", "teacher") for place in places)


# --- register: what it shows


def test_the_page_shows_names_by_call_name_and_the_open_count(lesson: Lesson, places: list[Enrolment], anna: User) -> None:
    response = signed_in(anna).get(url(lesson))

    assert [line.student.full_name for line in response.context["lines"]] == [
        "Abdi Warsame",
        "Chen Meiling",
        "Olena Marchenko",
    ]
    assert response.context["counts"] == (0, 0, 3, 0)
    assert response.content.count(b"data-proposal>") == 3


def test_last_five_percentage_and_evidence(group: Group, places: list[Enrolment], anna: User, ineke: User) -> None:
    now = timezone.now()
    before = [make_lesson(group, ineke, starts_at=now - days * 24 * HOUR) for days in (7, 6, 5, 4, 3, 2)]
    for number, lesson in enumerate(before):
        rows = [Row(places[0].pk, ["absent", "late", "reported"][number % 3], 45)]
        if number != 3:
            sign_register(lesson=lesson, rows=rows, by=anna)
    lesson = make_lesson(group, ineke, starts_at=now - HOUR)
    confirm_presence(lesson=lesson, student=places[1].programme.student, by=student_account(places[1]))

    first, second, _third = signed_in(anna).get(url(lesson)).context["lines"]

    assert first.last == ["late", "reported", "", "late", "reported"]
    assert (first.percentage, second.percentage) == (20, 100)  # 2 x 45 of 5 x 90
    assert (first.chosen, second.chosen, second.mark.student_at is not None) == ("", "present", True)


def test_neighbours_and_number_of_the_lesson(group: Group, places: list[Enrolment], anna: User, ineke: User) -> None:
    now = timezone.now()
    lessons = [make_lesson(group, ineke, starts_at=now + days * 24 * HOUR) for days in (-3, -2, -1, 1)]
    cancel_lesson(lesson=lessons[0], version=1, by=ineke)

    context = signed_in(anna).get(url(lessons[2])).context

    assert (context["previous"].pk, context["next"].pk) == (lessons[1].pk, lessons[3].pk)
    assert (context["number"], context["total"]) == (2, 3)


@pytest.mark.parametrize(
    ("starts", "ends", "expected"),
    [
        (None, None, "Er is nog geen cursist in deze groep geplaatst."),
        (6, None, "De groep heeft 1 cursist, maar de plaatsing begint op maandag 30 november. "),
        (-30, -1, "De laatste plaatsing in deze groep eindigde op maandag 23 november. "),
    ],
)
def test_an_empty_register_says_why(
    starts: int | None, ends: int | None, expected: str, north: Location, anna: User, ineke: User
) -> None:
    day = dt.date(2026, 11, 24)
    group = make_group(north, ineke)
    begin = dt.datetime(2026, 11, 24, 9, 0, tzinfo=timezone.get_default_timezone())
    lesson = make_lesson(group, ineke, starts_at=begin, teacher=anna)
    if starts is not None:
        until = None if ends is None else day + dt.timedelta(days=ends)
        place(make_student(north, ineke), group, ineke, starts_on=day + dt.timedelta(days=starts), ends_on=until)

    response = signed_in(anna).get(url(lesson))

    assert response.context["empty"].startswith(expected)
    assert "Er staat niemand op deze presentielijst" in page(response)


def test_the_page_costs_the_same_queries_for_one_and_three_students(
    north: Location, south: Location, anna: User, ineke: User
) -> None:
    def cost(students: int, location: Location) -> int:
        group = make_group(location, ineke)
        teach(anna, group, ineke)
        for number in range(students):
            place(make_student([north, south][number % 2], ineke), group, ineke)
        before = make_lesson(group, ineke, starts_at=timezone.now() - 24 * HOUR)
        sign_register(lesson=before, rows=[], by=anna)
        lesson = make_lesson(group, ineke, starts_at=timezone.now() - HOUR)
        browser = signed_in(anna)
        browser.get(url(lesson))
        with CaptureQueriesContext(connection) as found:
            assert len(browser.get(url(lesson)).context["lines"]) == students
        return len(found)

    assert [cost(1, north), cost(3, south)] == [13, 13]


# --- register: saving


def test_saving_without_javascript(lesson: Lesson, places: list[Enrolment], anna: User) -> None:
    abdi, chen, olena = (str(place.pk) for place in places)
    browser = signed_in(anna)

    response = browser.post(
        url(lesson), posted({abdi: ("absent", "", 0), chen: ("late", "15", 0), olena: ("", "", 0)}), follow=True
    )

    assert response.redirect_chain == [(url(lesson), 302)]
    assert response.context["counts"] == (1, 1, 1, 0)
    assert "is opgeslagen." in page(response)
    assert [line.chosen for line in response.context["lines"]] == ["absent", "late", ""]


def test_the_rest_present_and_signing(lesson: Lesson, places: list[Enrolment], anna: User) -> None:
    abdi = str(places[0].pk)
    browser = signed_in(anna)
    browser.post(url(lesson), posted({abdi: ("absent", "", 0)}, "rest_present"))
    assert sorted(Mark.objects.values_list("state", flat=True)) == ["absent", "present", "present"]

    response = browser.post(url(lesson), posted({abdi: ("reported", "", 1)}, "sign"), follow=True)

    assert Register.objects.get().signed_by == anna
    assert response.context["counts"] == (2, 1, 0, 0)
    assert b'name="action"' not in response.content
    assert "Wijzigen kan alleen nog met een reden." in page(response)


def test_what_was_typed_stays_with_a_sentence_at_the_row(lesson: Lesson, places: list[Enrolment], anna: User) -> None:
    abdi, chen = str(places[0].pk), str(places[1].pk)

    response = signed_in(anna).post(url(lesson), posted({abdi: ("late", "kwartier", 0), chen: ("absent", "", 0)}))

    first, second, _third = response.context["lines"]
    assert response.status_code == 422
    assert (first.chosen, first.minutes) == ("late", "kwartier")
    assert first.error == "Vul de minuten in als heel getal, bijvoorbeeld 15."
    assert (second.chosen, second.error, Mark.objects.count()) == ("absent", "", 0)


NAUGHTY = ["", "-1", "1e9", "99999999999999999999", "١٥", "<script>", "\x00", "NaN", "½", "' OR 1=1"]


@pytest.mark.parametrize("minutes", NAUGHTY)
@pytest.mark.parametrize("state", ["late", "dans", "\x00", "<b>"])
def test_no_input_breaks_the_page(state: str, minutes: str, lesson: Lesson, places: list[Enrolment], anna: User) -> None:
    data = posted({str(places[0].pk): (state, minutes, 0)}, "\x00") | {"x-version": "1", f"{uuid.uuid4()}-version": "1"}

    response = signed_in(anna).post(url(lesson), data)

    assert (response.status_code, Mark.objects.count()) == (422, 0)
    assert b"<b>" not in response.content


@pytest.mark.parametrize("version", ["-1", "abc", "99999999999999999999"])
def test_a_strange_version_is_refused_or_harmless(version: str, lesson: Lesson, places: list[Enrolment], anna: User) -> None:
    data = {f"{places[0].pk}-state": "absent", f"{places[0].pk}-version": version}

    assert signed_in(anna).post(url(lesson), data).status_code in {302, 422}


def test_a_clash_is_asked_on_the_page_and_answered_by_saving_again(
    lesson: Lesson, places: list[Enrolment], anna: User, marijke: User
) -> None:
    abdi = str(places[0].pk)
    save_register(lesson=lesson, rows=[Row(places[0].pk, "late", 10)], by=marijke)
    browser = signed_in(anna)

    response = browser.post(url(lesson), posted({abdi: ("absent", "", 0)}))

    line = response.context["lines"][0]
    assert (response.status_code, line.chosen, line.version) == (409, "late", 1)
    assert re.search(r"Uw merk: afwezig\. Van Marijke de Vries, om \d\d:\d\d: te laat\.", page(response))

    assert browser.post(url(lesson), posted({abdi: ("absent", "", 1)})).status_code == 302
    assert (Mark.objects.get().state, Claim.objects.count()) == ("absent", 2)


def test_a_locked_session_gives_the_register_back_as_it_was_typed(lesson: Lesson, places: list[Enrolment], anna: User) -> None:
    browser = signed_in(anna)
    browser.get(url(lesson))
    WebSession.objects.update(last_seen=timezone.now() - 2 * HOUR)
    assert browser.post(url(lesson), posted({str(places[0].pk): ("late", "20", 0)})).status_code == 302
    sign_in(browser, anna)

    response = browser.get(url(lesson))

    line = response.context["lines"][0]
    assert (line.chosen, line.minutes, Mark.objects.count()) == ("late", "20", 0)
    assert "Dit typte u voordat de sessie op slot ging." in page(response)


# --- register: by fetch


def test_fetch_answers_with_versions_and_counts(lesson: Lesson, places: list[Enrolment], anna: User) -> None:
    abdi = str(places[0].pk)

    answer = fetch(signed_in(anna), lesson, posted({abdi: ("late", "15", 0)})).json()

    assert re.fullmatch(r"\d\d:\d\d", answer.pop("saved_at"))
    assert answer == {
        "signed_at": None,
        "counts": {"present": 1, "absent": 0, "open": 2, "confirmed": 0},
        "rows": {abdi: {"version": 1, "state": "late", "minutes": 15}},
        "conflicts": [],
    }


def test_fetch_names_the_clash_and_the_errors(lesson: Lesson, places: list[Enrolment], anna: User, marijke: User) -> None:
    abdi = str(places[0].pk)
    save_register(lesson=lesson, rows=[Row(places[0].pk, "late", 10)], by=marijke)
    browser = signed_in(anna)

    [conflict] = fetch(browser, lesson, posted({abdi: ("absent", "", 0)})).json()["conflicts"]
    assert re.fullmatch(r"\d\d:\d\d", conflict.pop("at"))
    assert conflict == {
        "enrolment": abdi,
        "name": "Abdi Warsame",
        "ours": {"state": "absent", "minutes": 0},
        "theirs": {"version": 1, "state": "late", "minutes": 10},
        "who": "Marijke de Vries",
    }

    refused = fetch(browser, lesson, posted({abdi: ("late", "0", 1)}))
    assert (refused.status_code, refused.json()) == (422, {"errors": {abdi: ["Vul in hoeveel minuten: minstens 1."]}})


def test_fetch_says_why_a_register_is_closed(lesson: Lesson, anna: User, ineke: User) -> None:
    cancel_lesson(lesson=lesson, version=1, by=ineke)

    refused = fetch(signed_in(anna), lesson, posted({}, "sign"))

    sentences = ["Deze les is vervallen. Er is geen presentielijst nodig."]
    assert (refused.status_code, refused.json()) == (422, {"errors": {"": sentences}})


# --- today


@pytest.fixture
def noon(monkeypatch: pytest.MonkeyPatch) -> dt.datetime:
    """It is twelve on 24 November 2026: no lesson of today falls on yesterday, and no day of the last weeks had 23 hours."""
    now = dt.datetime(2026, 11, 24, 12, 0, tzinfo=timezone.get_default_timezone())
    monkeypatch.setattr(timezone, "now", lambda: now.astimezone(dt.UTC))
    return now


def test_today_shows_the_lessons_in_order_with_their_state(
    group: Group, places: list[Enrolment], anna: User, ineke: User, noon: dt.datetime
) -> None:
    lessons = [make_lesson(group, ineke, starts_at=noon + hours * HOUR) for hours in (3, -0.5, -3, 5)]
    sign_register(lesson=lessons[2], rows=[Row(places[0].pk, "absent")], by=anna)
    cancel_lesson(lesson=lessons[0], version=1, by=ineke)

    response = signed_in(anna).get(reverse("attendance:today"))

    entries = response.context["entries"]
    assert [(entry.lesson.pk, entry.state, entry.now) for entry in entries] == [
        (lessons[2].pk, "signed", False),
        (lessons[1].pk, "to_sign", True),
        (lessons[0].pk, "cancelled", False),
        (lessons[3].pk, "upcoming", False),
    ]
    text = page(response)
    assert [part in text for part in ("Getekend 12:00", "2 aanwezig · 1 afwezig", "0 van 3 bevestigd")] == [True] * 3
    assert [part in text for part in ("Vervallen", "Begint om 17:00", "nu bezig", "dinsdag 24 november 2026")] == [True] * 4


def test_today_does_not_show_lessons_of_others(lesson: Lesson, chris: User, anna: User) -> None:
    response = signed_in(chris).get(reverse("attendance:today"))

    assert (response.context["entries"], response.context["teaches_something"]) == ([], False)
    assert "U bent vandaag aan geen groep met lessen gekoppeld." in page(response)


def test_what_is_open_from_before_is_listed_oldest_first(
    group: Group, places: list[Enrolment], anna: User, ineke: User, noon: dt.datetime
) -> None:
    made = {days: make_lesson(group, ineke, starts_at=noon - days * 24 * HOUR) for days in (32, 29, 4, 3, 2)}
    sign_register(lesson=made[3], rows=[], by=anna)
    cancel_lesson(lesson=made[2], version=1, by=ineke)
    save_register(lesson=made[4], rows=[Row(places[0].pk, "absent")], by=anna)

    response = signed_in(anna).get(reverse("attendance:today"))

    found = [(entry.lesson.pk, entry.days_ago, entry.counts.open) for entry in response.context["open_from_earlier"]]
    assert found == [(made[29].pk, 29, 3), (made[4].pk, 4, 2)]


@pytest.mark.parametrize(
    ("typed", "day", "warned"),
    [
        ("2026-11-24", dt.date(2026, 11, 24), False),
        ("24-11-2026", dt.date(2026, 11, 24), False),
        ("", None, False),
        ("morgen", None, True),
        ("2026-13-40", None, True),
        ("0001-01-01", None, True),
        ("9999-12-31", None, True),
        ("\x00", None, True),
    ],
)
def test_another_day(typed: str, day: dt.date | None, warned: bool, lesson: Lesson, anna: User) -> None:
    response = signed_in(anna).get(reverse("attendance:today"), {"dag": typed})

    assert response.context["day"] == (day or timezone.localdate())
    assert ("Dat is geen datum. U ziet nu vandaag." in page(response)) is warned


def test_a_teacher_starts_at_today_and_nobody_else_comes_there(lesson: Lesson, anna: User, bram: User) -> None:
    start = signed_in(anna).get("/")

    assert (start.status_code, start["Location"]) == (302, "/vandaag/")
    assert signed_in(bram).get("/vandaag/").status_code == 403


def test_today_costs_the_same_queries_for_one_and_three_lessons(
    north: Location, south: Location, anna: User, ineke: User, noon: dt.datetime
) -> None:
    def add(location: Location, hours: float) -> None:
        group = make_group(location, ineke)
        teach(anna, group, ineke)
        place(make_student(location, ineke), group, ineke)
        sign_register(lesson=make_lesson(group, ineke, starts_at=noon - hours * HOUR), rows=[], by=anna)
        make_lesson(group, ineke, starts_at=noon - 48 * HOUR)

    def cost() -> int:
        browser = signed_in(anna)
        with CaptureQueriesContext(connection) as found:
            browser.get(reverse("attendance:today"))
        return len(found)

    add(north, 0.2)
    first = cost()
    add(south, 0.3)
    add(south, 0.4)
    assert [first, cost()] == [12, 12]


# --- paper


def test_the_paper_list_names_the_class_and_nothing_more(
    group: Group, places: list[Enrolment], lesson: Lesson, anna: User
) -> None:
    student = places[0].programme.student
    student.birth_year, student.birth_month, student.birth_day = 1987, 6, 5
    student.save()

    response = signed_in(anna).get(url(lesson, "initials_list"))

    text, html = page(response), response.content.decode()
    assert [name in text for name in ("Abdi Warsame", "Chen Meiling", "Olena Marchenko")] == [True] * 3
    assert f"{lesson.code[:4]}-{lesson.code[4:]}" in text
    assert (html.count("<tr>"), html.count('class="qr"'), "1987" in html) == (1 + 3 + 1, 1, False)
    assert [part in text for part in ("Handtekening docent", "Paraaf cursist", "bladzijde 1 van 1")] == [True] * 3


def test_a_long_list_goes_on_another_page_with_the_same_head_and_code(north: Location, anna: User, ineke: User) -> None:
    group = make_group(north, ineke, capacity=30)
    for _number in range(21):
        place(make_student(north, ineke), group, ineke)
    lesson = make_lesson(group, ineke, teacher=anna)

    response = signed_in(anna).get(url(lesson, "initials_list"))

    html = response.content.decode()
    assert [len(rows) for rows in response.context["pages"]] == [20, 1]
    assert (html.count(f"{lesson.code[:4]}-{lesson.code[4:]}"), html.count('class="nr">+<')) == (2, 1)


# --- planning


def lesson_fields(**changes: str) -> dict[str, str]:
    known = {"day": "2026-11-24", "begins": "09:00", "ends": "11:30", "planned_minutes": "135", "room": "1.04"}
    return known | {"subject": "language", "delivery": "classroom"} | changes


def test_the_office_plans_an_extra_lesson(group: Group, bram: User, anna: User) -> None:
    response = signed_in(bram).post(reverse("attendance:lesson_add", args=[group.pk]), lesson_fields(teacher=str(anna.pk)))

    lesson = Lesson.objects.get()
    assert (response.status_code, response["Location"]) == (302, url(lesson))
    assert (timezone.localtime(lesson.starts_at).hour, lesson.planned_minutes, lesson.teacher) == (9, 135, anna)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"ends": "08:00"}, "ends"),
        ({"planned_minutes": "151"}, "planned_minutes"),
        ({"day": "2019-01-01"}, "day"),
        ({"day": "0001-01-01"}, "day"),
        ({"subject": "literacy", "delivery": "online"}, "__all__"),
    ],
)
def test_a_lesson_that_cannot_be_says_so_at_the_field(changes: dict[str, str], field: str, group: Group, bram: User) -> None:
    response = signed_in(bram).post(reverse("attendance:lesson_add", args=[group.pk]), lesson_fields(**changes))

    assert (response.status_code, list(response.context["form"].errors), Lesson.objects.count()) == (422, [field], 0)


def test_two_lessons_of_a_group_cannot_begin_at_once(group: Group, bram: User) -> None:
    browser, address = signed_in(bram), reverse("attendance:lesson_add", args=[group.pk])
    browser.post(address, lesson_fields())

    response = browser.post(address, lesson_fields())

    assert (response.status_code, Lesson.objects.count()) == (422, 1)


@pytest.mark.parametrize(("who", "expected"), [("bram", 302), ("ineke", 302), ("anna", 403), ("chris", 403), ("dana", 403)])
def test_who_cancels_a_lesson(who: str, expected: int, lesson: Lesson, request: pytest.FixtureRequest) -> None:
    response = signed_in(request.getfixturevalue(who)).post(url(lesson, "lesson_cancel"), {"version": "1"})

    lesson.refresh_from_db()
    assert (response.status_code, lesson.cancelled) == (expected, expected == 302)


def test_the_page_to_cancel_says_what_happens(lesson: Lesson, bram: User) -> None:
    response = signed_in(bram).get(url(lesson, "lesson_cancel"))

    assert "vervalt. De les blijft als vervallen in de lijst staan." in page(response)


# --- the lessons of a group


def test_lessons_of_a_group_by_month(north: Location, ineke: User, anna: User) -> None:
    group = make_group(north, ineke)
    teach(anna, group, ineke)
    lesson = make_lesson(group, ineke)
    client = signed_in(anna)
    address = reverse("attendance:group_lessons", args=[group.pk])

    this, other = client.get(f"{address}?maand={lesson.day:%Y-%m}"), client.get(f"{address}?maand=2001-01")

    assert list(this.context["lessons"]) == [lesson]
    assert list(other.context["lessons"]) == []


@pytest.mark.parametrize("month", ["", "x", "2026-13", "9999-12", "0001-01", "2026-11-01", "%00"])
def test_odd_months_show_a_month(north: Location, ineke: User, month: str) -> None:
    address = reverse("attendance:group_lessons", args=[make_group(north, ineke).pk])

    assert signed_in(ineke).get(f"{address}?maand={month}").status_code == 200


@pytest.mark.parametrize("rows", [1, 3])
def test_lessons_of_a_group_ask_the_same_number_of_questions(
    north: Location, ineke: User, django_assert_num_queries: DjangoAssertNumQueries, rows: int
) -> None:
    group = make_group(north, ineke)
    for number in range(rows):
        make_lesson(group, ineke, starts_at=timezone.now().replace(day=15, hour=8 + 2 * number))
    client = signed_in(ineke)
    address = reverse("attendance:group_lessons", args=[group.pk])
    client.get(address)

    with django_assert_num_queries(10):
        client.get(address)
