"""School holidays from a file: what is read, what is refused, what lapses, and that nothing is written before."""

import datetime as dt
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from attendance.actions import Row, sign_register
from attendance.actions.holidays import Period, take_holidays
from attendance.actions.planning import cancel_lesson
from attendance.holiday_files import NO_COLUMNS, read_holidays
from attendance.models import Closure, Lesson
from kvs.models import Location, Role, User
from kvs.reading import Unreadable
from kvs.sheets import Sheet, write_csv, write_xlsx
from students.models import Enrolment, Group
from tests.factories import make_group, make_lesson, staff
from tests.people import signed_in

TODAY = timezone.localdate()
NEXT_YEAR = TODAY.year + 1
AUTUMN, AUTUMN_ENDS = dt.date(NEXT_YEAR, 10, 16), dt.date(NEXT_YEAR, 10, 24)
READ, TAKE = "attendance:holidays_read", "attendance:holidays_take"


def calendar(*events: str) -> bytes:
    """An .ics with these VEVENTs."""
    parts = "".join(f"BEGIN:VEVENT\r\nUID:{number}@x\r\n{event}\r\nEND:VEVENT\r\n" for number, event in enumerate(events))
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n{parts}END:VCALENDAR\r\n".encode()


def event(name: str, first: dt.date, after: dt.date, *more: str) -> str:
    """A whole-day event; `after` is the first day after it (RFC 5545)."""
    lines = (f"SUMMARY:{name}", f"DTSTART;VALUE=DATE:{first:%Y%m%d}", f"DTEND;VALUE=DATE:{after:%Y%m%d}", *more)
    return "\r\n".join(lines)


def read(content: bytes, name: str, region: str = "") -> list[tuple[Any, ...]]:
    """Each row as (name, first day, last day, what is wrong)."""
    return [
        (row.name, row.starts_on, row.ends_on, str(row.problem or row.left_out)) for row in read_holidays(content, name, region)
    ]


# --- reading

OCTOBER = (dt.date(2026, 10, 17), dt.date(2026, 10, 25))


@pytest.mark.parametrize(
    "lines",
    [
        ("naam;van;tot en met", "Herfstvakantie;17-10-2026;25-10-2026"),
        ("Naam;Van;Tot", "Herfstvakantie;17-10-2026;25-10-2026"),
        ("Vakantie,Begindatum,Einddatum", "Herfstvakantie,2026-10-17,2026-10-25"),
        ("Schoolvakanties 2026", "", "naam\tvanaf\tt/m", "Herfstvakantie\t17-10-2026\t25-10-2026"),
        (
            "\ufeffId;Country;StartDate;EndDate;Type;RegionalScope;Name;Groups",
            "3e2c;NL;2026-10-17;2026-10-25;School;Regional;NL Herfstvakantie,DE Herbstferien,EN Autumn Holidays;NO,MI,ZU",
        ),
    ],
)
def test_a_spreadsheet_says_it_in_many_ways(lines: tuple[str, ...]) -> None:
    assert read("\r\n".join(lines).encode(), "vakanties.csv") == [("Herfstvakantie", *OCTOBER, "")]


def test_a_workbook_with_real_dates() -> None:
    book = write_xlsx([Sheet("Blad1", ("Naam", "Van", "Tot en met"), (("Herfstvakantie", *OCTOBER),))])

    assert read(book, "vakanties.xlsx") == [("Herfstvakantie", *OCTOBER, "")]


def test_a_file_whose_last_days_are_not_recognised_is_refused() -> None:
    with pytest.raises(Unreadable) as problem:
        read(b"naam;van;sluiting\r\nHerfstvakantie;17-10-2026;25-10-2026", "x.csv")

    assert str(problem.value) == NO_COLUMNS


def test_a_day_without_a_last_day_is_one_day() -> None:
    found = read(b"naam;van;tot en met\r\nStudiedag;17-10-2026;", "x.csv")

    assert found == [("Studiedag", OCTOBER[0], OCTOBER[0], "")]


def test_the_end_of_an_event_is_the_day_after() -> None:
    """RFC 5545, 3.6.1: DTEND is not part of the event; without one it lasts a day; moments are in school time."""
    moments = "SUMMARY:Studiedag\r\nDTSTART:20261016T220000Z\r\nDTEND:20261017T220000Z"
    one = "SUMMARY:Goede Vrijdag\r\nDTSTART;VALUE=DATE:20270326"
    file = calendar(event("Herfstvakantie", OCTOBER[0], OCTOBER[1] + dt.timedelta(days=1)), moments, one)

    assert read(file, "vakanties.ics") == [
        ("Herfstvakantie", *OCTOBER, ""),
        ("Studiedag", OCTOBER[0], OCTOBER[0], ""),
        ("Goede Vrijdag", dt.date(2027, 3, 26), dt.date(2027, 3, 26), ""),
    ]


def test_only_the_region_of_the_school() -> None:
    north, south = ("Herfstvakantie regio Noord", *OCTOBER), ("Herfstvakantie regio Zuid", *OCTOBER)
    file = write_csv(Sheet("x", ("naam", "van", "tot en met"), (north, south, ("Kerstvakantie", *OCTOBER))))

    assert [row[3] for row in read(file, "x.csv", "NO")] == ["", "Van een andere regio.", ""]
    alone = "Deze rij is van één regio. Kies de regio van de school."
    assert [row[3] for row in read(file, "x.csv")] == [alone, alone, ""]


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (("", *OCTOBER), "Er staat geen naam."),
        (("x" * 61, *OCTOBER), "De naam is langer dan 60 tekens."),
        (("Herfst", "oktober", OCTOBER[1]), "De eerste dag ontbreekt, of is geen datum zoals 17-10-2026."),
        (("Herfst", OCTOBER[0], "31-02-2026"), "De laatste dag ontbreekt, of is geen datum zoals 25-10-2026."),
        (("Herfst", OCTOBER[1], OCTOBER[0]), "De laatste dag kan niet voor de eerste dag liggen."),
        (("Herfst", dt.date(1999, 10, 1), dt.date(1999, 10, 2)), "Kies dagen tussen 2000 en 2100."),
    ],
)
def test_each_row_says_what_is_wrong(row: tuple[Any, ...], problem: str) -> None:
    good = ("Kerst", *OCTOBER)
    file = write_csv(Sheet("x", ("naam", "van", "tot en met"), (good, row)))

    assert [found[3] for found in read(file, "x.csv")] == ["", problem]


def test_an_event_that_repeats_is_told() -> None:
    assert [row[3] for row in read(calendar(event("Vrij", *OCTOBER, "RRULE:FREQ=YEARLY")), "x.ics")] == [
        "Dit komt steeds terug. Vul elke periode apart in."
    ]


def test_the_same_row_twice_counts_once() -> None:
    twice = event("Herfst", *OCTOBER)

    assert [row[3] for row in read(calendar(twice, twice), "x.ics")] == ["", "Staat twee keer in dit bestand."]


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (b"", "x.ics", "This is no calendar"),
        (b"", "x.csv", "This file is empty."),
        (b"%PDF-1.7", "x.csv", "This is no spreadsheet"),
        (b"PK\x03\x04broken", "x.xlsx", "This file is damaged"),
        (b"just some text", "x.csv", "The columns were not found"),
        (b"naam;van;tot en met\r\n", "x.csv", "There are no holidays"),
        (calendar(), "x.ics", "There are no holidays"),
        (b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n", "x.ics", "This calendar is damaged"),
        (calendar("SUMMARY:x\r\nDTSTART;VALUE=DATE:20261399"), "x.ics", "This calendar is damaged"),
        (b"BEGIN:VCALENDAR\r\n" + b"\xff\xfe\x00" * 9, "x.ics", "This calendar is damaged"),
        (b"BEGIN:VCALENDAR\r\n" + b"X:" + b"y" * 300_000, "x.ics", "This calendar is too large"),
        (b"BEGIN:VCALENDAR\r\n" + b"BEGIN:VEVENT\r\n" * 700, "x.ics", "This file has more than 300 rows"),
        (calendar(*["SUMMARY:x\r\nDTSTART;VALUE=DATE:20261017"] * 301), "x.ics", "This file has more than 300 rows"),
        (("naam;van;tot en met\r\n" + "x;17-10-2026\r\n" * 301).encode(), "x.csv", "This file has more than 300 rows"),
    ],
)
def test_what_is_no_list_of_holidays_is_refused_in_one_sentence(content: bytes, name: str, sentence: str) -> None:
    with pytest.raises(Unreadable, match=sentence):
        read_holidays(content, name)


# --- taking over


@pytest.fixture
def noor(school: object) -> User:
    """Administration of the whole school."""
    return staff(Role.ADMINISTRATION)


def lesson_on(group: Group, day: dt.date, by: User, hour: int = 9) -> Lesson:
    return make_lesson(group, by, starts_at=timezone.make_aware(dt.datetime.combine(day, dt.time(hour))))


def send(user: User, content: bytes, name: str = "vakanties.csv", **fields: str) -> Any:
    return signed_in(user).post(reverse(READ), {"file": SimpleUploadedFile(name, content), **fields})


def file_with(*rows: tuple[Any, ...]) -> bytes:
    return write_csv(Sheet("x", ("naam", "van", "tot en met"), rows))


def take(user: User, *rows: str, **fields: str) -> Any:
    return signed_in(user).post(reverse(TAKE), {"row": rows, **fields}, follow=True)


@pytest.mark.django_db
def test_the_preview_shows_what_lapses_and_writes_nothing(
    group: Group, places: list[Enrolment], anna: User, ineke: User, north: Location
) -> None:
    lesson_on(group, AUTUMN + dt.timedelta(days=2), ineke)
    lesson_on(group, AUTUMN_ENDS + dt.timedelta(days=2), ineke)
    cancelled = lesson_on(group, AUTUMN + dt.timedelta(days=3), ineke)
    cancel_lesson(lesson=cancelled, version=cancelled.version, by=ineke)

    answer = send(ineke, file_with(("Herfst", AUTUMN, AUTUMN_ENDS), ("Fout", AUTUMN_ENDS, AUTUMN)), location=str(north.pk))
    lines = answer.context["lines"]

    assert answer.status_code == 200
    assert [[lesson.day for lesson in line.lessons] for line in lines] == [[AUTUMN + dt.timedelta(days=2)], []]
    assert [line.is_new for line in lines] == [True, False]
    assert "De laatste dag kan niet voor de eerste dag liggen." in answer.content.decode()
    assert (Closure.objects.count(), Lesson.objects.filter(cancelled=True).count()) == (0, 1)


@pytest.mark.django_db
def test_taking_over_closes_and_twice_is_once(group: Group, ineke: User, north: Location) -> None:
    planned = lesson_on(group, AUTUMN + dt.timedelta(days=2), ineke)
    row = f"{AUTUMN} {AUTUMN_ENDS} Herfst"

    first = take(ineke, row, location=str(north.pk)).content.decode()
    again = take(ineke, row, location=str(north.pk)).content.decode()

    assert "1 vakantie staat in de kalender; 1 geplande les vervalt." in first
    assert "Er is niets veranderd: deze vakanties stonden al in de kalender." in again
    assert list(Closure.objects.values_list("name", "location", "starts_on", "ends_on")) == [
        ("Herfst", north.pk, AUTUMN, AUTUMN_ENDS)
    ]
    planned.refresh_from_db()
    assert planned.cancelled
    lines = send(ineke, file_with(("herfst", AUTUMN, AUTUMN_ENDS)), location=str(north.pk)).context["lines"]
    assert [str(line.why) for line in lines] == ["Staat al in de kalender."]


@pytest.mark.django_db
def test_what_is_over_or_overlaps_is_told(ineke: User, north: Location) -> None:
    Closure.objects.create(name="Studiedag", location=north, starts_on=AUTUMN, ends_on=AUTUMN)
    over = TODAY - dt.timedelta(days=400)

    lines = send(ineke, file_with(("Oud", over, over), ("Herfst", AUTUMN, AUTUMN_ENDS)), location=str(north.pk)).context["lines"]

    assert [line.is_new for line in lines] == [False, True]
    assert [line.overlaps and line.overlaps.name for line in lines] == [None, "Studiedag"]


@pytest.mark.django_db
def test_a_signed_lesson_stays(group: Group, places: list[Enrolment], anna: User, ineke: User, north: Location) -> None:
    signed = lesson_on(group, TODAY - dt.timedelta(days=1), ineke)
    sign_register(lesson=signed, rows=[Row(place.pk, "present") for place in places], by=anna)

    made = take_holidays(periods=[Period("Storm", signed.day, TODAY)], location=north, by=ineke)

    assert made == (1, 0)
    signed.refresh_from_db()
    assert not signed.cancelled


@pytest.mark.django_db
def test_who_plans_one_location_closes_no_other(ineke: User, north: Location, south: Location, noor: User) -> None:
    row = f"{AUTUMN} {AUTUMN_ENDS} Herfst"

    for fields in ({}, {"location": str(south.pk)}):
        assert send(ineke, file_with(("Herfst", AUTUMN, AUTUMN_ENDS)), **fields).status_code == 422
        take(ineke, row, **fields)
    assert Closure.objects.count() == 0

    take(noor, row)
    assert list(Closure.objects.values_list("location", flat=True)) == [None]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "row", ["", "2027-10-16", "2027-10-24 2027-10-16 Herfst", "2027-13-16 2027-10-24 Herfst", "1-1-1 2-2-2 x"]
)
def test_a_made_up_choice_is_refused(ineke: User, north: Location, row: str) -> None:
    text = take(ineke, row, location=str(north.pk)).content.decode()

    assert "Lees het bestand opnieuw: deze keuze is niet compleet." in text
    assert Closure.objects.count() == 0


@pytest.mark.django_db
def test_nothing_chosen_is_told(ineke: User, north: Location) -> None:
    assert "Kies ten minste één vakantie." in take(ineke, location=str(north.pk)).content.decode()


@pytest.mark.django_db
def test_a_bad_file_gets_its_sentence_at_the_field(ineke: User, north: Location, anna: User) -> None:
    answer = send(ineke, b"%PDF-1.7", "vakanties.pdf", location=str(north.pk))

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["file"]
    assert send(anna, b"", location=str(north.pk)).status_code == 403


@pytest.mark.django_db
@pytest.mark.parametrize("times", [1, 3])
def test_more_rows_ask_no_more_queries(ineke: User, north: Location, times: int) -> None:
    rows = []
    for number in range(times):
        first = AUTUMN + number * dt.timedelta(days=30)
        lesson_on(make_group(north, ineke), first, ineke)
        Closure.objects.create(name=f"Dag {number}", location=north, starts_on=first, ends_on=first)
        rows.append((f"Vakantie {number}", first, first + dt.timedelta(days=7)))
    browser, content = signed_in(ineke), file_with(*rows)
    browser.get(reverse(READ))

    with CaptureQueriesContext(connection) as queries:
        browser.post(reverse(READ), {"file": SimpleUploadedFile("x.csv", content), "location": str(north.pk)})

    assert len(queries) == 11
