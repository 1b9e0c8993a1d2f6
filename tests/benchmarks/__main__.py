"""Measures and prints, per page: median and p95 in ms, queries, and how many times the SQL alone.

Server time of one client, without the network: the request goes through all middleware in this process, against the real
database with durable writes. Exit code 1 when a median is above its aim.
"""

import argparse
import statistics
import sys
import time
import uuid
from collections.abc import Callable
from hashlib import md5
from typing import Any, NamedTuple

import django

django.setup()

from django.db import connection  # noqa: E402  # after setup
from django.utils import timezone  # noqa: E402

from attendance.hours import lesson_lines  # noqa: E402
from attendance.models import Mark  # noqa: E402
from attendance.templatetags.attendance import LABELS  # noqa: E402
from kvs import embedded, environment  # noqa: E402
from kvs.models import User  # noqa: E402
from reporting.lessons import first_of_month  # noqa: E402
from reporting.reports import municipality  # noqa: E402
from students.models import Client, Programme  # noqa: E402
from tests.benchmarks import planning, retention, school, signing  # noqa: E402
from tests.people import Browser, signed_in  # noqa: E402

ROUNDS = 40
Request = Callable[[int], Any]  # round number -> what Django's test client answers


class Page(NamedTuple):
    """What is measured. `check` raises AssertionError when the answer is not the page that was meant."""

    name: str
    aim: float | None  # ms, median on two cores (issue 2, section 4)
    request: Request
    check: Callable[[Any], None]
    rounds: int = ROUNDS


class Result(NamedTuple):
    """Times in ms."""

    median: float
    p95: float
    queries: int
    sql: float  # median time in the database


class SqlClock:
    """Adds up how long the statements of a request take and how many they are."""

    def __init__(self) -> None:
        self.seconds, self.count = 0.0, 0

    def __call__(self, execute: Callable[..., Any], *statement: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(*statement)
        finally:
            self.seconds += time.perf_counter() - began
            self.count += 1


def measure(page: Page) -> Result:
    """Warm once, then its rounds of requests."""
    page.check(page.request(0))
    totals, databases, counts = [], [], set()
    for number in range(1, page.rounds + 1):
        clock = SqlClock()
        with connection.execute_wrapper(clock):
            began = time.perf_counter()
            answer = page.request(number)
            totals.append(1000 * (time.perf_counter() - began))
        databases.append(1000 * clock.seconds)
        counts.add(clock.count)
        page.check(answer)
    p95 = statistics.quantiles(totals, n=20)[-1]
    return Result(statistics.median(totals), p95, max(counts), statistics.median(databases))


def _key(kind: str, number: object) -> uuid.UUID:
    return uuid.UUID(md5(f"{kind}{number}".encode(), usedforsecurity=False).hexdigest())


def _browser(email: str) -> Browser:
    browser = signed_in(User.objects.get(email=email))
    browser.defaults["SERVER_NAME"] = "localhost"
    return browser


def _holds(number: int, part: bytes) -> Callable[[Any], None]:
    def check(answer: Any) -> None:
        found = answer.content.count(part)
        assert (answer.status_code, found) == (200, number), (answer.status_code, found)

    return check


def _reports(size: school.Size) -> list[Page]:
    """Last month's attendance of one class and of everybody else, as the worker builds it (the database's part of it)."""
    month = first_of_month(timezone.localdate(), back=1)
    by = User.objects.get(email="kantoor@voorbeeld.test")

    def of(name: str) -> Request:
        asked = {"client": Client.objects.get(name=name), "month": month}
        return lambda _number: municipality.build(asked, by, lambda done, total, doing: None)

    def has(students: int) -> Callable[[Any], None]:
        def check(content: Any) -> None:
            found = len(content.tables[0].rows)
            assert found == students, found

        return check

    thousand = Programme.objects.filter(student__number__lt="S-001000")
    return [
        Page("hours of 1,000 students", 2000, lambda _number: lesson_lines(thousand, timezone.localdate()), _of_1000, rounds=5),
        Page("one-class report", 30, of(school.CLIENT_OF_A_CLASS), has(school.CLASS)),
        Page("whole-school report", None, of(school.CLIENT_OF_ALL), has(size.students - school.CLASS), rounds=5),
    ]


def _month() -> Page:
    """The grid of 25 students and 20 lessons: 500 marks, as many signs and those of the legend."""
    office, group = _browser("kantoor@voorbeeld.test"), school.add_month()
    month = first_of_month(timezone.localdate(), back=1)
    address = f"/groepen/{group}/maand/?maand={month:%Y-%m}"
    marks = school.MONTH_MARKS + len(LABELS) + 1
    return Page("month of 25 x 20", 50, lambda _number: office.get(address), _holds(marks, b'<span class="mark" data-state="'))


def pages() -> list[Page]:
    """The register and saving it, each round of saving in a group whose lesson of today nobody saved yet; list, search."""
    teachers = [_browser(f"docent{number}@voorbeeld.test") for number in range((ROUNDS + 1) // school.GROUPS_PER_TEACHER + 1)]
    office = _browser("kantoor@voorbeeld.test")
    searched = office.post("/cursisten/zoeken/", {"q": "rania osm"})["Location"]

    def register(number: int) -> Any:
        return teachers[0].get(f"/lessen/{_key('lesson', f'{number % school.GROUPS_PER_TEACHER}-0')}/")

    def save(number: int) -> Any:
        data = {"action": "save"}
        for student in range(number * school.CLASS, (number + 1) * school.CLASS):
            row = _key("enrolment", student)
            state = ("absent", "late", "present")[min(student % school.CLASS, 2)]
            data |= {f"{row}-state": state, f"{row}-minutes": "15", f"{row}-version": "0"}
        teacher = teachers[number // school.GROUPS_PER_TEACHER]
        address = f"/lessen/{_key('lesson', f'{number}-0')}/"
        return teacher.post(address, data, headers={"X-Requested-With": "fetch"})

    return [
        Page("register page", 25, register, _holds(school.CLASS, b'-version"')),
        Page("saving a class of 20", 60, save, _holds(school.CLASS, b'"version": 1')),
        Page("student list", 30, lambda _number: office.get("/cursisten/"), _holds(50, b'<th scope="row"')),
        Page("search", 20, lambda _number: office.get(searched), _has_some),
    ]


def _of_1000(lines: Any) -> None:
    assert len({line.programme for line in lines}) == 1000


def _has_some(answer: Any) -> None:
    assert answer.status_code == 200
    assert answer.content.count(b'<th scope="row"') > 0


def main() -> int:
    """Build, measure, print. Exit code 1 when an aim is missed."""
    parser = argparse.ArgumentParser(prog="bin/bench")
    parser.add_argument("size", nargs="?", choices=["small", "large", "retention", "signing", "planning"], default="small")
    parser.add_argument("--number", type=int, help="of how many students the file goes (retention; default all 1,000)")
    asked = parser.parse_args()
    if asked.size == "retention":
        return retention.main(asked.number)
    if asked.size in ("signing", "planning"):
        return signing.main() if asked.size == "signing" else planning.main()
    size = school.LARGE if asked.size == "large" else school.SMALL
    embedded.prepare(environment.var_folder(), always=True)
    began = time.perf_counter()
    school.build(size)
    print(f"{size.students:,} students, {size.marks:,} marks, built in {time.perf_counter() - began:.0f} s")
    print(f"{'':24}{'median':>9}{'p95':>9}{'queries':>9}{'SQL alone':>11}{'ratio':>7}{'aim':>6}")
    missed = 0
    for page in [*pages(), _month(), *_reports(size)]:
        found = measure(page)
        numbers = f"{found.median:7.1f}ms{found.p95:7.1f}ms{found.queries:9}{found.sql:9.1f}ms{found.median / found.sql:7.1f}"
        late = page.aim is not None and found.median > page.aim
        missed += late
        print(f"{page.name:24}{numbers}{page.aim or '-':>6}{'  MISSED' if late else ''}", flush=True)
    expected = size.marks + school.MONTH_MARKS + (ROUNDS + 1) * school.CLASS
    assert Mark.objects.count() == expected, f"{Mark.objects.count()} marks, not {expected}"
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
