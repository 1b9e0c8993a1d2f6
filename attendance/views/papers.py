"""Lessons on paper: the list of a week to print, and the scans that come back."""

import datetime as dt
import uuid
from collections.abc import Iterable
from typing import Any, NamedTuple

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from attendance.actions import papers as actions
from attendance.forms.papers import InitialsForm, LessonOfScanForm, LessonScanForm, ScansForm
from attendance.models import Lesson, LessonScan, Mark, Scan, with_names
from attendance.models.papers import SENDERS
from attendance.views.calendar import DAY, READERS, WEEK, monday_of, week_word
from attendance.views.register import code_svg
from kvs import audit
from kvs.access import KvsRequest, office_role, role_required
from kvs.editing import attempt
from kvs.files import open_file
from kvs.models import AccessEvent, SealedFile, SealedFilePerson
from kvs.pages import form_page
from kvs.pictures import JPEG, as_download
from students.models import Enrolment, Group, Student
from students.rules import folded

ROWS_OF_WEEK = 18  # of 9.5 mm on one A4 with the codes above, one more for a guest and the signatures of the teachers
LESSONS_ON_PAGE = 5  # columns of at least 26 mm on one A4; a week with more goes on on the next page
LATELY = 30  # lessons with a scan of which nobody said yet who put initials


def _log(request: KvsRequest, people: Iterable[uuid.UUID], kind: AccessEvent.Kind = AccessEvent.Kind.LIST) -> None:
    audit.log_access(request.user, office_role(request.user), people, kind)


# --- the list of a week


class Column(NamedTuple):
    """A lesson on the list, and who is on its register."""

    lesson: Lesson
    code_svg: str
    places: frozenset[uuid.UUID]


class Sheet(NamedTuple):
    """One page of the list: its lessons, and its students with whether each lesson is theirs."""

    columns: list[Column]
    rows: list[tuple[int, Student, list[bool]]]
    ends: bool  # the last page of these lessons: a row for a guest


@require_GET
@role_required(*READERS)
def week_list(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """The lessons of a group in a week (`?week=2026-W48`, else this one) on paper: a large cell per student and lesson."""
    group = get_object_or_404(Group.objects.visible_to(request.user).select_related("location"), pk=pk)
    today = timezone.localdate()
    monday = monday_of(request.GET.get("week", "")) or today - today.weekday() * DAY
    lessons = Lesson.objects.visible_to(request.user).filter(group=group, cancelled=False, day__gte=monday, day__lt=monday + WEEK)
    columns, students = _columns(group, list(lessons.select_related("teacher").order_by("starts_at")))
    _log(request, [student.audit_id for student in students.values()])
    context = {
        "group": group,
        "monday": monday,
        "sunday": monday + 6 * DAY,
        "before": week_word(monday - WEEK),
        "after": week_word(monday + WEEK),
        "sheets": _sheets(columns, students) if columns else [],
        "printed_at": timezone.now(),
    }
    return render(request, "attendance/week_list.html", context)


def _columns(group: Group, lessons: list[Lesson]) -> tuple[list[Column], dict[uuid.UUID, Student]]:
    """Each lesson with who is on its register (`Lesson.roster`, for all of them in two queries), and these students by key."""
    marked = set(Mark.objects.filter(lesson__in=lessons).values_list("lesson", "enrolment"))
    wanted = Q(group=group) | Q(pk__in=[enrolment for _lesson, enrolment in marked])
    places = list(with_names(Enrolment.objects.filter(wanted))) if lessons else []
    columns: list[Column] = []
    students: dict[uuid.UUID, Student] = {}
    for lesson in lessons:
        found = [
            place.programme.student
            for place in places
            if (lesson.pk, place.pk) in marked or (place.group_id == group.pk and _covers(place, lesson.day))
        ]
        students |= {student.pk: student for student in found}
        columns.append(Column(lesson, code_svg(lesson.code), frozenset(student.pk for student in found)))
    return columns, students


def _covers(place: Enrolment, day: dt.date) -> bool:
    return place.starts_on <= day and (place.ends_on is None or place.ends_on >= day)


def _sheets(columns: list[Column], students: dict[uuid.UUID, Student]) -> list[Sheet]:
    """Pages of at most so many lessons and students; each begins with the same head."""
    made = []
    for first in range(0, len(columns), LESSONS_ON_PAGE):
        some = columns[first : first + LESSONS_ON_PAGE]
        here = [students[key] for key in set().union(*(column.places for column in some))]
        ordered = sorted(here, key=lambda student: (folded(student.full_name), str(student.pk)))
        rows = [
            (number, student, [student.pk in column.places for column in some]) for number, student in enumerate(ordered, start=1)
        ]
        pages = [rows[start : start + ROWS_OF_WEEK] for start in range(0, len(rows), ROWS_OF_WEEK)] or [[]]
        made += [Sheet(some, page, ends=page is pages[-1]) for page in pages]
    return made


# --- scans come in


@require_http_methods(["GET", "POST"])
@role_required(*SENDERS)
def scans(request: KvsRequest) -> HttpResponse:
    """Send up several scans at once, then say of each which lesson it is."""
    if request.method == "GET":
        return _scans_page(request, ScansForm())
    form = ScansForm(request.POST, request.FILES)
    if form.is_valid():
        number = sum(_taken_in(request, form, file) for file in form.cleaned_data["scans"])
        if number:
            text = ngettext("%(number)d scan came in.", "%(number)d scans came in.", number)
            messages.success(request, text % {"number": number} + " " + _("Now type the code of each lesson below."))
        if not form.errors:
            return redirect("attendance:scans")
    return _scans_page(request, form, status=422)


def _taken_in(request: KvsRequest, form: ScansForm, file: Any) -> bool:
    """Whether this file came in; what is wrong with it is said by its name, which is kept nowhere."""
    try:
        actions.add_scan(content=file.read(), by=request.user)
    except ValidationError as refused:
        form.add_error("scans", f"{file.name[:60]}: {' '.join(refused.messages)}")
        return False
    return True


def _waiting(request: KvsRequest) -> "QuerySet[Scan]":
    """The own scans without a lesson."""
    mine = Scan.objects.visible_to(request.user).waiting().filter(uploaded_by=request.user)
    return mine.select_related("file").order_by("uploaded_at", "pk")


def _scans_page(
    request: KvsRequest, form: ScansForm, matching: dict[uuid.UUID, LessonOfScanForm] | None = None, status: int = 200
) -> HttpResponse:
    waiting = list(_waiting(request))
    known = matching or {}
    lines = [(scan, known.get(scan.pk) or LessonOfScanForm(prefix=str(scan.pk), user=request.user)) for scan in waiting]
    found = LessonScan.objects.filter(lesson__in=actions.papers_of(request.user), initials_at__isnull=True, scan__isnull=False)
    context = {
        "form": form,
        "lines": lines,
        "without_initials": found.select_related("lesson__group").order_by("-lesson__starts_at")[:LATELY],
    }
    return render(request, "attendance/scans.html", context, status=status)


@require_POST
@role_required(*SENDERS)
def scans_match(request: KvsRequest) -> HttpResponse:
    """Match the waiting scans of which a code was typed; the others wait on."""
    matching = {scan.pk: LessonOfScanForm(request.POST, prefix=str(scan.pk), user=request.user) for scan in _waiting(request)}
    matched = 0
    for scan in _waiting(request):
        form = matching[scan.pk]
        if form.is_valid() and form.lesson is not None:
            matched += attempt(form, lambda scan=scan, form=form: _match(request, scan, form)) is not None  # type: ignore[misc]
    if matched:
        text = ngettext("%(number)d scan is with its lesson.", "%(number)d scans are with their lessons.", matched)
        messages.success(request, text % {"number": matched} + " " + _("Now say who put initials."))
    if any(form.errors for form in matching.values()):
        return _scans_page(request, ScansForm(), matching, status=422)
    if not matched:
        messages.warning(request, _("No code was typed, so nothing was changed."))
    return redirect("attendance:scans")


def _match(request: KvsRequest, scan: Scan, form: LessonOfScanForm) -> list[LessonScan]:
    return actions.match_scan(scan=scan, lessons=form.lessons(), others=form.cleaned_data["others"], by=request.user)


@require_http_methods(["GET", "POST"])
@role_required(*SENDERS)
def lesson_scan(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Send up the scan of one lesson, from its register."""
    lesson = get_object_or_404(actions.papers_of(request.user).select_related("group"), pk=pk)
    sent = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = LessonScanForm(*sent, user=request.user)

    def act() -> list[LessonScan]:
        typed = form.cleaned_data
        scan = actions.add_scan(content=typed["file"].read(), by=request.user)
        lessons = actions.week_of(lesson) if typed["whole_week"] else [lesson]
        return actions.match_scan(scan=scan, lessons=lessons, others=typed["others"], by=request.user)

    def done(made: list[LessonScan]) -> str:
        here = next((link for link in made if link.lesson_id == lesson.pk), made[0])
        return reverse("attendance:initials", args=[here.pk])

    return form_page(
        request,
        form,
        act=act,
        done=done,
        title=_("Add a scan of the list"),
        verb=_("Send up"),
        parent=lesson.group.name,
        parent_url=reverse("attendance:register", args=[lesson.pk]),
    )


@require_http_methods(["GET", "POST"])
@role_required(*SENDERS)
def scan_remove(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Throw away a scan that was sent up by mistake."""
    scan = _scan_to_bring_in(request, pk)
    if request.method == "POST":
        try:
            actions.remove_scan(scan=scan, by=request.user)
        except ValidationError as refused:
            messages.error(request, " ".join(refused.messages))
        else:
            messages.success(request, _("The scan is thrown away."))
        return redirect("attendance:scans")
    return render(request, "attendance/scan_remove.html", {"scan": scan})


def _scan_to_bring_in(request: KvsRequest, pk: uuid.UUID) -> Scan:
    """An own scan without a lesson, or one of a lesson of which this person brings in the paper. Raises Http404."""
    scan = get_object_or_404(Scan.objects.visible_to(request.user).select_related("file"), pk=pk)
    links = list(scan.lessons.values_list("lesson", flat=True))
    if links and actions.papers_of(request.user).filter(pk__in=links).count() < len(links):
        raise Http404
    return scan


# --- looking at them


@require_GET
@role_required(*READERS)
def scan_file(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """A scan. Everybody on it can see that it was opened."""
    scan = get_object_or_404(Scan.objects.visible_to(request.user).select_related("file__sealed"), pk=pk)
    try:
        content = open_file(scan.file)
    except SealedFile.DoesNotExist as expired:
        raise Http404 from expired
    people = SealedFilePerson.objects.filter(file=scan.file_id).values_list("audit_id", flat=True)
    _log(request, people)
    ending = "jpg" if scan.file.content_type == JPEG else "pdf"
    return as_download(content, scan.file.content_type, f"{_('scan')}-{timezone.localdate(scan.uploaded_at):%Y-%m-%d}.{ending}")


@require_http_methods(["GET", "POST"])
@role_required(*SENDERS)
def initials(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Who put initials: the scan beside the names."""
    links = LessonScan.objects.filter(lesson__in=actions.papers_of(request.user), scan__isnull=False)
    related = ("lesson__group", "lesson__register", "scan__file")
    link = get_object_or_404(links.select_related(*related), pk=pk)
    places = actions.places_of(link.lesson)
    form = InitialsForm(request.POST if request.method == "POST" else None, places=places)
    _log(request, [place.enrolment.programme.student.audit_id for place in places])

    def done(changed: int) -> str:
        text = ngettext("%(number)d student changed.", "%(number)d students changed.", changed) % {"number": changed}
        messages.success(
            request, _("The initials of %(day)s are written down.") % {"day": date_format(link.lesson.day)} + " " + text
        )
        following = links.filter(scan=link.scan, initials_at__isnull=True).order_by("lesson__starts_at").first()
        if following is not None:  # the list of a week: the next lesson on it
            return reverse("attendance:initials", args=[following.pk])
        return reverse("attendance:register", args=[link.lesson_id])

    return form_page(
        request,
        form,
        act=lambda: actions.record_initials(link=link, enrolments=form.chosen(), by=request.user),
        done=done,
        template="attendance/initials.html",
        link=link,
        lesson=link.lesson,
    )
