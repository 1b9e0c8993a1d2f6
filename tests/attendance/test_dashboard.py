"""The coordinator's dashboard: the figures, what runs out, who may look, and what it costs."""

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from attendance import week_chart
from attendance.actions import Row, sign_register
from attendance.actions.hours import set_opening_balance
from attendance.models import Closure, Lesson
from attendance.running_out import running_out, terms_ending
from attendance.weeks import DAY, WEEK, WEEKS, attendance_by_week, whole_weeks
from kvs.models import AccessEvent, Location, Role, User
from students import actions
from students.models import Contract, Enrolment, Group, Programme
from tests.attendance.test_views import page
from tests.factories import LONG_AGO, limit, make_group, make_lesson, make_student, place, staff, teach
from tests.people import signed_in

pytestmark = pytest.mark.django_db
URL = reverse("attendance:dashboard")
TODAY = timezone.localdate()
MONDAYS = whole_weeks(TODAY)


def at(day: dt.date, hour: int = 9) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(hour), timezone.get_default_timezone())


def signed(group: Group, day: dt.date, rows: list[Row], by: User, planner: User) -> Lesson:
    lesson = make_lesson(group, planner, starts_at=at(day))
    sign_register(lesson=lesson, rows=rows, by=by)
    return lesson


def agreed(programme: Programme, by: User, hours: int, **fields: Any) -> Contract:
    return actions.add_contract(programme=programme, by=by, **({"hours": hours, "starts_on": LONG_AGO} | fields))


# --- who


@pytest.mark.parametrize(("who", "expected"), [("bram", 200), ("anna", 403), ("ineke", 403), ("dana", 403), ("sami", 403)])
def test_who_may_look(who: str, expected: int, lesson: Lesson, request: pytest.FixtureRequest) -> None:
    assert signed_in(request.getfixturevalue(who)).get(URL).status_code == expected


def test_another_location_sees_nothing_of_it(
    group: Group, places: list[Enrolment], south: Location, anna: User, ineke: User
) -> None:
    signed(group, MONDAYS[-1], [], anna, ineke)
    make_lesson(group, ineke, starts_at=at(MONDAYS[-1] + DAY))
    agreed(places[0].programme, ineke, 1)
    set_opening_balance(
        contract=places[0].programme.contracts.get(), by=ineke, hour_class="classroom", year=2020, minutes=90, source="paper"
    )
    Programme.objects.update(term_ends_on=TODAY)
    stranger = staff(Role.COORDINATOR, south)

    context = signed_in(stranger).get(URL).context

    assert [context[name] for name in ("groups", "missing", "hours", "terms")] == [[], [], [], []]
    assert not AccessEvent.objects.filter(viewer_audit_id=stranger.audit_id).exists()


def test_one_location_of_the_school_is_chosen(
    group: Group, places: list[Enrolment], south: Location, anna: User, ineke: User
) -> None:
    other = make_group(south, ineke)
    teacher = staff(Role.TEACHER, south)
    teach(teacher, other, ineke)
    place(make_student(south, ineke), other, ineke)
    signed(group, MONDAYS[-1], [], anna, ineke)
    signed(other, MONDAYS[-1], [], teacher, ineke)
    for each in (group, other):
        make_lesson(each, ineke, starts_at=at(MONDAYS[-1] + DAY))
    Programme.objects.update(term_ends_on=TODAY)
    browser = signed_in(staff(Role.MANAGEMENT, None))

    def shown(query: str) -> tuple[set[Group], int, set[Any]]:
        found = browser.get(f"{URL}{query}").context
        terms = {row.student.intake_location_id for row, _days in found["terms"]}
        return {row.group for row in found["groups"]}, found["number_missing"], terms

    everything = ({group, other}, 2, {group.location_id, south.pk})
    assert shown("") == shown("?vestiging=") == shown("?vestiging=nergens") == everything
    assert shown(f"?vestiging={south.pk}") == ({other}, 1, {south.pk})
    assert shown(f"?vestiging={group.location_id}") == ({group}, 1, {group.location_id})


def test_who_has_one_location_has_nothing_to_choose(group: Group, south: Location, bram: User) -> None:
    browser = signed_in(bram)
    assert 'name="vestiging"' not in browser.get(URL).content.decode()
    assert browser.get(f"{URL}?vestiging={south.pk}").context["filter"].location is None
    assert 'name="vestiging"' in signed_in(staff(Role.MANAGEMENT, None)).get(URL).content.decode()


def test_who_is_named_is_recorded(places: list[Enrolment], ineke: User, bram: User) -> None:
    programme = places[0].programme
    Programme.objects.filter(pk=programme.pk).update(term_ends_on=TODAY + WEEK)

    assert programme.student.full_name in page(signed_in(bram).get(URL))
    seen = AccessEvent.objects.filter(viewer_audit_id=bram.audit_id).values_list("subject_audit_id", flat=True)
    assert list(seen) == [programme.student.audit_id]


# --- attendance by group and week


def test_weeks_of_signed_lessons(group: Group, places: list[Enrolment], anna: User, ineke: User, bram: User) -> None:
    abdi, chen, olena = (row.pk for row in places)
    signed(group, MONDAYS[0], [Row(abdi, "absent")], anna, ineke)  # 180 of 270
    signed(group, MONDAYS[0] + 6 * DAY, [Row(abdi, "late", 45), Row(chen, "late", 45)], anna, ineke)  # 180 of 270
    signed(group, MONDAYS[-1], [], anna, ineke)
    signed(group, MONDAYS[0] - DAY, [Row(olena, "absent")], anna, ineke)  # the week before
    make_lesson(group, ineke, starts_at=at(MONDAYS[1]))  # not signed

    (row,) = attendance_by_week(bram, MONDAYS)

    assert [week.percentage for week in row.weeks] == [67, *[None] * (WEEKS - 2), 100]


def test_groups_stand_in_order_of_name(north: Location, ineke: User, bram: User) -> None:
    for name in ("b-groep", "C-groep", "A-groep"):
        make_lesson(make_group(north, ineke, name=name), ineke, starts_at=at(MONDAYS[2]))

    assert [row.group.name for row in attendance_by_week(bram, MONDAYS)] == ["A-groep", "b-groep", "C-groep"]


def test_a_closure_says_why_a_week_is_empty(group: Group, south: Location, ineke: User, bram: User) -> None:
    make_lesson(group, ineke, starts_at=at(MONDAYS[0]))
    Closure.objects.create(name="Herfstvakantie", starts_on=MONDAYS[3], ends_on=MONDAYS[3] + 4 * DAY)
    Closure.objects.create(name="Studieweek", location=south, starts_on=MONDAYS[5], ends_on=MONDAYS[5] + 4 * DAY)
    Closure.objects.create(name="Studiedag", starts_on=MONDAYS[6], ends_on=MONDAYS[6])

    (row,) = attendance_by_week(bram, MONDAYS)

    assert [week.free for week in row.weeks if week.free] == ["Herfstvakantie"]
    assert row.weeks[3].free == "Herfstvakantie"


def test_the_table_holds_the_figures_of_the_drawing(
    group: Group, places: list[Enrolment], anna: User, ineke: User, bram: User
) -> None:
    signed(group, MONDAYS[-2], [Row(places[0].pk, "absent")], anna, ineke)
    response = signed_in(bram).get(URL)

    (row,) = response.context["groups"]
    assert (row.panel.latest, len(row.panel.dots)) == (67, 1)
    assert '<td class="number">67</td>' in response.content.decode()


def test_the_other_groups_are_one_click_away(north: Location, ineke: User, bram: User) -> None:
    for number in range(9):
        make_lesson(make_group(north, ineke, name=f"Groep {number}"), ineke, starts_at=at(MONDAYS[2]))
    browser = signed_in(bram)

    assert "8 van 9 groepen" in page(browser.get(URL))
    assert len(browser.get(URL, {"groepen": "alle"}).context["groups"]) == 9


# --- the drawing


def test_a_line_breaks_where_a_week_has_no_figure() -> None:
    drawn = week_chart.panel([90, 80, None, 100], [False, False, True, False], [1, 2, 3, 4], 60)

    assert drawn.path.count("M") == 2
    assert drawn.path.count("L") == 1
    assert (drawn.latest, len(drawn.bands)) == (100, 1)
    assert drawn.dots[-1][1] == drawn.top


@pytest.mark.parametrize(("values", "low"), [([], 60), ([95, 61], 60), ([59], 40), ([0], 0)])
def test_the_scale_begins_at_sixty_or_lower(values: list[int], low: int) -> None:
    assert week_chart.lowest(values) == low


def test_nothing_to_draw_is_said() -> None:
    with pytest.raises(ValueError, match="No week"):
        week_chart.panel([None], [False], [1], 60)


# --- hours and terms that end soon


def test_hours_that_are_used_or_nearly(group: Group, places: list[Enrolment], anna: User, ineke: User, bram: User) -> None:
    for number in range(8):
        signed(group, TODAY - WEEK * number - DAY, [], anna, ineke)  # 90 minutes a week
    used, nearly, plenty = (agreed(row.programme, ineke, hours) for row, hours in zip(places, (12, 20, 400), strict=True))

    rows = running_out(bram, TODAY)

    assert {row.contract.pk: (row.left, row.purchased) for row in rows} == {used.pk: (0, 720), nearly.pk: (480, 1200)}
    assert rows[-1].on
    assert TODAY < rows[-1].on <= TODAY + 8 * WEEK
    assert plenty.pk not in {row.contract.pk for row in rows}


def test_what_was_brought_along_counts_as_used(places: list[Enrolment], ineke: User, bram: User) -> None:
    contract = agreed(places[0].programme, ineke, 2)
    old = {"hour_class": "classroom", "year": 2020, "minutes": 120, "source": "paper"}
    set_opening_balance(contract=contract, by=ineke, **old)

    assert [(row.contract.pk, row.left) for row in running_out(bram, TODAY)] == [(contract.pk, 0)]


def test_a_contract_that_ended_needs_nothing(places: list[Enrolment], ineke: User, bram: User) -> None:
    contract = agreed(places[0].programme, ineke, 2, ends_on=TODAY - DAY)
    old = {"hour_class": "classroom", "year": 2020, "minutes": 120, "source": "paper"}
    set_opening_balance(contract=contract, by=ineke, **old)

    assert running_out(bram, TODAY) == []


@pytest.mark.parametrize(("days", "shown"), [(-29, False), (-1, True), (0, True), (122, True), (123, False)])
def test_terms_of_the_next_four_months(days: int, shown: bool, places: list[Enrolment], bram: User) -> None:
    Programme.objects.filter(pk=places[0].programme_id).update(term_ends_on=TODAY + days * DAY)

    assert bool(terms_ending(bram, TODAY)) == shown


def test_restricted_data_are_not_used(places: list[Enrolment], ineke: User, bram: User, dana: User) -> None:
    programme = places[0].programme
    contract = agreed(programme, ineke, 2)
    set_opening_balance(contract=contract, by=ineke, hour_class="classroom", year=2020, minutes=120, source="paper")
    Programme.objects.filter(pk=programme.pk).update(term_ends_on=TODAY)
    limit(programme.student, dana, "programme")

    assert (running_out(bram, TODAY), terms_ending(bram, TODAY)) == ([], [])


# --- registers missing, and cost


def test_lessons_that_are_over_and_not_signed(group: Group, places: list[Enrolment], ineke: User, bram: User) -> None:
    over = make_lesson(group, ineke, starts_at=timezone.now() - 2 * DAY)
    make_lesson(group, ineke)  # goes on

    response = signed_in(bram).get(URL)

    assert [(row.pk, days) for row, days in response.context["missing"]] == [(over.pk, 2)]
    assert reverse("attendance:register", args=[over.pk]) in response.content.decode()


def test_more_of_everything_costs_no_more_queries(north: Location, anna: User, ineke: User, bram: User) -> None:
    def more() -> None:
        group = make_group(north, ineke)
        teach(anna, group, ineke)
        row = place(make_student(north, ineke), group, ineke)
        signed(group, MONDAYS[-1], [], anna, ineke)
        make_lesson(group, ineke, starts_at=at(MONDAYS[-1], 15))
        set_opening_balance(
            contract=agreed(row.programme, ineke, 1), by=ineke, hour_class="classroom", year=2020, minutes=90, source="paper"
        )
        Programme.objects.filter(pk=row.programme_id).update(term_ends_on=TODAY)

    def cost() -> int:
        browser = signed_in(bram)
        browser.get(URL)
        with CaptureQueriesContext(connection) as found:
            browser.get(URL)
        return len(found)

    more()
    before = cost()
    for _group in range(6):
        more()

    assert cost() == before
