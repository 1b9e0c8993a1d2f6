"""What shows lessons of the demo school besides registers: paper, screens of lessons online, a tablet, a correction."""

import datetime as dt
from random import Random

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import date_format

from attendance import demo_pictures, rules
from attendance.actions import Row, nightly
from attendance.actions.corrections import correct_mark
from attendance.actions.evidence import add_evidence
from attendance.actions.papers import add_scan, match_scan, record_initials, week_of
from attendance.models import Claim, Lesson, LessonEvidence, Mark, with_names
from kvs.sessions import SessionStore
from students.demo import SEED, staff
from students.models import Enrolment
from students.rules import folded

LOG = "naam;binnen;weg\n"


def fill(today: dt.date) -> None:
    """Called by attendance.demo, after the registers. Through the actions: what a page shows is what a school would have."""
    chance = Random(SEED + 9)  # noqa: S311  # to repeat itself is the point
    _scans(today, chance)
    _online(today)
    _correction(today)
    _tablet(today)
    nightly.make_digests(_moment(today, dt.time(12)))  # at noon, whenever the demo was started: after the night


def _moment(day: dt.date, clock: dt.time) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, clock))


def _scans(today: dt.date, chance: Random) -> None:
    """The list of a week that came back, with initials written down but for its last lesson; and one that waits for a code."""
    fatma = staff("fatma")
    mine = Lesson.objects.filter(teacher=fatma, group__name="Alfabetisering 1", cancelled=False)
    monday = today - today.weekday() * dt.timedelta(days=1)
    week = week_of(mine.filter(day__lt=monday).latest("starts_at"))
    links = match_scan(scan=add_scan(content=_paper(week, chance), by=fatma), lessons=week, by=fatma)
    for link in links[:-1] if len(links) > 1 else links:
        record_initials(link=link, enrolments=_present(link.lesson).values_list("enrolment", flat=True), by=fatma)
    before = mine.filter(day__lt=week[0].day).latest("starts_at")
    add_scan(content=_paper([before], chance), by=fatma)


def _present(lesson: Lesson) -> "QuerySet[Mark]":
    return Mark.objects.filter(lesson=lesson, state__in=rules.THERE)


def _paper(lessons: list[Lesson], chance: Random) -> bytes:
    """The list of these lessons as it came back: initials of who was there."""
    places = {place.pk: place.programme.student for lesson in lessons for place in with_names(lesson.roster())}
    keys = sorted(places, key=lambda key: folded(places[key].full_name))
    columns = []
    for lesson in lessons:
        there = set(_present(lesson).values_list("enrolment", flat=True))
        head = f"{date_format(lesson.day, 'D j M')}\n{timezone.localtime(lesson.starts_at):%H:%M}"
        columns.append(demo_pictures.Column(head, lesson.code, {keys.index(key) for key in there if key in places}))
    title = f"{lessons[0].group.name}, week {lessons[0].day.isocalendar().week}"
    return demo_pictures.week_list(title, [places[key].full_name for key in keys], columns, chance)


def _online(today: dt.date) -> None:
    """A picture of the screen and the log of two lessons online, with who took part."""
    kees = staff("kees")
    lessons = Lesson.objects.filter(teacher=kees, delivery="online", day__lt=today, cancelled=False, marks__isnull=False)
    for number, lesson in enumerate(lessons.distinct().order_by("-starts_at")[:2]):
        present = Enrolment.objects.filter(marks__in=_present(lesson))
        people = [place.programme.student for place in with_names(present)]
        names = [student.call_name or student.given_names or student.surname for student in people]
        kind, content = LessonEvidence.Kind.SCREENSHOT, demo_pictures.online_lesson(names)
        if number:
            begin, end = (f"{timezone.localtime(at):%H:%M}" for at in (lesson.starts_at, lesson.ends_at))
            kind, content = LessonEvidence.Kind.LOG, (LOG + "".join(f"{name};{begin};{end}\n" for name in names)).encode()
        add_evidence(lesson=lesson, kind=kind, content=content, enrolments=present.values_list("pk", flat=True), by=kees)


def _correction(today: dt.date) -> None:
    """A coordinator mends one register: the first mark stays to be read."""
    lessons = Lesson.objects.filter(group__name="Z-route 4", day__lt=today, register__signed_at__isnull=False)
    away = Mark.objects.filter(lesson__in=lessons, state=rules.ABSENT).select_related("lesson")
    mark = away.order_by("-lesson__starts_at", "enrolment__programme__student__number")[0]
    row = Row(mark.enrolment_id, rules.LATE, 20, mark.version)
    correct_mark(lesson=mark.lesson, row=row, reason=Claim.Reason.SEEN, by=staff("bram"))


def _tablet(today: dt.date) -> None:
    """A tablet lies open in the lesson of today, unless that is over."""
    marijke = staff("marijke")
    lesson = Lesson.objects.filter(teacher=marijke, day=today).latest("starts_at")
    until = lesson.ends_at + rules.CONFIRM_AFTER
    if until > timezone.now():
        browser = SessionStore()
        browser.become_tablet(marijke, lesson.pk, until)
        browser.save()
