"""The lessons of a group, an extra lesson, one that is changed, and one that lapses. Series: views.timetable."""

import datetime as dt
import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from attendance import rules
from attendance.actions import planning as actions
from attendance.actions.lapses import students_of
from attendance.forms import CancelForm, LessonChangeForm, LessonForm
from attendance.models import Lesson
from kvs import audit
from kvs.access import STAFF, KvsRequest, office_role, role_required
from kvs.drafts import form_data
from kvs.models import AccessEvent, Role, User
from kvs.pages import form_page
from kvs.qualifications import warnings_about
from students.models import Group, Student
from students.rules import folded

PLANNERS = (Role.ADMINISTRATION, Role.COORDINATOR)
READERS = STAFF - {Role.SYSTEM_ADMINISTRATOR}


@require_GET
@role_required(*READERS)
def group_lessons(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """The lessons of a group in one month (`?maand=2026-11`, else this one), each with how its register stands."""
    group = get_object_or_404(Group.objects.visible_to(request.user).select_related("location"), pk=pk)
    month = rules.month_of(request.GET.get("maand", "")) or timezone.localdate().replace(day=1)
    after = rules.month_after(month)
    lessons = Lesson.objects.visible_to(request.user).filter(group=group, day__gte=month, day__lt=after)
    context = {
        "group": group,
        "lessons": lessons.select_related("teacher", "register", "lapsed_by").order_by("starts_at"),
        "now": timezone.now(),
        "month": month,
        "before": rules.month_before(month),
        "after": after,
        "may_plan": request.user.has_role(*PLANNERS),
    }
    return render(request, "attendance/group_lessons.html", context)


def warn_of_free_day(request: KvsRequest, lesson: Lesson) -> None:
    """Say after planning that there are no lessons on that day otherwise."""
    why = actions.free_days(lesson.group, lesson.day, lesson.day).get(lesson.day)
    if why:
        text = _("%(day)s is a day without lessons: %(why)s. This lesson is planned all the same.")
        messages.warning(request, text % {"day": date_format(lesson.day), "why": why})


def warn_of_teacher(request: KvsRequest, teacher: User | None, *days: dt.date) -> None:
    """Say after planning what is not in order with the qualification of who teaches on these days."""
    for sentence in dict.fromkeys(sentence for day in days for sentence in warnings_about(teacher, day)):
        messages.warning(request, sentence)


@require_http_methods(["GET", "POST"])
@role_required(*PLANNERS)
def lesson_add(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Plan one more lesson of a group."""
    group = get_object_or_404(Group.objects.visible_to(request.user).select_related("location"), pk=pk)
    form = LessonForm(form_data(request), initial={"day": timezone.localdate()})

    def act() -> Lesson:
        return actions.plan_lesson(group=group, by=request.user, **form.fields_of_lesson())

    def done(lesson: Lesson) -> str:
        messages.success(request, _("The lesson of %(day)s is planned.") % {"day": date_format(lesson.day)})
        warn_of_free_day(request, lesson)
        warn_of_teacher(request, lesson.teacher, lesson.day)
        return reverse("attendance:register", args=[lesson.pk])

    return form_page(
        request,
        form,
        act=act,
        done=done,
        title=_("Extra lesson"),
        verb=_("Plan lesson"),
        parent=group.name,
        parent_url=reverse("students:group", args=[group.pk]),
    )


@require_http_methods(["GET", "POST"])
@role_required(*PLANNERS)
def lesson_change(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Move one lesson, or let somebody else give it. The rest of its series stays."""
    lesson = get_object_or_404(Lesson.objects.visible_to(request.user).select_related("group", "location"), pk=pk)
    form = LessonChangeForm(form_data(request), lesson=lesson)

    def act() -> Lesson:
        changes = form.fields_of_lesson()
        return actions.change_lesson(lesson=lesson, version=changes.pop("version"), changes=changes, by=request.user)

    def done(row: Lesson) -> str:
        messages.success(request, _("The lesson of %(day)s is changed.") % {"day": date_format(row.day)})
        if row.day != lesson.day:
            warn_of_free_day(request, row)
        warn_of_teacher(request, row.teacher, row.day)
        return reverse("attendance:register", args=[row.pk])

    return form_page(
        request,
        form,
        act=act,
        done=done,
        template="attendance/lesson_change.html",
        lesson=lesson,
        title=_("Change lesson"),
        verb=_("Save"),
        parent=lesson.group.name,
        parent_url=reverse("attendance:group_lessons", args=[lesson.group_id]),
    )


@require_GET
@role_required(*PLANNERS)
def call_list(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Who cannot be mailed about this lesson, with a telephone number: to call, and to print."""
    lesson = get_object_or_404(Lesson.objects.visible_to(request.user).select_related("group"), pk=pk)
    placed = students_of(lesson).filter(pk__in=Student.objects.visible_to(request.user))
    students = sorted(placed.filter(email=""), key=lambda student: folded(student.full_name))
    people = [student.audit_id for student in students]
    audit.log_access(request.user, office_role(request.user), people, AccessEvent.Kind.LIST)
    context = {"lesson": lesson, "students": students, "mailed": placed.exclude(email="").count()}
    return render(request, "attendance/call_list.html", context)


@require_http_methods(["GET", "POST"])
@role_required(*PLANNERS)
def lesson_cancel(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Let a lesson lapse, after saying what that means."""
    lesson = get_object_or_404(Lesson.objects.visible_to(request.user).select_related("group", "location"), pk=pk)
    form = CancelForm(form_data(request), initial={"version": lesson.version})
    register_url = reverse("attendance:register", args=[lesson.pk])

    def act() -> Lesson:
        return actions.cancel_lesson(lesson=lesson, version=form.cleaned_data["version"], by=request.user)

    def done(_lesson: Lesson) -> str:
        messages.success(request, _("The lesson of %(day)s is cancelled.") % {"day": date_format(lesson.day)})
        over = lesson.ends_at <= timezone.now()
        return register_url if over else reverse("attendance:call_list", args=[lesson.pk])

    return form_page(
        request,
        form,
        act=act,
        done=done,
        template="attendance/lesson_cancel.html",
        lesson=lesson,
        title=_("Cancel lesson"),
        verb=_("Cancel this lesson"),
        parent=lesson.group.name,
        parent_url=register_url,
    )


@require_http_methods(["GET", "POST"])
@role_required(*PLANNERS)
def lesson_resume(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Let a lesson that was cancelled go on after all. When it cannot, the page says why and asks nothing."""
    related = ("group", "location", "register", "lapsed_by")
    lesson = get_object_or_404(Lesson.objects.visible_to(request.user).select_related(*related), pk=pk)
    form = CancelForm(form_data(request), initial={"version": lesson.version})
    register_url = reverse("attendance:register", args=[lesson.pk])

    def act() -> Lesson:
        return actions.resume_lesson(lesson=lesson, version=form.cleaned_data["version"], by=request.user)

    def done(row: Lesson) -> str:
        messages.success(request, _("The lesson of %(day)s goes on after all.") % {"day": date_format(row.day)})
        warn_of_free_day(request, row)
        warn_of_teacher(request, row.teacher, row.day)
        return reverse("attendance:call_list", args=[row.pk])

    return form_page(
        request,
        form,
        act=act,
        done=done,
        template="attendance/lesson_resume.html",
        lesson=lesson,
        problem=actions.why_not_resumed(lesson, hasattr(lesson, "register")),
        title=_("Let the lesson go on after all"),
        verb=_("Let this lesson go on"),
        parent=lesson.group.name,
        parent_url=register_url,
    )
