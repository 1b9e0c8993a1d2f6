"""The register of one lesson: read, mark, save, sign; and the same as a paper list for initials."""

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import segno
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Value
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from attendance import actions, rules
from attendance.actions.corrections import establish_problem, office_party
from attendance.evidence import Said, claims_with_reason, said_with_reason
from attendance.forms import RowForm, row_forms
from attendance.models import Claim, Lesson, LessonScan, Mark, Register, hours_of, reaches, shared_devices, teaches, with_names
from attendance.models.absence import reported_absent
from attendance.templatetags.attendance import choices, state_label
from kvs import audit
from kvs.access import STAFF, KvsRequest, office_role, role_required
from kvs.drafts import form_data
from kvs.models import AccessEvent, Role
from students.models import Enrolment, Student
from students.rules import folded

READERS = STAFF - {Role.SYSTEM_ADMINISTRATOR}
PLANNERS = (Role.ADMINISTRATION, Role.COORDINATOR)
LAST_LESSONS = 5
ROWS_ON_PAPER = 20  # of 9.5 mm on one A4, with one more for a guest (mockups/README.md 12)


class Step(NamedTuple):
    """A lesson in the course of a group."""

    pk: uuid.UUID
    day: dt.date
    starts_at: dt.datetime
    cancelled: bool
    visible: bool


@dataclass
class Line:
    """One student in the page. `chosen` and `minutes` are what the controls show: typed, else stored, else nothing."""

    enrolment: str  # its key
    student: Student
    mark: Mark | None
    last: list[str]  # states in the lessons before, oldest first; "" for none
    last_words: str  # the same in words: "aanwezig, –, te laat"
    percentage: int | None
    reported: bool = False  # absent by a report beforehand; why is not for this page
    chosen: str = ""
    minutes: int | str = ""
    version: int | str = 0
    error: str = ""
    conflict: actions.Conflict | None = None
    shared: bool = False  # somebody else confirmed this lesson in the same browser
    said: list[Said] = field(default_factory=list)  # corrections, and reasons why a mark stands

    @property
    def proposed(self) -> str:
        """What the row is when nobody says otherwise."""
        return rules.REPORTED if self.reported else rules.PRESENT

    @property
    def mismatch(self) -> bool:
        """The student says "I was there", the teacher says not: both stay on record."""
        return bool(self.mark and self.mark.student_at and self.mark.state not in rules.THERE)

    @property
    def decided(self) -> bool:
        """Whether somebody gave a reason why what stands there holds against the student's word."""
        return self.mismatch and any(self.mark and each.state == self.mark.state for each in self.said)

    @property
    def corrected(self) -> bool:
        """Whether it was corrected after signing."""
        return any(each.corrects for each in self.said)


@dataclass
class Answer:
    """What a POST that was not simply saved gives back to the page."""

    typed: dict[uuid.UUID, RowForm] = field(default_factory=dict)
    errors: dict[str, list[str]] = field(default_factory=dict)  # by enrolment; "" for the whole register
    conflicts: list[actions.Conflict] = field(default_factory=list)


@require_http_methods(["GET", "POST"])
@role_required(*READERS)
def register(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """The register of a lesson.

    POST takes per student `<enrolment>-state`, `-minutes`, `-version`, and `action`: "save", "rest_present" or "sign".
    A form gets a redirect, or the page with what was typed: 422 with sentences, 409 with the rows that need an answer.
    With the header `X-Requested-With: fetch` the answer is JSON:
    200 {"saved_at": "09:03" | null, "signed_at": "10:16" | null, "counts": {present, absent, open, confirmed},
    "rows": {enrolment: {version, state, minutes}}, "conflicts": [{enrolment, name, ours: {state, minutes},
    theirs: {state, minutes, version}, who, at}]} where "rows" holds every stored row of the lesson; to answer a conflict
    post that row again with the version of "theirs". 422 {"errors": {enrolment or "": [sentences]}}: nothing was saved.
    A redirect means that the web session is locked: go there; what was posted is kept as a draft.
    """
    if request.method == "GET":
        typed = form_data(request)
        return _page(request, pk, Answer(typed=row_forms(typed) if typed else {}))
    return _post(request, get_object_or_404(Lesson.objects.visible_to(request.user), pk=pk))


def _post(request: KvsRequest, lesson: Lesson) -> HttpResponse:
    by_fetch = request.headers.get("X-Requested-With") == "fetch"
    typed = row_forms(form_data(request) or request.POST)
    saved, errors = _attempt(request, lesson, typed)
    if saved is None:
        if by_fetch:
            return JsonResponse({"errors": errors}, status=422)
        return _page(request, lesson.pk, Answer(typed=typed, errors=errors), status=422)
    if by_fetch:
        return _json(lesson, saved)
    if saved.conflicts:
        return _page(request, lesson.pk, Answer(conflicts=saved.conflicts), status=409)
    return _done(request, lesson, saved)


def _attempt(
    request: KvsRequest, lesson: Lesson, typed: dict[uuid.UUID, RowForm]
) -> tuple[actions.Saved | None, dict[str, list[str]]]:
    """Save or sign, or say per row why not."""
    errors = {
        str(enrolment): [str(sentence) for sentences in form.errors.values() for sentence in sentences]
        for enrolment, form in typed.items()
        if not form.is_valid()
    }
    if errors:
        return None, errors
    try:
        return _act(request, lesson, [form.row(enrolment) for enrolment, form in typed.items()]), {}
    except ValidationError as problem:
        return None, dict(problem.message_dict) if hasattr(problem, "error_dict") else {"": problem.messages}


def _act(request: KvsRequest, lesson: Lesson, rows: list[actions.Row]) -> actions.Saved:
    wanted = request.POST.get("action", "save")
    if wanted == "sign":
        return actions.sign_register(lesson=lesson, rows=rows, by=request.user)
    return actions.save_register(lesson=lesson, rows=rows, by=request.user, rest_present=wanted == "rest_present")


def _done(request: KvsRequest, lesson: Lesson, saved: actions.Saved) -> HttpResponse:
    day = date_format(lesson.day)
    if saved.register and saved.register.signed_at:
        messages.success(request, _("The register of %(day)s is signed.") % {"day": day})
    else:
        messages.success(request, _("The register of %(day)s is saved.") % {"day": day})
    return redirect("attendance:register", pk=lesson.pk)


def _json(lesson: Lesson, saved: actions.Saved) -> JsonResponse:
    marks = list(Mark.objects.filter(lesson=lesson))
    sheet = saved.register
    return JsonResponse(
        {
            "saved_at": _time(sheet.saved_at if sheet else None),
            "signed_at": _time(sheet.signed_at if sheet else None),
            "counts": _counts(marks, lesson.roster().count())._asdict(),
            "rows": {str(mark.enrolment_id): _stored(mark) for mark in marks},
            "conflicts": [
                {
                    "enrolment": str(conflict.enrolment),
                    "name": conflict.name,
                    "ours": {"state": conflict.ours.state, "minutes": conflict.ours.minutes_missed},
                    "theirs": _stored(conflict.theirs),
                    "who": conflict.who,
                    "at": _time(conflict.at),
                }
                for conflict in saved.conflicts
            ],
        }
    )


def _stored(mark: Mark) -> dict[str, Any]:
    return {"version": mark.version, "state": mark.state, "minutes": mark.minutes_missed}


def _time(moment: dt.datetime | None) -> str | None:
    return date_format(timezone.localtime(moment), "TIME_FORMAT") if moment else None


def _counts(marks: Iterable[Mark], size: int) -> rules.Counts:
    marks = list(marks)
    return rules.counts([mark.state for mark in marks], size=size, confirmed=sum(mark.student_at is not None for mark in marks))


def _page(request: KvsRequest, pk: uuid.UUID, answer: Answer, status: int = 200) -> HttpResponse:
    course = _course(request, pk)
    lesson = _lesson(request, pk)
    sheet = getattr(lesson, "register", None)
    lines = _lines(lesson, course, answer)
    people = [line.student.audit_id for line in lines]
    audit.log_access(request.user, office_role(request.user), people, AccessEvent.Kind.LIST)
    closed = actions.closed(lesson, sheet, timezone.now())
    context = {
        "lesson": lesson,
        "sheet": sheet,
        "lines": lines,
        "counts": _counts([line.mark for line in lines if line.mark], len(lines)),
        "states": choices(),
        "with_minutes": rules.WITH_MINUTES,
        "there": rules.THERE,
        "may_mark": lesson.taught and not closed,  # type: ignore[attr-defined]  # annotated by _lesson
        "may_bring_paper": lesson.taught or request.user.has_role(Role.ADMINISTRATION),  # type: ignore[attr-defined]  # as above
        **_past_signing(request, lesson, sheet),
        "closed": {"code": closed.code, "text": closed.messages[0]} if closed else None,
        "errors": answer.errors.get("", []),
        "conflicts": answer.conflicts,
        "drafted": bool(answer.typed) and request.method == "GET",
        "empty": "" if lines else _why_empty(lesson),
        "may_plan": request.user.has_role(*PLANNERS),
        "over": lesson.starts_at <= timezone.now(),
        "papers": LessonScan.objects.filter(lesson=lesson).select_related("scan__file") if lesson.has_papers else [],  # type: ignore[attr-defined]  # as above
        **_neighbours(lesson, course),
    }
    return render(request, "attendance/register.html", context, status=status)


def _course(request: KvsRequest, pk: uuid.UUID) -> list[Step]:
    """All lessons of the group of this lesson, in order: a few hundred short rows, and one query instead of four. The door of
    the page too: what may be opened is the dearest question of the page, so it is asked once. Raises Http404.
    """
    lessons = Lesson.objects.filter(group__lessons=pk).annotate(visible=reaches(request.user)).order_by("starts_at")
    course = [Step(*row) for row in lessons.values_list(*Step._fields)]
    if not any(step.pk == pk and step.visible for step in course):
        raise Http404
    return course


def _lesson(request: KvsRequest, pk: uuid.UUID) -> Lesson:
    """A lesson that was found visible, with its register, and as `taught` whether this person keeps that register.

    Whether there are scans and reasons is asked along: most registers have neither, and asking for them is a query each.
    """
    taught = Value(True) if request.user.is_only(Role.TEACHER) else teaches(request.user)  # what a teacher sees she teaches
    lessons = Lesson.objects.select_related("group", "register", "lapsed_by").annotate(
        taught=taught,
        has_papers=Exists(LessonScan.objects.filter(lesson=OuterRef("pk"))),
        has_reasons=Exists(claims_with_reason().filter(mark__lesson=OuterRef("pk"))),
    )
    found: Lesson = get_object_or_404(lessons, pk=pk)
    return found


def _past_signing(request: KvsRequest, lesson: Lesson, sheet: Register | None) -> dict[str, bool]:
    """What may be done with a register that its teacher does not keep any more, or cannot."""
    now, signed = timezone.now(), bool(sheet and sheet.signed_at and not lesson.cancelled)
    party = office_party(request.user, lesson)
    taught = lesson.taught  # type: ignore[attr-defined]  # annotated by _lesson
    over = not establish_problem(lesson, sheet, now)
    return {
        "may_correct": signed and party is not None,
        "may_let_in": signed and taught and timezone.localdate(now) == lesson.day and now <= lesson.ends_at,
        "may_establish": party == Claim.Party.COORDINATOR and not (signed or lesson.cancelled or taught) and over,
    }


def _lines(lesson: Lesson, course: list[Step], answer: Answer) -> list[Line]:
    places = sorted(with_names(lesson.roster()), key=lambda place: folded(place.programme.student.full_name))
    marks = {mark.enrolment_id: mark for mark in Mark.objects.filter(lesson=lesson).with_means()}
    shared = shared_devices(marks.values())
    last = _last_states(lesson, course, places)
    hours, reported = hours_of(places), reported_absent(lesson)
    clashes = {conflict.enrolment: conflict for conflict in answer.conflicts}
    words = {state: state_label(state) for state in rules.STATES} | {"": "–"}
    said = said_with_reason(lesson) if lesson.has_reasons else {}  # type: ignore[attr-defined]  # annotated by _lesson
    lines = []
    for place in places:
        had = hours.get(place.pk)
        line = Line(
            enrolment=str(place.pk),
            student=place.programme.student,
            mark=marks.get(place.pk),
            last=last[place.pk],
            last_words=", ".join(words[state] for state in last[place.pk]) or "–",
            percentage=rules.percentage(had.attended, had.offered) if had else None,
            error=" ".join(answer.errors.get(str(place.pk), [])),
            conflict=clashes.get(place.pk),
            shared=place.pk in shared,
            reported=place.programme.student_id in reported,
            said=said.get(place.pk, []),
        )
        _fill_controls(line, answer.typed.get(place.pk))
        lines.append(line)
    return lines


def _fill_controls(line: Line, typed: RowForm | None) -> None:
    if typed and typed["state"].value():
        line.chosen = str(typed["state"].value())
        line.minutes = typed["minutes"].value() or ""
        line.version = typed["version"].value() or 0
    elif line.mark:
        line.chosen, line.minutes, line.version = line.mark.state, line.mark.minutes_missed or "", line.mark.version


def _last_states(lesson: Lesson, course: list[Step], places: list[Enrolment]) -> dict[uuid.UUID, list[str]]:
    """What stands for each place in the five lessons of the group before this one, oldest first."""
    keys = [step.pk for step in course if step.starts_at < lesson.starts_at and not step.cancelled][-LAST_LESSONS:]
    marks = Mark.objects.filter(lesson__in=keys).values_list("enrolment", "lesson", "state")
    found = {(enrolment, key): state for enrolment, key, state in marks}
    return {place.pk: [found.get((place.pk, key), "") for key in keys] for place in places}


def _neighbours(lesson: Lesson, course: list[Step]) -> dict[str, Any]:
    """The lessons of the group before and after this one that may be opened, and the how-manieth it is."""
    before = [step for step in course if step.starts_at < lesson.starts_at]
    after = [step for step in course if step.starts_at > lesson.starts_at]
    held = [step for step in course if not step.cancelled]
    return {
        "previous": next((step for step in reversed(before) if step.visible), None),
        "next": next((step for step in after if step.visible), None),
        "number": sum(step.starts_at <= lesson.starts_at for step in held),
        "total": len(held),
    }


def _why_empty(lesson: Lesson) -> str:
    """Exactly why nobody is on this register, with dates (look.md: nothing may be shown)."""
    places = Enrolment.objects.filter(group=lesson.group_id)
    day = date_format(lesson.day, "MONTH_DAY_FORMAT")
    coming = places.filter(starts_on__gt=lesson.day).order_by("starts_on")
    first = coming.values_list("starts_on", flat=True).first()
    if first:
        number = coming.count()
        return ngettext(
            "The group has %(number)d student, whose place begins on %(first)s. On %(day)s nobody is in this group yet.",
            "The group has %(number)d students, but their places begin on %(first)s or later. "
            "On %(day)s nobody is in this group yet.",
            number,
        ) % {"number": number, "first": date_format(first, "MONTH_DAY_FORMAT"), "day": day}
    last = places.filter(ends_on__lt=lesson.day).order_by("-ends_on").values_list("ends_on", flat=True).first()
    if last:
        return _("The last place in this group ended on %(last)s. On %(day)s nobody is in this group any more.") % {
            "last": date_format(last, "MONTH_DAY_FORMAT"),
            "day": day,
        }
    return _("No student has a place in this group yet.")


@require_GET
@role_required(*READERS)
def initials_list(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """The register on paper: a cell for each student's initials, the teacher's signature, the lesson's code for the scan."""
    related = ("group", "location", "teacher")
    lesson = get_object_or_404(Lesson.objects.visible_to(request.user).select_related(*related), pk=pk)
    places = sorted(with_names(lesson.roster()), key=lambda place: folded(place.programme.student.full_name))
    students = [place.programme.student for place in places]
    audit.log_access(request.user, office_role(request.user), [student.audit_id for student in students], AccessEvent.Kind.LIST)
    numbered = list(enumerate(students, start=1))
    pages = [numbered[start : start + ROWS_ON_PAPER] for start in range(0, len(numbered), ROWS_ON_PAPER)] or [[]]
    context = {"lesson": lesson, "pages": pages, "code_svg": code_svg(lesson.code), "printed_at": timezone.now()}
    return render(request, "attendance/initials_list.html", context)


def code_svg(code: str) -> SafeString:
    """The lesson code as a QR picture. Safe: segno draws it, and a code is letters and digits (constraint)."""
    return SafeString(segno.make(code, micro=False, error="m").svg_inline(omitsize=True, svgclass="qr", lineclass=None))
