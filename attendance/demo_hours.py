"""Days without lessons at the demo school, and hours its registers do not hold."""

import datetime as dt

from attendance.actions.closures import add_closure
from attendance.actions.hours import add_outside_hours, correct_outside_hours, set_contract_hours, set_opening_balance
from attendance.models import OutsideHours
from kvs.models import Location, User
from students.demo import first_monday, staff
from students.models import Contract, Programme

DAY, WEEK = dt.timedelta(days=1), dt.timedelta(weeks=1)
PRACTICE = "Buurtkringloop De Derde Ronde"  # invented, as every name here
PARTICIPATING = 4


def closures(today: dt.date, holiday_weeks: tuple[int, ...], weeks: int) -> None:
    """The holidays behind us, one ahead of the timetable of `weeks` weeks, and a study day of one location."""
    by, monday = staff("ineke"), first_monday(today)
    for number in holiday_weeks:
        begins = monday + number * WEEK
        add_closure(name="Lesvrije week", starts_on=begins, ends_on=begins + 6 * DAY, by=by)
    after = monday + weeks * WEEK
    add_closure(name="Lesvrije week", starts_on=after + 2 * WEEK, ends_on=after + 2 * WEEK + 6 * DAY, by=by)
    south = Location.objects.get(name="Zuid")
    add_closure(name="Studiedag docenten", location=south, starts_on=after + 4 * DAY, ends_on=after + 4 * DAY, by=by)


def fill(today: dt.date) -> None:
    """Participation and intake of the Z route, what was attended before KVS, and contracts with shorter lesson hours."""
    by = staff("ineke")
    _outside(today, by)
    old = Contract.objects.filter(programme__law="wi2013").order_by("programme__student__number", "starts_on")
    for number, contract in enumerate(old.select_related("programme__student")[:3]):
        said = {"hour_class": "classroom", "year": today.year - 1, "minutes": 60 * (38 + 24 * number)}
        set_opening_balance(contract=contract, source="old_system" if number else "duo", by=by, **said)
    paid = Contract.objects.filter(client__kind="employer").order_by("programme__student__number", "starts_on")
    for contract in paid.select_related("programme__student")[:2]:
        set_contract_hours(contract=contract, version=0, lesson_hour=45, breaks_count=False, by=by)


def _outside(today: dt.date, by: User) -> None:
    """Days of work with a statement, the intake of before the course, and one entry that was mended."""
    route = Programme.objects.filter(route="z", contracts__course="integration", ends_on=None, starts_on__lte=today - 3 * WEEK)
    people = route.distinct().select_related("student").order_by("student__number")[:PARTICIPATING]
    town = {"kind": "intake", "provider": "Gemeente Oosterveen", "evidence": "municipality"}
    work = {"kind": "participation", "provider": PRACTICE, "evidence": "statement"}
    entries: list[OutsideHours] = []
    for number, programme in enumerate(people, start=1):
        add_outside_hours(programme=programme, day=programme.starts_on, minutes=180, reference=f"BI-{number}", by=by, **town)
        for week in range(1, 4):
            said = {"day": today - week * WEEK, "reference": f"DR-{number}-{week}", **work}
            entries.append(add_outside_hours(programme=programme, minutes=240, by=by, **said))
    first = entries[0]
    correct_outside_hours(entry=first, day=first.day, reference=first.reference, minutes=210, by=by, **work)
