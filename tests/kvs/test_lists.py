"""Lists in pages that stay put: every sort, both ways, with ties; the way back is the way forth."""

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from kvs import pages
from kvs.models import Location, Organisation, Role, User
from reporting.models import ReportRun
from students import actions
from students.models import Client, CorrectionProposal, ImportRun, InformTask, Student
from students.views.people import LAST_LETTER
from tests.factories import LONG_AGO, make_group, make_student, place, staff
from tests.people import Browser, signed_in
from tests.students.portal import BSN

AUTUMN = {"month": "2026-10-01", "first": "2026-01-01", "last": "2026-12-31"}
SIZE = 3  # rows on a page here
LATER = LONG_AGO + dt.timedelta(days=300)
Key = Callable[[Any], tuple[Any, ...]]


@pytest.fixture(autouse=True)
def short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "PAGE_SIZE", SIZE)


@pytest.fixture
def office(school: Organisation) -> User:
    """Administration of all locations."""
    return staff(Role.ADMINISTRATION)


def open_list(browser: Browser, address: str) -> pages.ListPage:
    response = browser.get(address)
    assert response.status_code == 200
    page: pages.ListPage = response.context["page"]
    return page


def walk(browser: Browser, address: str, query: str, way: str = "next_url") -> list[list[Any]]:
    """The rows of every page from `query` on."""
    found: list[list[Any]] = []
    there = query
    while there:
        assert len(found) < 20
        page = open_list(browser, address + there)
        found.append(page.rows)
        there = getattr(page, way)
    return found


def assert_both_ways(browser: Browser, address: str, sort: str, key: Key, *, number: int) -> None:
    """Forth every row once and in order; back the very same pages."""
    forth = walk(browser, address, f"?status=all&sort={sort}")
    rows = [row for page in forth for row in page]
    assert rows == sorted(rows, key=key, reverse=sort.startswith("-"))
    assert (len({row.pk for row in rows}), len(rows)) == (number, number)
    assert [len(page) for page in forth[:-1]] == [SIZE] * (len(forth) - 1)
    last = f"?status=all&sort={sort}&after={forth[-2][-1].pk}"
    assert walk(browser, address, last, "previous_url") == forth[::-1]


def both(*cases: tuple[str, Key]) -> pytest.MarkDecorator:
    """Each sort upwards and downwards."""
    return pytest.mark.parametrize(("sort", "key"), [(f"{way}{name}", key) for name, key in cases for way in ("", "-")])


def by_name(student: Student) -> tuple[Any, ...]:
    return student.sort_key, student.number


def groups_of(student: Any) -> list[str]:
    return [place.group.name.lower() for programme in student.current_programmes for place in programme.current_enrolments]


def starts_of(student: Any) -> list[dt.date]:
    return [programme.starts_on for programme in student.current_programmes]


@pytest.fixture
def class_lists(north: Location, south: Location, office: User) -> None:
    """Eight students of whom many are called alike, in two groups, one in both, some in none or without a programme."""
    early, late = make_group(north, office, name="avond"), make_group(south, office, name="Zomer")
    for number in range(8):
        student = make_student([north, south][number % 2], office, surname=["Şahin", "aydin", "Zaal"][number % 3], call_name="A")
        if number < 5:
            place(student, [late, early][number % 2], office)
        elif number == 5:
            actions.start_programme(student=student, by=office, law="none", starts_on=LATER)
    two = actions.start_programme(student=student, by=office, law="none", starts_on=LATER)
    for group in (late, early):
        actions.enrol_student(programme=two, group=group, by=office, starts_on=LATER)


@pytest.mark.usefixtures("class_lists")
@both(
    ("name", by_name),
    ("number", lambda student: (student.number,)),
    ("group", lambda student: (min(groups_of(student), default=LAST_LETTER), *by_name(student))),
    ("started", lambda student: (min(starts_of(student), default=dt.date.max), *by_name(student))),
)
def test_students(office: User, sort: str, key: Key) -> None:
    assert_both_ways(signed_in(office), reverse("students:list"), sort, key, number=8)


@both(
    ("name", lambda group: (group.name.lower(),)),
    ("location", lambda group: (group.location.name.lower(), group.name.lower())),
    ("placed", lambda group: (group.placed, group.name.lower())),
    ("starts", lambda group: (group.starts_on, group.name.lower())),
)
def test_groups(north: Location, south: Location, office: User, sort: str, key: Key) -> None:
    for number, name in enumerate(["A2", "b1", "a1", "B2", "Z", "y", "x"]):
        group = make_group([north, south][number % 2], office, name=name, starts_on=[LONG_AGO, LATER][number % 3 // 2])
        if number < 2:
            place(make_student(north, office), group, office, starts_on=LATER)
    assert_both_ways(signed_in(office), reverse("students:groups"), sort, key, number=7)


@both(
    ("name", lambda client: (client.name.lower(),)),
    ("kind", lambda client: (client.kind, client.name.lower())),
    ("managers", lambda client: (client.managers, client.name.lower())),
)
def test_clients(office: User, sort: str, key: Key) -> None:
    for number, name in enumerate(["Bakkerij", "aannemer", "Dorp", "camping", "Eiland", "x", "Y"]):
        client = Client.objects.create(name=name, kind=["employer", "municipality", "other"][number % 3])
        for _manager in range(number % 2):
            client.case_managers.create(surname="Jansen")
    assert_both_ways(signed_in(office), reverse("students:clients"), sort, key, number=7)


@both(
    ("name", lambda person: (person.surname.lower(), person.call_name.lower(), person.pk)),
    ("second_factor", lambda person: (person.has_second_factor, person.surname.lower(), person.call_name.lower(), person.pk)),
)
def test_accounts(sami: User, north: Location, sort: str, key: Key) -> None:
    for number in range(7):
        person = staff(Role.TEACHER, north, surname=["vries", "Boer"][number % 2], call_name="An")
        if number % 3 == 0:
            Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data={})
    assert_both_ways(signed_in(sami), reverse("accounts"), sort, key, number=8)


@both(
    ("source", lambda run: (run.source.lower(), run.started_at, run.pk)),
    ("sent", lambda run: (run.started_at, run.pk)),
)
def test_imports(north: Location, office: User, sort: str, key: Key) -> None:
    town, now = Client.objects.create(name="dorp"), timezone.now()
    for number in range(7):
        sent = now - dt.timedelta(minutes=number // 3)
        client = town if number % 3 else None
        ImportRun.objects.create(location=north, client=client, started_by=office, started_at=sent, file_name="a.xlsx")
    assert_both_ways(signed_in(office), reverse("students:imports"), sort, key, number=7)


@both(
    ("report", lambda run: (run.report, run.requested_at, run.pk)),
    ("client", lambda run: (run.client.name.lower() if run.client else "", run.requested_at, run.pk)),
    ("asked", lambda run: (run.requested_at, run.pk)),
)
def test_reports(office: User, sort: str, key: Key) -> None:
    town, now = Client.objects.create(name="dorp"), timezone.now()
    for number in range(7):
        asked = now - dt.timedelta(minutes=number // 3)
        report, client = ["municipality", "survey"][number % 2], town if number % 3 else None
        ReportRun.objects.create(parameters=AUTUMN, report=report, client=client, requested_by=office, requested_at=asked)
    assert_both_ways(signed_in(office), reverse("reporting:list"), sort, key, number=7)


@both(
    ("before", lambda task: (task.due_on, task.student.sort_key, task.pk)),
    ("name", lambda task: (task.student.sort_key, task.due_on, task.pk)),
    ("source", lambda task: (task.organisation.lower(), task.due_on, task.pk)),
)
def test_people_to_inform(north: Location, office: User, sort: str, key: Key) -> None:
    for number in range(7):
        student = make_student(north, office, surname=["Aydin", "Zaal"][number % 2])
        due_on = timezone.localdate() + dt.timedelta(days=number // 3)
        InformTask.objects.create(student=student, organisation=["dorp", "Stad"][number % 2], due_on=due_on)
    assert_both_ways(signed_in(office), reverse("students:inform_tasks"), sort, key, number=7)


def test_corrections_go_back_too(north: Location, office: User) -> None:
    for _number in range(7):
        student = make_student(north, office)
        CorrectionProposal.objects.create(student=student, field="surname", value="{}")
    assert_both_ways(signed_in(office), reverse("students:corrections"), "asked", lambda row: (row.made_at, row.pk), number=7)


# --- what stays and who is kept out


def pks(page: pages.ListPage) -> list[Any]:
    return [row.pk for row in page.rows]


def test_the_search_stays_while_sorting_and_stands_in_no_address(north: Location, ineke: User) -> None:
    for number in range(5):
        make_student(north, ineke, surname=f"Kanarie {number}")
    make_student(north, ineke, surname="Zebra")
    browser, address = signed_in(ineke), reverse("students:list")

    first = browser.post(reverse("students:search"), {"q": "kanarie"}, follow=True).context["page"]
    turned = open_list(browser, address + first.sort_url("name"))
    beyond = open_list(browser, address + str(turned.next_url))

    assert [row.surname[-1] for page in (first, turned, beyond) for row in page.rows] == ["0", "1", "2", "4", "3", "2", "1", "0"]
    for page in (first, turned, beyond):
        links = [page.sort_url("name"), page.sort_url("group"), page.next_url or "", page.previous_url or ""]
        assert "anarie" not in "".join(links).lower()
    assert beyond.sort_url("number") == f"?q={beyond.query['q']}&sort=number"


def test_what_a_number_finds_can_be_sorted_too(north: Location, ineke: User) -> None:
    student = make_student(north, ineke)
    actions.start_programme(
        student=student, by=ineke, law="wi2021", route="b1", starts_on=LONG_AGO, bsn=BSN, bsn_basis="isi_delivery"
    )
    browser = signed_in(ineke)

    found = browser.post(reverse("students:search"), {"q": BSN}, follow=True).context["page"]

    for column in ("number", "group", "started"):
        assert open_list(browser, reverse("students:list") + found.sort_url(column)).rows == [student]


def test_a_filter_stays_while_sorting(north: Location, ineke: User) -> None:
    group = make_group(north, ineke)
    for _number in range(4):
        place(make_student(north, ineke), group, ineke)
    make_student(north, ineke)
    browser, address = signed_in(ineke), reverse("students:list")

    page = open_list(browser, f"{address}?group={group.pk}&status=all&sort=-started")
    shown = walk(browser, address, page.sort_url("number"))

    assert sum(len(rows) for rows in shown) == 4
    filters = browser.get(f"{address}?group={group.pk}&status=all&sort=-started").content.decode()
    assert '<input type="hidden" name="sort" value="-started">' in filters


def test_a_list_goes_on_behind_somebody_who_left_it(north: Location, ineke: User) -> None:
    places = [place(make_student(north, ineke, surname=f"Zaal {number}"), make_group(north, ineke), ineke) for number in range(5)]
    browser, address = signed_in(ineke), reverse("students:list")
    first = open_list(browser, address)

    last = places[2].programme
    type(last).objects.filter(pk=last.pk).update(ends_on=LONG_AGO)

    assert [row.surname for row in open_list(browser, address + str(first.next_url)).rows] == ["Zaal 3", "Zaal 4"]


def test_where_nothing_lies_the_list_begins(north: Location, ineke: User) -> None:
    students = [make_student(north, ineke, surname=f"Zaal {number}") for number in range(4)]
    browser, address = signed_in(ineke), f"{reverse('students:list')}?status=all"

    first = pks(open_list(browser, address))
    behind_the_last, before_the_second = f"&after={students[3].pk}", f"&before={students[1].pk}"

    assert first == [student.pk for student in students[:3]]
    for odd in (behind_the_last, before_the_second, "&before=x", "&after=%00", f"&before={north.pk}", "&sort=--name", "&sort=x"):
        page = open_list(browser, address + odd)
        assert (pks(page), page.previous_url) == (first, None), odd


def test_a_stranger_learns_nothing_about_a_row_of_another_location(
    north: Location, south: Location, office: User, bram: User
) -> None:
    for number in range(5):
        make_student(north, office, surname=f"Zaal {number}")
    elsewhere = make_student(south, office, surname="Zaal 2b")
    browser, address = signed_in(bram), f"{reverse('students:list')}?status=all"

    first = pks(open_list(browser, address))

    assert pks(open_list(browser, f"{address}&after={elsewhere.pk}")) == first
    assert pks(open_list(browser, f"{address}&before={elsewhere.pk}")) == first
    shown = {row.pk for rows in walk(browser, reverse("students:list"), "?status=all&sort=-group") for row in rows}
    assert (elsewhere.pk in shown, len(shown)) == (False, 5)


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("sort", ["name", "-number", "group", "-started"])
def test_every_sort_asks_the_same_number_of_questions(
    north: Location, south: Location, office: User, django_assert_num_queries: DjangoAssertNumQueries, rows: int, sort: str
) -> None:
    for number in range(SIZE + rows):
        place(make_student(north, office, surname=f"Zaal {number}"), make_group([north, south][number % 2], office), office)
    browser, address = signed_in(office), f"{reverse('students:list')}?sort={sort}"
    first = open_list(browser, address)
    open_list(browser, reverse("students:list") + str(first.next_url))

    with django_assert_num_queries(15):
        open_list(browser, address)
    with django_assert_num_queries(16):  # and the row of the address
        assert len(open_list(browser, reverse("students:list") + str(first.next_url)).rows) == rows


def test_the_head_says_how_a_list_is_sorted(north: Location, ineke: User) -> None:
    make_group(north, ineke)
    html = signed_in(ineke).get(f"{reverse('students:groups')}?sort=-placed").content.decode()
    heads = re.findall(r'<th scope="col"([^>]*)>\s*<a href="([^"]+)">([^<]+)', html)
    assert [(tag.strip(), address, word.strip()) for tag, address, word in heads] == [
        ("", "?sort=name", "Groep"),
        ("", "?sort=location", "Vestiging"),
        ("", "?sort=kind", "Soort"),
        ('class="number" aria-sort="descending"', "?sort=placed", "Bezette plaatsen"),
        ("", "?sort=starts", "Vanaf"),
    ]
