"""How long it takes to make a school year of lessons for fifty groups (issue 4, section 6: under ten seconds)."""

import datetime as dt
import time

from django.utils import timezone

from attendance.actions.planning import add_slot, make_lessons
from attendance.models import Closure, Lesson
from kvs import embedded, environment
from kvs.models import User
from students.models import Group
from tests.benchmarks import school

AIM = 10  # seconds
WEEK = range(5)
YEAR = dt.timedelta(days=364)


def main() -> int:
    """Build, give every group a lesson each weekday, make the year, print. Exit code 1 when it takes longer than the aim."""
    embedded.prepare(environment.var_folder(), always=True)
    school.build(school.SMALL)
    office = User.objects.get(email="kantoor@voorbeeld.test")
    first = timezone.localdate() + dt.timedelta(days=7)
    holiday = first + dt.timedelta(days=60)
    Closure.objects.create(name="Vakantie", starts_on=holiday, ends_on=holiday + dt.timedelta(days=13))
    groups = list(Group.objects.order_by("name").select_related("location"))
    for number, group in enumerate(groups):
        hour = 8 + 2 * (number % 5)
        times = {"begins": dt.time(hour), "ends": dt.time(hour + 2), "room": str(number)}
        teacher = User.objects.get(email=f"docent{number // school.GROUPS_PER_TEACHER}@voorbeeld.test")
        for weekday in WEEK:
            add_slot(group=group, by=office, weekday=weekday, starts_on=first, teacher=teacher, **times)
    before, began = Lesson.objects.count(), time.perf_counter()
    made = [make_lessons(group=group, until=first + YEAR, by=office) for group in groups]
    took = time.perf_counter() - began
    number = Lesson.objects.count() - before
    print(f"{number:,} lessons of {len(groups)} groups: {took:.1f} s; aim {AIM} s; {len(made[0].free)} days left out each")
    assert number == sum(len(one.lessons) for one in made), number
    assert number > 12_000, number
    return 1 if took > AIM else 0
