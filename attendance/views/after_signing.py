"""Past signing: correct a mark, let a late comer in, give a reason for what contradicts, establish; and what lacks evidence."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from attendance import evidence, rules
from attendance.actions import Row, closed
from attendance.actions import corrections as actions
from attendance.forms import RowForm, row_forms
from attendance.forms.corrections import CorrectionForm, KeepAwayForm
from attendance.missing import number_missing
from attendance.models import Claim, Correction, Lesson, Mark, Register, with_names
from attendance.templatetags.attendance import state_label
from attendance.views.missing import follow_up_tabs
from kvs import audit
from kvs.access import KvsRequest, office_role, role_required
from kvs.drafts import form_data
from kvs.models import AccessEvent, Role
from kvs.pages import form_page
from students.models import Enrolment, Group
from students.rules import folded

CORRECTORS = (Role.ADMINISTRATION, Role.COORDINATOR)


def _lesson(request: KvsRequest, pk: uuid.UUID) -> Lesson:
    found: Lesson = get_object_or_404(Lesson.objects.visible_to(request.user).select_related("group", "register"), pk=pk)
    return found


def _place(request: KvsRequest, lesson: Lesson, enrolment: uuid.UUID) -> Enrolment:
    """A student on the register, named in a page that is now opened. Raises Http404."""
    place = get_object_or_404(with_names(lesson.roster()), pk=enrolment)
    student = place.programme.student
    audit.log_access(request.user, office_role(request.user), [student.audit_id], AccessEvent.Kind.DETAIL)
    return place


def _frame(lesson: Lesson, title: str) -> dict[str, str]:
    """Where a form of this page belongs."""
    parent = f"{lesson.group.name}, {date_format(lesson.day, 'SHORT_DATE_FORMAT')}"
    return {"title": title, "verb": _("Save"), "parent": parent, "parent_url": _register(lesson)}


def _register(lesson: Lesson, enrolment: object = "") -> str:
    return reverse("attendance:register", args=[lesson.pk]) + (f"#line-{enrolment}" if enrolment else "")


@require_http_methods(["GET", "POST"])
@role_required(*CORRECTORS)
def correct(request: KvsRequest, pk: uuid.UUID, enrolment: uuid.UUID) -> HttpResponse:
    """Correct one student in a signed register. The first claim stays beside it."""
    lesson = _lesson(request, pk)
    if not actions.office_party(request.user, lesson):
        raise Http404
    place = _place(request, lesson, enrolment)
    mark = Mark.objects.filter(lesson=lesson, enrolment=place).first()
    initial: dict[str, Any] = {"version": 0, "state": rules.PRESENT}
    if mark:
        initial = {"state": mark.state, "minutes": mark.minutes_missed or None, "version": mark.version}
    form = CorrectionForm(form_data(request), initial=initial)

    def act() -> Correction:
        known = form.cleaned_data
        row = Row(place.pk, known["state"], known["minutes"] or 0, known["version"])
        return actions.correct_mark(lesson=lesson, row=row, reason=known["reason"], remark=known["remark"], by=request.user)

    def done(_made: Correction) -> str:
        messages.success(request, _("The register is corrected. What stood there before stays visible."))
        return _register(lesson, place.pk)

    title = _("Correct: %(name)s") % {"name": place.programme.student.full_name}
    return form_page(request, form, act=act, done=done, **_frame(lesson, title))


@require_http_methods(["GET", "POST"])
@role_required(*evidence.READERS)
def keep_away(request: KvsRequest, pk: uuid.UUID, enrolment: uuid.UUID) -> HttpResponse:
    """Give the reason why a student who confirmed is marked absent all the same."""
    lesson = _lesson(request, pk)
    if not actions.decides(request.user, lesson, getattr(lesson, "register", None)):
        raise Http404
    place = _place(request, lesson, enrolment)
    if not Mark.objects.filter(lesson=lesson, enrolment=place).mismatched().exists():
        messages.info(request, _("What the student and the teacher say fits together now. Nothing is to be decided."))
        return redirect(_register(lesson, place.pk))
    form = KeepAwayForm(form_data(request))

    def act() -> Claim:
        return actions.keep_away(lesson=lesson, enrolment=place.pk, reason=form.cleaned_data["reason"], by=request.user)

    def done(_made: Claim) -> str:
        messages.success(request, _("The reason is saved. What the student said is kept too."))
        return _register(lesson, place.pk)

    title = _("Absent all the same: %(name)s") % {"name": place.programme.student.full_name}
    return form_page(request, form, act=act, done=done, **_frame(lesson, title))


@require_POST
@role_required(Role.TEACHER)
def came(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Somebody comes in after the register was signed: one tap, `enrolment` in the POST, minutes from the clock."""
    lesson = get_object_or_404(Lesson.objects.taught_by(request.user), pk=pk)
    try:
        place = _place(request, lesson, uuid.UUID(request.POST.get("enrolment", "")))
    except ValueError:
        raise Http404 from None
    try:
        made = actions.came_after_all(lesson=lesson, enrolment=place.pk, by=request.user)
    except ValidationError as problem:
        messages.error(request, problem.messages[0])
    else:
        said = {"name": place.programme.student.full_name, "state": state_label(made.claim.state)}
        if made.claim.minutes_missed:
            text = _("%(name)s: %(state)s, %(minutes)d min.") % {**said, "minutes": made.claim.minutes_missed}
        else:
            text = _("%(name)s: %(state)s.") % said
        messages.success(request, text)
    return redirect(_register(lesson, place.pk))


@require_http_methods(["GET", "POST"])
@role_required(Role.COORDINATOR)
def establish(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Establish the register of a teacher who could not sign it: a row for everybody, `<enrolment>-state` and so on."""
    lesson = _lesson(request, pk)
    if actions.office_party(request.user, lesson) != Claim.Party.COORDINATOR:
        raise Http404
    typed = row_forms(form_data(request) or request.POST)
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        errors = _established(request, lesson, typed)
        if not errors:
            messages.success(request, _("The register is established."))
            return redirect(_register(lesson))
    sheet = Register.objects.select_related("signed_by").filter(lesson=lesson).first()
    problem = closed(lesson, sheet, timezone.now()) or actions.establish_problem(lesson, sheet, timezone.now())
    context = {
        "lesson": lesson,
        "lines": [] if problem else _lines(request, lesson, typed, errors),
        "problem": problem.messages[0] if problem else "",
        "errors": errors.get("", []),
        "states": Mark.State.choices,
        **_frame(lesson, _("Establish the register")),
    }
    return render(request, "attendance/establish.html", context, status=422 if errors else 200)


def _established(request: KvsRequest, lesson: Lesson, typed: dict[uuid.UUID, RowForm]) -> dict[str, list[str]]:
    """Do it; or sentences by enrolment, "" for the whole register."""
    wrong = {str(key): [str(one) for many in form.errors.values() for one in many] for key, form in typed.items()}
    if any(wrong.values()):
        return {key: sentences for key, sentences in wrong.items() if sentences}
    try:
        actions.establish_register(lesson=lesson, rows=[form.row(key) for key, form in typed.items()], by=request.user)
    except ValidationError as problem:
        return dict(problem.message_dict) if hasattr(problem, "error_dict") else {"": problem.messages}
    return {}


def _lines(
    request: KvsRequest, lesson: Lesson, typed: dict[uuid.UUID, RowForm], errors: dict[str, list[str]]
) -> list[dict[str, Any]]:
    places = sorted(with_names(lesson.roster()), key=lambda place: folded(place.programme.student.full_name))
    people = [place.programme.student.audit_id for place in places]
    audit.log_access(request.user, office_role(request.user), people, AccessEvent.Kind.LIST)
    marks = {mark.enrolment_id: mark for mark in Mark.objects.filter(lesson=lesson)}
    lines = []
    for place in places:
        mark, form = marks.get(place.pk), typed.get(place.pk)
        line = {
            "key": str(place.pk),
            "name": place.programme.student.full_name,
            "mark": mark,
            "chosen": mark.state if mark else "",
            "minutes": (mark.minutes_missed or "") if mark else "",
            "version": mark.version if mark else 0,  # of what the page shows now
            "error": " ".join(errors.get(str(place.pk), [])),
        }
        if form:
            line |= {"chosen": form["state"].value() or "", "minutes": form["minutes"].value() or ""}
        lines.append(line)
    return lines


@require_GET
@role_required(*evidence.READERS)
def without_evidence(request: KvsRequest) -> HttpResponse:
    """What lacks evidence in a month (`?maand=2026-11`, else this one), by group; of one group (`?groep=`) its lessons."""
    month = rules.month_of(request.GET.get("maand", "")) or timezone.localdate().replace(day=1)
    group = _group(request)
    lessons = evidence.lessons_of(request.user, month, group.pk) if group else []
    people = {mark.enrolment.programme.student.audit_id for line in lessons for mark in (*line.unproven, *line.mismatched)}
    if people:
        audit.log_access(request.user, office_role(request.user), list(people), AccessEvent.Kind.LIST)
    context = {
        "tabs": follow_up_tabs(request.user, "attendance:without_evidence", missing=number_missing(request.user)),
        "month": month,
        "before": rules.month_before(month),
        "after": rules.month_after(month),
        "group": group,
        "lessons": lessons,
        "groups": [] if group else evidence.groups_of(request.user, month),
    }
    return render(request, "attendance/without_evidence.html", context)


def _group(request: KvsRequest) -> Group | None:
    asked = request.GET.get("groep", "")
    if not asked:
        return None
    try:
        return get_object_or_404(Group.objects.visible_to(request.user), pk=uuid.UUID(asked))
    except ValueError:
        raise Http404 from None
